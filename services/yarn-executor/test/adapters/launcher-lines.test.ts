import t from 'tap'
import { PIECE_BYTES, takeLines } from '../../src/adapters/launcher-lines.ts'
import { MAX_LOG_LINE, MOST_LOG_LINES } from '../../src/domain/log-spool.ts'

type Options = { secrets?: readonly string[]; piece?: number; takesReturns?: boolean }

/** All lines of an output that is read in pieces, each from where the one before was taken to. */
function read(
  output: Buffer,
  { secrets = [], piece = PIECE_BYTES, takesReturns = false }: Options = {}
) {
  const texts: string[] = []
  let seen = 0
  for (let position = 0; ; ) {
    seen = Math.min(output.length, seen + piece)
    const from = Math.max(0, position - 1)
    const bytes = output.subarray(from, Math.min(seen, from + PIECE_BYTES))
    const isLast = seen === output.length
    const taken = takeLines({ bytes, position, isLast, takesReturns }, secrets)
    texts.push(...taken.texts)
    if (isLast && taken.position === position) return texts
    position = taken.position
    if (position === output.length) return texts
  }
}

const bytes = (text: string) => Buffer.from(text)

t.test('lines of any shape, in pieces of any size', async (t) => {
  const cases: [name: string, output: Buffer, lines: string[]][] = [
    ['nothing', bytes(''), []],
    ['no final line end', bytes('a\nb'), ['a', 'b']],
    ['empty lines', bytes('\n\na\n\n'), ['', '', 'a', '']],
    ['Windows line ends', bytes('a\r\nb\r\n'), ['a', 'b']],
    ['progress', bytes('1%\r50%\r100%\nend\n'), ['100%', 'end']],
    ['progress that is wiped', bytes('1%\r\r\n'), ['1%']],
    ['not UTF-8', Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0xc3, 0x0a]), ['a\ufffd\ufffd', '\ufffd']],
    ['more than ASCII', bytes('启动任务失败\nü\n'), ['启动任务失败', 'ü']],
    ['a hole', Buffer.concat([bytes('a'), Buffer.alloc(500), bytes('b\nc\n')]), ['ab', 'c']]
  ]
  for (const [name, output, lines] of cases) {
    for (const piece of [1, 2, 3, 7, PIECE_BYTES]) {
      t.strictSame(read(output, { piece }), lines, `${name}, ${piece} bytes at once`)
    }
  }
})

t.test('of short lines so many at once that the log grows by little', async (t) => {
  const output = bytes('\n'.repeat(PIECE_BYTES))
  const piece = { bytes: output, position: 0, isLast: true, takesReturns: true }
  t.match(takeLines(piece, []), { texts: { length: MOST_LOG_LINES }, position: MOST_LOG_LINES })
  t.equal(read(output).length, PIECE_BYTES)
})

t.test('progress without any line end is told as it goes', async (t) => {
  const output = bytes('1%\r2%\r3%')
  t.strictSame(read(output, { piece: 4, takesReturns: true }), ['1%', '3%'])
  t.strictSame(read(bytes('a\r\nb\r\n'), { piece: 1, takesReturns: true }), ['a', 'b'])
})

t.test('of a line of 10 MB its beginning is told once, and the next one is whole', async (t) => {
  const output = bytes(`first\n${'x'.repeat(10_000_000)}\nlast\n`)
  const [first, long = '', last, ...more] = read(output)
  t.strictSame([first, last, more], ['first', 'last', []])
  t.match(long, /^x+ \[the rest of a long line is left out\]$/)
  t.ok(long.length <= MAX_LOG_LINE)
})

t.test('secrets do not come through, wherever a piece or a line is cut', async (t) => {
  const secret = 'correct-horse-battery'
  const output = bytes(`--pass ${secret} and ${secret}\nurl=${secret}`)
  for (let piece = 1; piece < output.length; piece += 1) {
    const text = read(output, { secrets: [secret], piece }).join('\n')
    t.strictSame(text, '--pass ****** and ******\nurl=******', `${piece} bytes at once`)
  }
  for (const fill of [0, 1, 7, 13]) {
    for (const around of [MAX_LOG_LINE, PIECE_BYTES]) {
      const line = `${'y'.repeat(fill)}${secret.repeat(Math.ceil((around * 2) / secret.length))}\nend`
      const text = read(bytes(line), { secrets: [secret] }).join('\n')
      t.notMatch(text, /horse|batt|corr/, `${fill} before, around ${around}`)
      t.match(text, /\nend$/)
    }
  }
  const long = 'k'.repeat(3000) + secret
  t.notMatch(
    read(bytes(`${'z '.repeat(MAX_LOG_LINE / 2 - 500)}${long}${'z'.repeat(PIECE_BYTES)}\n`), {
      secrets: [long]
    })[0],
    /kk/
  )
})
