import t from 'tap'
import {
  createCollectedFile,
  PIECE_BYTES,
  type ReadFrom
} from '../../../src/domain/container-logs/collected-file.ts'
import { type LogSpool, MOST_LOG_LINES } from '../../../src/domain/log-spool.ts'

const MIB = 1024 * 1024

/** A log in memory, and a file that is read as from a NodeManager. */
function setUp(content: Buffer | string) {
  const lines: string[] = []
  const told: string[] = []
  const batches: number[] = []
  const positions = new Map<string, number>()
  const spool: LogSpool = {
    append: async (source, added, position, origin = source) => {
      batches.push(added.length)
      for (const { text } of added) (source === 'executor' ? told : lines).push(text)
      positions.set(origin, position)
    },
    positionOf: (origin) => positions.get(origin) ?? 0,
    end: async () => {}
  }
  const held = { content: Buffer.from(content), asked: [] as number[] }
  const readFrom: ReadFrom = async ({ from, maxBytes, before }) => {
    held.asked.push(from)
    const { content: file } = held
    const isOther = before && !file.subarray(from - before.length, from).equals(before)
    if (file.length < from || isOther) return { kind: 'replaced', fileBytes: file.length }
    const bytes = file.subarray(from, from + maxBytes)
    return { kind: 'read', bytes, fileBytes: file.length, aggregation: 'LOCAL' }
  }
  const make = () => createCollectedFile({ spool, source: 'am/c/stdout', secrets: ['geheim'] })
  return {
    lines,
    told,
    batches,
    held,
    readFrom,
    make,
    position: () => positions.get('am/c/stdout') ?? 0
  }
}

t.test('a line without its end waits for it, and comes at last without one', async (t) => {
  const { lines, held, readFrom, make, position } = setUp('one\r\ntwo geheim\nhal')
  const file = make()
  t.ok(file.hasNews(19))
  t.match(await file.take(readFrom, { fileBytes: 19 }), { bytes: 16, isAtEnd: true })
  t.strictSame(lines, ['one', 'two ******'])
  t.equal(position(), 16)
  t.notOk(file.hasNews(19), 'of the same length: nothing is asked for')
  held.content = Buffer.from('one\r\ntwo geheim\nhalf\nthe l')
  await make().take(readFrom, { fileBytes: 26 })
  t.strictSame(lines.slice(2), ['half'], 'also by the next process')
  await make().take(readFrom, { fileBytes: 26, last: true })
  t.strictSame(lines.slice(3), ['the l'])
  await make().take(readFrom, { fileBytes: 26, last: true })
  t.equal(lines.length, 4)
})

t.test('of a line that fills a piece its beginning comes once, also after a kill', async (t) => {
  const long = 'x'.repeat(PIECE_BYTES * 2 + 10)
  const { lines, readFrom, make } = setUp(`short\n${long}\nend\n`)
  for (let more = true; more; ) more = !(await make().take(readFrom, {})).isAtEnd
  t.strictSame(
    lines.map((line) => line.length),
    [5, PIECE_BYTES - 1, 3]
  )
})

t.test('half a secret does not come through where a line is cut', async (t) => {
  for (let half = 1; half < 6; half += 1) {
    const { lines, readFrom, make } = setUp(
      `${'x'.repeat(PIECE_BYTES - half)}geheim and more\nend\n`
    )
    const file = make()
    for (let more = true; more; ) more = !(await file.take(readFrom, {})).isAtEnd
    t.equal(lines.length, 2)
    t.strictSame(lines.at(-1), 'end')
  }
})

t.test('of short lines few are appended at once, and none is lost', async (t) => {
  const { lines, batches, readFrom, make, position } = setUp('\n'.repeat(PIECE_BYTES))
  await make().take(readFrom, { fileBytes: PIECE_BYTES })
  t.equal(lines.length, PIECE_BYTES)
  t.equal(position(), PIECE_BYTES)
  t.ok(batches.every((count) => count <= MOST_LOG_LINES))
})

t.test('a file that runs away: its end, and a word on what is left out', async (t) => {
  const line = `${'x'.repeat(99)}\n`
  const { lines, told, held, readFrom, make, position } = setUp('first\n')
  const file = make()
  await file.take(readFrom, { fileBytes: 6 })
  held.content = Buffer.concat([held.content, Buffer.from(line.repeat(200_000))])
  const fileBytes = held.content.length
  for (let more = true; more; ) more = !(await file.take(readFrom, { fileBytes })).isAtEnd
  t.equal(position(), fileBytes)
  t.ok(held.asked.every((from) => from < 7 || from >= fileBytes - 4 * MIB - 1))
  t.equal(told.length, 1)
  const [, left] = /^(\d+) bytes of am\/c\/stdout are left out here$/.exec(told[0] ?? '') ?? []
  t.equal(6 + Number(left) + (lines.length - 1) * 100, fileBytes, 'to the byte')
  t.ok(
    lines.slice(1).every((one) => one.length === 99),
    'whole lines'
  )
})

t.test('a file that was begun anew is read from its first byte', async (t) => {
  const { lines, told, held, readFrom, make } = setUp('a first line\n')
  const file = make()
  await file.take(readFrom, { fileBytes: 13 })
  held.content = Buffer.from('another file, longer\n')
  t.match(await file.take(readFrom, { fileBytes: 21 }), { isAtEnd: false })
  await file.take(readFrom, { fileBytes: 21 })
  t.strictSame(lines, ['a first line', 'another file, longer'])
  t.equal(told.length, 1)
})
