import t from 'tap'
import { BOUNDARY, FORM_TYPE, filePart, formBytes } from '../support/calls.ts'
import { startFileService } from '../support/file-service.ts'
import { openRaw } from '../support/raw-connection.ts'

const whole = formBytes([filePart('content', 'a.txt')])
const DISPOSITION = 'Content-Disposition: form-data; name="file"; filename="a.txt"'

/** Bodies that are whole as HTTP and broken as forms: [what, body, content type]. */
const BROKEN: readonly (readonly [string, string | Buffer, string?])[] = [
  ['nothing', ''],
  ['junk', 'junk'],
  ['no boundary in the type', whole, 'multipart/form-data'],
  ['an empty boundary', whole, 'multipart/form-data; boundary='],
  ['another boundary', whole, 'multipart/form-data; boundary=other'],
  ['the end only', `--${BOUNDARY}--\r\n`],
  ['a beginning only', `--${BOUNDARY}\r\n`],
  ['half a head', `--${BOUNDARY}\r\n${DISPOSITION.slice(0, 40)}`],
  ['a head without an end', `--${BOUNDARY}\r\n${DISPOSITION}\r\n`],
  ['a head only', `--${BOUNDARY}\r\n${DISPOSITION}\r\n\r\n`],
  ['no end', formBytes([filePart('content')], 'open')],
  ['half an end', whole.subarray(0, whole.length - 5)],
  [
    'an end without dashes',
    Buffer.concat([whole.subarray(0, whole.length - 4), Buffer.from('\r\n')])
  ],
  ['no disposition', `--${BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nx\r\n--${BOUNDARY}--\r\n`],
  [
    'a disposition of no form',
    `--${BOUNDARY}\r\nContent-Disposition: attachment; name="file"; filename="a"\r\n\r\nx\r\n--${BOUNDARY}--\r\n`
  ],
  ['no head', `--${BOUNDARY}\r\n\r\nx\r\n--${BOUNDARY}--\r\n`],
  ['line ends without returns', `--${BOUNDARY}\n${DISPOSITION}\n\nx\n--${BOUNDARY}--\n`],
  [
    'a break in the name',
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a\nb"\r\n\r\nx\r\n--${BOUNDARY}--\r\n`
  ],
  [
    'an endless head',
    `--${BOUNDARY}\r\nX: ${'x'.repeat(200_000)}\r\n${DISPOSITION}\r\n\r\nx\r\n--${BOUNDARY}--\r\n`
  ],
  [
    'a second file that is cut off',
    Buffer.concat([
      whole.subarray(0, whole.length - 4),
      Buffer.from(`\r\n${DISPOSITION}\r\n\r\nhalf`)
    ])
  ],
  [
    'a field that is cut off',
    Buffer.concat([
      whole.subarray(0, whole.length - 4),
      Buffer.from('\r\nContent-Disposition: form-data; name="x"\r\n\r\nhalf')
    ])
  ],
  ['zeros', Buffer.alloc(100_000)],
  ['a bomb of parts', formBytes(Array.from({ length: 5000 }, () => ({ name: 'x', content: 'y' })))]
]

t.test(
  'a broken form is refused with a reason, leaves nothing, and the connection goes on',
  async (t) => {
    const { port, files, unfinished } = await startFileService(t)
    for (const [what, body, type = FORM_TYPE] of BROKEN) {
      const connection = await openRaw(t, port)
      connection.send(
        `POST /file/upload?fileName=a.txt HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
      )
      connection.send(body)
      const answer = await connection.answer()
      t.equal(answer.status, 400, what)
      const envelope = JSON.parse(answer.body)
      t.match(envelope, { statusCode: 400, message: '参数错误' }, what)
      t.match(JSON.parse(envelope.data), { error: /\w/, code: 'BAD_PARAMETERS' }, what)
      t.strictSame(await unfinished(), [], what)
      connection.send('GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n')
      t.equal((await connection.answer()).status, 200, `${what}: next`)
      connection.socket.destroy()
    }
    t.strictSame(await files(), [])
  }
)

t.test('what stands before the first and after the last boundary does not matter', async (t) => {
  const { port, files } = await startFileService(t)
  for (const body of [
    Buffer.concat([Buffer.from('preamble\r\n'), whole]),
    Buffer.concat([whole, Buffer.from('epilogue'), Buffer.alloc(300_000)])
  ]) {
    const connection = await openRaw(t, port)
    connection.send(
      `POST /file/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: ${body.length}\r\n\r\n`
    )
    connection.send(body)
    t.equal((await connection.answer()).status, 200)
  }
  t.strictSame(await files(), ['a.txt'])
})

t.test('a form that comes byte by byte is as good as one in one piece', async (t) => {
  const { port, files } = await startFileService(t)
  const connection = await openRaw(t, port)
  connection.socket.setNoDelay(true)
  connection.send(
    `POST /file/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${FORM_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`
  )
  for (const byte of whole) {
    connection.send(Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]))
    await new Promise(setImmediate)
  }
  connection.send('0\r\n\r\n')
  t.equal((await connection.answer()).status, 200)
  t.strictSame(await files(), ['a.txt'])
})

t.test('broken chunks end the request and leave nothing', async (t) => {
  const { port, files, unfinished } = await startFileService(t)
  const connection = await openRaw(t, port)
  connection.send(
    `POST /file/upload?fileName=a HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${FORM_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`
  )
  connection.send(`${(100).toString(16)}\r\n`)
  connection.send(whole.subarray(0, 100))
  connection.send('\r\nNOT-HEX\r\n')
  t.equal((await connection.answer()).status, 400)
  await connection.closed
  t.strictSame(await unfinished(), [])
  t.strictSame(await files(), [])
})

t.test('a part whose name has no end is not stored under the beginning of it', async (t) => {
  const { port, files } = await startFileService(t)
  const connection = await openRaw(t, port)
  const body = formBytes([filePart('x', `${'x'.repeat(100)}/`.repeat(1000))])
  connection.send(
    `POST /file/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: ${body.length}\r\n\r\n`
  )
  connection.send(body)
  t.equal((await connection.answer()).status, 400)
  t.strictSame(await files(), [])
})
