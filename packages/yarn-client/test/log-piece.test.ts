import t from 'tap'
import { type PieceWanted, takePiece } from '../src/log-piece.ts'
import { recording } from './support/recordings.ts'

const ID = 'container_1795346732704_0001_01_000001'
const wanted = (rest: Partial<PieceWanted>): PieceWanted => ({
  containerId: ID,
  file: 'stdout',
  end: 'head',
  bytes: 1_000_000,
  ...rest
})

/** A body that arrives in chunks of this size. */
async function* inChunks(body: Buffer, size: number) {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size)
}

function framed(log: string, { file = 'stdout', length = Buffer.byteLength(log) } = {}) {
  const header = `Container: ${ID} on nm1:45454\nLogAggregationType: LOCAL\n${'='.repeat(68)}\n`
  const about = `LogType:${file}\nLogLastModifiedTime:Sun Nov 22 11:26:22 +0000 2026\n`
  const trailer = `End of LogType:${file}.\n${'*'.repeat(71)}\n\n`
  return Buffer.from(`${header}${about}LogLength:${length}\nLogContents:\n${log}${trailer}`)
}

t.test('the framing is taken off, however the bytes arrive', async (t) => {
  const table: [string, Partial<PieceWanted>, object][] = [
    [
      '3.3.6/containerlogs-after-end',
      {},
      { bytes: /^-{43}\nBatch: 0\n/, start: 0, fileBytes: 4452, aggregation: 'LOCAL' }
    ],
    [
      '3.3.6/containerlogs-stderr-tail',
      { file: 'stderr', end: 'tail', bytes: 300 },
      { bytes: /^,\n {4}"startOffset" : null,/, start: 25651, fileBytes: 25951 }
    ],
    [
      '3.3.6/containerlogs-stderr-head',
      { file: 'stderr', bytes: 300 },
      { start: 0, fileBytes: Number }
    ],
    [
      '3.3.6/containerlogs-emptyfile',
      { file: 'prelaunch.err' },
      { bytes: '', start: 0, fileBytes: 0 }
    ]
  ]
  for (const [name, rest, expected] of table) {
    const { body } = recording(name)
    for (const size of [1, 7, 100, 1_000_000]) {
      const piece = await takePiece(inChunks(body, size), wanted(rest))
      t.match({ ...piece, bytes: piece?.bytes.toString() }, expected, `${name} by ${size}`)
      const { fileBytes = 0 } = piece ?? {}
      t.equal(piece?.bytes.length, Math.min(fileBytes, rest.bytes ?? fileBytes))
    }
  }
})

t.test('an empty file of 2.10 comes without a header', async (t) => {
  const table: [string, string][] = [
    ['2.10.2/containerlogs-stderr-empty', 'stderr'],
    ['2.10.2/containerlogs-after-end', 'stdout']
  ]
  for (const [name, file] of table) {
    const { body } = recording(name)
    for (const size of [1, 10, 1000]) {
      t.match(await takePiece(inChunks(body, size), wanted({ file })), {
        bytes: Buffer.alloc(0),
        fileBytes: 0
      })
    }
  }
})

t.test('a log that looks like framing is a log', async (t) => {
  const logs = [
    'End of LogType:stdout.\n**********\n\n',
    'LogContents:\nLogLength:5\nLogContents:\n',
    `Container: ${ID} on nm1:45454\nLogLength:3\nLogContents:\nabc`,
    '任务\u0000\n'
  ]
  for (const log of logs) {
    const piece = await takePiece(inChunks(framed(log), 5), wanted({}))
    t.equal(piece?.bytes.toString(), log)
  }
})

t.test('up to 2.8 the answer is the file', async (t) => {
  const log = Array.from({ length: 5000 }, (_, line) => `line ${line}\n`).join('')
  const body = Buffer.from(log)
  for (const size of [1, 13, 1000, 1_000_000]) {
    const head = await takePiece(inChunks(body, size), wanted({ bytes: 100 }))
    t.match(
      { ...head, bytes: head?.bytes.toString() },
      { bytes: log.slice(0, 100), start: 0, fileBytes: undefined }
    )
    const tail = await takePiece(inChunks(body, size), wanted({ end: 'tail', bytes: 100 }))
    t.strictSame(
      { ...tail, bytes: tail?.bytes.toString() },
      {
        bytes: log.slice(-100),
        start: log.length - 100,
        fileBytes: log.length,
        aggregation: undefined
      }
    )
  }
  const whole = await takePiece(inChunks(body, 10), wanted({ end: 'tail' }))
  t.match({ ...whole, bytes: whole?.bytes.toString() }, { bytes: log, start: 0 })
  for (const text of ['', 'E', 'End of LogType:stdout', 'Container: ', `Container: ${ID} on x\n`]) {
    const piece = await takePiece(inChunks(Buffer.from(text), 3), wanted({}))
    t.equal(piece?.bytes.toString(), text, 'one that only begins like framing')
  }
  const headless = `Container: ${ID} on nm1:45454\n${'x'.repeat(20_000)}`
  const piece = await takePiece(inChunks(Buffer.from(headless), 999), wanted({}))
  t.equal(piece?.bytes.toString(), headless)
  const lengthless = `Container: ${ID} on nm1:45454\nLogContents:\nx`
  t.equal(
    (await takePiece(inChunks(Buffer.from(lengthless), 9), wanted({})))?.bytes.toString(),
    lengthless
  )
})

t.test('half of a piece is none', async (t) => {
  const body = framed('0123456789', { length: 1000 }).subarray(0, -90)
  t.equal(await takePiece(inChunks(body, 10), wanted({})), undefined)
})

t.test('what follows the piece is not read', async (t) => {
  let ended = false
  async function* endless() {
    try {
      yield framed('0123456789')
      for (;;) yield Buffer.alloc(10)
    } finally {
      ended = true
    }
  }
  t.match(await takePiece(endless(), wanted({})), { fileBytes: 10 })
  t.equal(ended, true)
})
