import { execFileSync } from 'node:child_process'
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createLogSpools, type LogSpoolsOptions } from '../../src/adapters/log-spools.ts'
import { type LogSpool, type LogSpools, MAX_LOG_LINE } from '../../src/domain/log-spool.ts'

const ID = 'job1'

function spoolsAt(root: string, more: Partial<LogSpoolsOptions> = {}): LogSpools {
  const log = pino({ level: 'silent' })
  const signal = new AbortController().signal
  return createLogSpools({ root, maxBytes: 16e6, bootId: 'b1', log, signal, ...more })
}

function filesOf(root: string): string[] {
  const directory = join(root, 'spools', ID)
  return readdirSync(directory)
    .sort()
    .map((name) => join(directory, name))
}

const linesOf = (...texts: string[]) => texts.map((text) => ({ at: 5, text }))

/** Everything by small parts, as somebody who pages. */
async function readAll(spools: LogSpools, from = 0, maxBytes = 100_000) {
  const lines = []
  for (let next = from; ; ) {
    const part = await spools.read(ID, { from: next, maxBytes })
    lines.push(...part.lines)
    if (part.next === part.size) return lines
    next = part.next
  }
}

async function fill(spool: LogSpool, from: number, to: number, width = 100) {
  for (let at = from; at < to; at += 50) {
    const texts = Array.from(
      { length: Math.min(50, to - at) },
      (_, i) => `${at + i} ${'x'.repeat(width)}`
    )
    await spool.append('launcher/stdout', linesOf(...texts), at + texts.length)
  }
}

t.test('lines come back in order, each with its source, its time and where to go on', async (t) => {
  const spools = spoolsAt(t.testdir())
  t.same(await spools.read(ID, { from: 0, maxBytes: 1000 }), {
    lines: [],
    from: 0,
    next: 0,
    size: 0,
    complete: false
  })
  t.equal(await spools.has(ID), false)
  const spool = await spools.open(ID)
  await spool.append('launcher/stdout', linesOf('one', 'zwei ü 三'), 10)
  await spool.append('am/c_1/stderr', [{ at: 7, text: '= {"boot": 1} \r\n@ 3 x' }], 20)
  const all = await spools.read(ID, { from: 0, maxBytes: 1e6 })
  t.same(
    all.lines.map(({ source, at, text }) => [source, at, text]),
    [
      ['launcher/stdout', 5, 'one'],
      ['launcher/stdout', 5, 'zwei ü 三'],
      ['am/c_1/stderr', 7, '= {"boot": 1}   @ 3 x']
    ]
  )
  t.equal(all.next, all.size)
  for (const [at, { cursor }] of all.lines.entries()) {
    t.same(
      (await spools.read(ID, { from: cursor, maxBytes: 1 })).lines,
      all.lines.slice(at + 1, at + 2)
    )
  }
  const launcher = await spools.read(ID, { from: 0, maxBytes: 1e6, sources: ['am'] })
  t.same(
    launcher.lines.map((line) => line.source),
    ['am/c_1/stderr']
  )
  const tail = await spools.tail(ID, { lines: 2, maxBytes: 1e6 })
  t.same(tail.lines, all.lines.slice(1))
  t.equal(tail.from, all.lines[0]?.cursor)
  const none = await spools.tail(ID, { lines: 0, maxBytes: 1e6 })
  t.same([none.lines, none.from, none.next], [[], all.lines.at(-1)?.cursor, all.size])
})

t.test('an offset inside a line goes on with the next one', async (t) => {
  const spools = spoolsAt(t.testdir())
  const spool = await spools.open(ID)
  await spool.append('s', linesOf('first', 'second'), 1)
  const [first, second] = await readAll(spools)
  const { lines } = await spools.read(ID, { from: Number(first?.cursor) - 3, maxBytes: 1e6 })
  t.same(lines, [second])
})

t.test(
  'who goes on after a kill finds lines and positions as one, wherever it was torn',
  async (t) => {
    const root = t.testdir()
    const spool = await spoolsAt(root).open(ID)
    await spool.append('a', linesOf('1', '2'), 4)
    const [file = ''] = filesOf(root)
    const whole = statSync(file).size
    await spool.append('a', linesOf('3', '4'), 8)
    const bytes = readFileSync(file)
    for (let torn = bytes.length; torn >= whole; torn -= 1) {
      truncateSync(file, 0)
      appendFileSync(file, bytes.subarray(0, torn))
      const spools = spoolsAt(root)
      const again = await spools.open(ID)
      const isWhole = torn === bytes.length
      t.equal(again.positionOf('a'), isWhole ? 8 : 4, `${torn} bytes`)
      t.same(
        (await readAll(spools)).map(({ text }) => text),
        isWhole ? ['1', '2', '3', '4'] : ['1', '2']
      )
      await again.append('a', linesOf('5'), 12)
      t.equal((await readAll(spoolsAt(root))).at(-1)?.text, '5')
    }
  }
)

t.test('a file that was begun and not written is as if it were not there', async (t) => {
  const root = t.testdir()
  const spool = await spoolsAt(root).open(ID)
  await spool.append('a', linesOf('1'), 4)
  const [file = ''] = filesOf(root)
  const next = String(statSync(file).size).padStart(16, '0')
  appendFileSync(join(root, 'spools', ID, `${next}.log`), '= {"boot":')
  const spools = spoolsAt(root)
  const again = await spools.open(ID)
  t.equal(again.positionOf('a'), 4)
  await again.append('a', linesOf('2'), 8)
  t.same(
    (await readAll(spools)).map(({ text }) => text),
    ['1', '2']
  )
})

t.test(
  'beginning and end of a log that is too large are kept, and the gap is told once',
  async (t) => {
    const root = t.testdir()
    const maxBytes = 1024 * 1024
    const spools = spoolsAt(root, { maxBytes })
    const spool = await spools.open(ID)
    await fill(spool, 0, 3000)
    const early = await readAll(spools)
    t.equal(early.length, 3000)
    await fill(spool, 3000, 30_000)
    const kept = filesOf(root).reduce((sum, file) => sum + statSync(file).size, 0)
    t.ok(kept <= maxBytes, `${kept} bytes on disk`)

    const lines = await readAll(spools)
    const gaps = lines.filter(({ source }) => source === 'executor')
    t.equal(gaps.length, 1)
    t.match(gaps[0]?.text, /^\[\d+ bytes of log were left out here/)
    t.equal(gaps[0]?.at, 5)
    t.match(lines[0]?.text, /^0 x/)
    t.match(lines.at(-1)?.text, /^29999 x/)

    t.test('for who was in it, too', async (t) => {
      const cursor = Number(early.at(-1)?.cursor)
      const [gap, next] = await readAll(spools, cursor)
      t.equal(gap?.source, 'executor')
      t.equal(gap?.cursor, gaps[0]?.cursor)
      t.equal((await readAll(spools, gap?.cursor))[0]?.text, next?.text)
    })
    t.test('cursors and positions are the same for a process that comes after', async (t) => {
      const after = spoolsAt(root, { maxBytes })
      t.same(await readAll(after), lines)
      t.equal((await after.open(ID)).positionOf('launcher/stdout'), 30_000)
    })
  }
)

t.test('a file that goes while it is read is a gap that is told', async (t) => {
  const root = t.testdir()
  const spools = spoolsAt(root, { maxBytes: 1e6 })
  await fill(await spools.open(ID), 0, 1000)
  const [, second = ''] = filesOf(root)
  const { size } = statSync(second)
  rmSync(second)
  const told = (await readAll(spools)).filter(({ source }) => source === 'executor')
  t.match(told, [
    { text: `[${size} bytes of log were left out here, which would be larger than it may be]` }
  ])
})

t.test('after a new start of the host no cursor means something else', async (t) => {
  const root = t.testdir()
  const first = await spoolsAt(root).open(ID)
  await first.append('a', linesOf('1', '2'), 4)
  const before = await readAll(spoolsAt(root))
  const spools = spoolsAt(root, { bootId: 'b2' })
  const spool = await spools.open(ID)
  // The disk had not kept the second one.
  await spool.append('a', linesOf('3'), 6)
  const after = await readAll(spools, before.at(-1)?.cursor)
  t.match(after[0]?.text, /the host was started anew/)
  t.equal(after[1]?.text, '3')
  t.equal(after.length, 2)
})

t.test('the end is durable, may be repeated, and closes', async (t) => {
  const root = t.testdir()
  const spools = spoolsAt(root)
  const spool = await spools.open(ID)
  await spool.append('a', linesOf('1'), 4)
  t.same(await spools.unended(), [ID])
  let told = 0
  const leave = spools.onChange(ID, () => (told += 1))
  await spool.end()
  await spool.end()
  t.equal(told, 2, 'when it is there, and when it is durable')
  leave()
  t.same(await spools.unended(), [])
  await t.rejects(spool.append('a', linesOf('2'), 5), /has ended/)
  const part = await spoolsAt(root).read(ID, { from: 0, maxBytes: 1e6 })
  t.equal(part.complete, true)
  await (await spoolsAt(root, { bootId: 'b2' }).open(ID)).end()
  t.equal((await spoolsAt(root).read(ID, { from: 0, maxBytes: 1e6 })).size, part.size)
})

t.test('a log of nothing ends, too', async (t) => {
  const spools = spoolsAt(t.testdir())
  await (await spools.open(ID)).end()
  t.equal((await spools.read(ID, { from: 0, maxBytes: 1e6 })).complete, true)
})

t.test('a disk that takes nothing for a while loses nothing', async (t) => {
  const root = t.testdir({ spools: 'in the way' })
  const records: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => records.push(line) })
  const spools = spoolsAt(root, { log })
  // A file stands where the directory has to be: as good as a disk without room.
  await t.rejects(spools.open(ID), { code: 'ENOTDIR' })
  rmSync(join(root, 'spools'))
  const spool = await spools.open(ID)
  appendFileSync(join(root, 'spools'), 'in the way again')
  const appended = spool.append('a', linesOf('1'), 4)
  await until(() => records.some((line) => line.includes('cannot be written for now')))
  rmSync(join(root, 'spools'))
  await appended
  t.match(records.at(-1), /the log goes on/)
  t.same(
    (await readAll(spools)).map(({ text }) => text),
    ['1']
  )
})

t.test('a write that a full disk takes half of begins no file for each try', async (t) => {
  const root = t.testdir()
  const records: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => records.push(line) })
  const spools = spoolsAt(root, { log, maxBytes: 1e6 })
  const spool = await spools.open(ID)
  await spool.append('a', linesOf('1'), 1)
  const limit = (bytes: number | 'unlimited') =>
    execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`])
  const ignored = () => {}
  process.on('SIGXFSZ', ignored)
  limit(40_000)
  t.teardown(() => {
    limit('unlimited')
    process.off('SIGXFSZ', ignored)
  })
  // More than one file holds.
  const texts = Array.from({ length: 100 }, (_, at) => `${at + 2} ${'x'.repeat(1000)}`)
  const appended = spool.append('a', linesOf(...texts), 2)
  await until(() => records.some((line) => line.includes('cannot be written for now')))
  const last = () => statSync(filesOf(root).at(-1) ?? '')
  await until('half of it is there', () => last().size === 40_000)
  const { mtimeMs } = last()
  await until('it is tried once more', () => last().mtimeMs > mtimeMs)
  t.equal(filesOf(root).length, 2)
  limit('unlimited')
  await appended
  for (const one of [spools, spoolsAt(root, { maxBytes: 1e6 })]) {
    const numbers = (await readAll(one)).map(({ text }) => Number.parseInt(text, 10))
    t.same(
      numbers,
      Array.from({ length: 101 }, (_, at) => at + 1)
    )
  }
})

t.test('lines are bounded, and what cannot be a source or a position is refused', async (t) => {
  const spools = spoolsAt(t.testdir())
  const spool = await spools.open(ID)
  await spool.append('a', linesOf('y'.repeat(MAX_LOG_LINE + 9), '\ud800'), 4)
  const [long, half] = await readAll(spools)
  t.equal(long?.text, `${'y'.repeat(MAX_LOG_LINE)} [9 characters left out]`)
  t.equal(half?.text, '\ufffd')
  for (const source of ['', 'a b', 'a\nb', 'ü', 'x'.repeat(401)]) {
    await t.rejects(spool.append(source, linesOf('1'), 5), TypeError)
  }
  for (const position of [-1, 0.5, Number.NaN]) {
    await t.rejects(spool.append('a', linesOf('1'), position), RangeError)
  }
  for (const id of ['', '../x', 'a/b', '.']) {
    await t.rejects(spools.open(id), TypeError)
  }
  t.equal((await readAll(spools)).length, 2)
})

t.test('thousands of logs hold no descriptor', async (t: Test) => {
  const spools = spoolsAt(t.testdir())
  const before = readdirSync('/proc/self/fd').length
  for (let at = 0; at < 1000; at += 1) {
    const spool = await spools.open(`job-${at}`)
    await spool.append('a', linesOf('1'), 1)
  }
  const after = readdirSync('/proc/self/fd').length
  t.ok(after - before < 10, `${before} descriptors before, ${after} after`)
})

t.test('what is removed is gone, also what nobody knows any more', async (t) => {
  const root = t.testdir()
  const spools = spoolsAt(root)
  await (await spools.open(ID)).append('a', linesOf('1'), 1)
  const old = []
  for await (const id of spools.unchangedSince(Date.now() + 1000)) old.push(id)
  t.same(old, [ID])
  for await (const id of spools.unchangedSince(1)) t.fail(`${id} is not that old`)
  await spools.remove(ID)
  t.equal(await spools.has(ID), false)
  t.same(await spools.unended(), [])
  t.equal((await spools.read(ID, { from: 0, maxBytes: 9 })).size, 0)
})
