import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { logOutput } from '../src/log-output.ts'
import { createLogger } from '../src/logger.ts'

const LOGS_BATCHES = join(import.meta.dirname, 'fixtures/logs-batches.ts')
const LOGS_AND_ENDS = join(import.meta.dirname, 'fixtures/logs-and-ends.ts')

t.test('a line is there as soon as it is written', async (t) => {
  const path = join(t.testdir(), 'log')
  const fd = openSync(path, 'a')
  t.teardown(() => closeSync(fd))
  createLogger({ name: 'tried', level: 'info' }, logOutput(fd)).fatal('三')
  t.match(JSON.parse(readFileSync(path, 'utf8')), { level: 60, name: 'tried', msg: '三' })
})

t.test('a full disk costs lines, and no time', async (t) => {
  const fd = openSync('/dev/full', 'a')
  t.teardown(() => closeSync(fd))
  const log = createLogger({ name: 'tried', level: 'info' }, logOutput(fd))
  const began = Date.now()
  for (let line = 0; line < 1000; line += 1) log.fatal({ line }, 'lost')
  t.ok(Date.now() - began < 5000)
})

t.test(
  'a reader that stands still is waited for once, and told later what it missed',
  async (t) => {
    const fifo = join(t.testdir(), 'fifo')
    execFileSync('mkfifo', [fifo])
    const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)
    t.teardown(() => closeSync(fd))
    const output = logOutput(fd)
    const began = Date.now()
    for (let line = 0; line < 1000; line += 1) output.write(`${'x'.repeat(9_999)}\n`)
    t.ok(Date.now() - began < 5000)
    const read = Buffer.alloc(1_000_000)
    const missed = 1000 - Math.floor(readSync(fd, read) / 10_000)
    output.write('{"msg":"here"}\n')
    const text = read.toString('utf8', 0, readSync(fd, read))
    t.equal(text[0], '\n', 'the line that was cut is ended')
    const lines = text.trim().split('\n')
    t.match(
      lines.map((line) => JSON.parse(line)),
      [{ level: 40, lost: missed }, { msg: 'here' }]
    )
  }
)

t.test('processes that share an output tear no line of each other', async (t) => {
  const fifo = join(t.testdir(), 'fifo')
  execFileSync('mkfifo', [fifo])
  const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)
  t.teardown(() => closeSync(fd))
  const shared = openSync(fifo, constants.O_WRONLY)
  const writers = [1, 2, 3].map(() =>
    spawn(
      process.execPath,
      ['--import', 'tsx', '--conditions=@scheduler-task/source', LOGS_BATCHES],
      { stdio: ['ignore', shared, 'inherit'] }
    )
  )
  const ended = Promise.all(writers.map((writer) => once(writer, 'close')))
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  closeSync(shared)
  const pieces: Buffer[] = []
  for (;;) {
    const last = isOver
    const piece = Buffer.alloc(5000)
    const bytes = readIfAny(fd, piece)
    if (bytes > 0) pieces.push(piece.subarray(0, bytes))
    else if (last) break
    // A reader that is slower than they are: the pipe is full all the time.
    await pause(bytes > 0 ? 0 : 5)
  }
  const lines = Buffer.concat(pieces).toString().trimEnd().split('\n')
  t.equal(lines.length, 3 * 100 * 100)
  t.strictSame(lines.filter((line) => !/^\{"pid":\d+,[^{}]+x"\}$/.test(line)).slice(0, 3), [])
})

for (const [how, code] of [
  ['signal', 0],
  ['error', 1]
] as const) {
  t.test(`a process whose log takes nothing ends all the same: ${how}`, async (t) => {
    const full = openSync('/dev/full', 'a')
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--conditions=@scheduler-task/source', LOGS_AND_ENDS, how],
      { stdio: ['ignore', full, 'inherit'] }
    )
    t.teardown(() => child.kill('SIGKILL'))
    closeSync(full)
    t.strictSame(await once(child, 'exit'), [code, null])
  })
}

function readIfAny(fd: number, into: Buffer): number {
  try {
    return readSync(fd, into)
  } catch {
    return 0
  }
}
