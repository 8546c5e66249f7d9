import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { call, FORM_TYPE, filePart, formBytes, upload } from '../support/calls.ts'
import { startFileService } from '../support/file-service.ts'
import { openRaw } from '../support/raw-connection.ts'

const DONE = { status: 200, body: { statusCode: 200, message: '成功!', data: true } }
const REFUSED = { status: 400, body: { statusCode: 400, message: '参数错误' } }

t.test('the name comes from the query, a field before or after, or the part itself', async (t) => {
  const { url, files } = await startFileService(t)
  const field = (content: string) => ({ name: 'fileName', content })
  t.match(await upload(url, { fileName: 'c://q//1.txt' }, [filePart('x', 'own')]), DONE)
  t.match(await upload(url, {}, [field('C:\\f\\2.txt'), filePart('x', 'own')]), DONE)
  t.match(await upload(url, {}, [filePart('x', 'own'), field('/f/3.txt')]), DONE)
  t.match(await upload(url, {}, [filePart('x', '测试 4.txt')]), DONE)
  t.match(await upload(url, {}, [filePart('x', 'C:\\\\dir\\\\5.txt')]), DONE)
  t.match(await upload(url, { fileName: 'c:/a' }, [field('C:\\a'), filePart('x')]), DONE)
  t.match(
    await upload(url, { fileName: 'b' }, [{ name: 'note', content: 'x' }, filePart('x')]),
    DONE
  )
  t.strictSame(await files(), [
    'b',
    'c',
    'c/a',
    'c/dir',
    'c/dir/5.txt',
    'c/f',
    'c/f/2.txt',
    'c/q',
    'c/q/1.txt',
    'f',
    'f/3.txt',
    '测试 4.txt'
  ])
})

t.test('bytes arrive as they were sent, of every size', async (t) => {
  const { url, root, unfinished } = await startFileService(t)
  for (const size of [0, 1, 65_535, 65_536, 65_537, 262_144, 262_145, 5_000_000]) {
    const content = randomBytes(size)
    t.match(await upload(url, { fileName: 'a' }, [filePart(content)]), DONE)
    t.ok(content.equals(await readFile(join(root, 'a'))), `${size} bytes`)
  }
  const tricky =
    '\r\n--part-of-a-tes\r\n--\r\n\r\n--part-of-a-tesT--\r\n--part\0--part-of-a-test--\r'
  await upload(url, { fileName: 'b' }, [filePart(tricky)])
  t.equal(await readFile(join(root, 'b'), 'utf8'), tricky)
  t.strictSame(await unfinished(), [])
})

t.test('forms that are refused, and what is said', async (t) => {
  const { url, files, unfinished } = await startFileService(t)
  const file = filePart('x', 'own')
  const fields = Array.from({ length: 30 }, (_, index) => ({ name: `f${index}`, content: 'x' }))
  for (const [why, query, parts, says] of [
    ['no parts', {}, [], /file/],
    ['no file', { fileName: 'a' }, [{ name: 'x', content: '1' }], /no file part.*fields x/],
    ['a text named file', { fileName: 'a' }, [{ name: 'file', content: 'x' }], /text field/],
    ['another name', {}, [{ ...file, name: 'upload' }], /name of the part/],
    ['no name of the part', {}, [{ filename: 'a', content: 'x' }], /name of the part/],
    ['nothing chosen', { fileName: 'a' }, [filePart('', '')], /none was chosen/],
    ['two files', {}, [file, { ...file, filename: 'b' }], /not several/],
    ['three files', {}, [file, file, file], /not several/],
    [
      'two names',
      {},
      [{ name: 'fileName', content: 'a' }, { name: 'fileName', content: 'b' }, file],
      /fileName: must be given once/
    ],
    ['names that differ', { fileName: 'a' }, [file, { name: 'fileName', content: 'b' }], /differs/],
    ['an empty name', {}, [{ name: 'fileName', content: '' }, file], /root itself/],
    [
      'no name at all',
      {},
      [{ name: 'file', type: 'application/octet-stream', content: 'x' }],
      /fileName/
    ],
    ['a long field', {}, [{ name: 'fileName', content: 'x'.repeat(17_000) }, file], /too long/],
    ['many fields', { fileName: 'a' }, [...fields, file], /too many parts/],
    ['many fields after', { fileName: 'a' }, [file, ...fields], /too many parts/],
    ['an odd overwrite', { fileName: 'a', overwrite: 'maybe' }, [file], /overwrite/],
    [
      'an odd overwrite field',
      { fileName: 'a' },
      [file, { name: 'overwrite', content: '1' }],
      /overwrite/
    ],
    ['a prototype', { fileName: 'a' }, [{ name: '__proto__', content: '1' }, file], /not a whole/]
  ] as const) {
    const answer = await upload(url, query, parts)
    t.match(answer, REFUSED, why)
    t.match(answer.error.error, says, why)
  }
  t.strictSame(await files(), [])
  t.strictSame(await unfinished(), [])
})

t.test('other content types are 415', async (t) => {
  const { url, files } = await startFileService(t)
  for (const type of [
    'text/plain',
    'application/json',
    'application/octet-stream',
    'multipart/mixed; boundary=x'
  ]) {
    const answer = await call(`${url}/file/upload?fileName=a`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: '{}'
    })
    t.match(answer, { status: 415, body: { statusCode: 415 } }, type)
  }
  t.match(await call(`${url}/file/upload?fileName=a`, { method: 'POST' }), { status: 415 })
  t.strictSame(await files(), [])
})

t.test('a file is replaced, unless overwrite is false in the query or the form', async (t) => {
  const { url, root, files, unfinished } = await startFileService(t)
  const content = () => readFile(join(root, 'a'), 'utf8')
  await upload(url, { fileName: 'a', overwrite: 'false' }, [filePart('1')])
  await upload(url, { fileName: 'a' }, [filePart('2')])
  t.equal(await content(), '2')
  for (const answer of [
    await upload(url, { fileName: 'a', overwrite: 'false' }, [filePart('3')]),
    await upload(url, { fileName: 'a' }, [filePart('3'), { name: 'overwrite', content: 'false' }])
  ]) {
    t.match(answer, { status: 200, body: { statusCode: 163, message: '上传文件失败' } })
    t.match(answer.error, { code: 'FILE_SERVICE_EXISTS', error: /exists already/ })
  }
  t.equal(await content(), '2')
  t.strictSame(await files(), ['a'])
  t.strictSame(await unfinished(), [])
})

t.test('a directory is not replaced, a file is no directory: 163', async (t) => {
  const { url, root, files, unfinished } = await startFileService(t)
  await mkdir(join(root, 'dir/full'), { recursive: true })
  await mkdir(join(root, 'empty'))
  await writeFile(join(root, 'file'), 'kept')
  const before = await files()
  for (const fileName of ['dir', 'empty', 'file/x', 'file/x/y']) {
    const answer = await upload(url, { fileName }, [filePart('x')])
    t.match(answer, { status: 200, body: { statusCode: 163 } }, fileName)
    t.match(answer.error.error, /is a directory|not a directory/)
  }
  t.strictSame(await files(), before)
  t.strictSame(await unfinished(), [])
})

t.test('of uploads to one name at once, one wins whole', async (t) => {
  const { url, root, unfinished } = await startFileService(t)
  const contents = Array.from({ length: 8 }, (_, index) => Buffer.alloc(1_000_000, `${index}`))
  const answers = await Promise.all(
    contents.map((content) => upload(url, { fileName: 'a' }, [filePart(content)]))
  )
  for (const answer of answers) t.match(answer, DONE)
  const left = await readFile(join(root, 'a'))
  t.ok(contents.some((content) => content.equals(left)))

  const only = await Promise.all(
    contents.map((content) =>
      upload(url, { fileName: 'b', overwrite: 'false' }, [filePart(content)])
    )
  )
  const codes = only.map(({ body }) => body.statusCode)
  t.equal(codes.filter((code) => code === 200).length, 1)
  t.equal(codes.filter((code) => code === 163).length, 7)
  t.ok(contents[codes.indexOf(200)]?.equals(await readFile(join(root, 'b'))))
  t.strictSame(await unfinished(), [])
})

t.test('the limit is exact; more is 413 and leaves nothing', async (t) => {
  const { url, root, files, unfinished } = await startFileService(t, { MAX_UPLOAD_BYTES: '100000' })
  t.match(await upload(url, { fileName: 'a' }, [filePart('x'.repeat(100_000))]), DONE)
  for (const size of [100_001, 3_000_000]) {
    const answer = await upload(url, { fileName: 'b/c' }, [filePart('x'.repeat(size))])
    t.match(answer, { status: 413, body: { statusCode: 413 }, error: { maxBytes: 100_000 } })
  }
  t.equal((await readFile(join(root, 'a'))).length, 100_000)
  t.strictSame(await files(), ['a'])
  t.strictSame(await unfinished(), [])
})

t.test('after an early refusal the connection serves the next request', async (t) => {
  const { port, files } = await startFileService(t, { MAX_UPLOAD_BYTES: '100000' })
  const connection = await openRaw(t, port)
  const large = formBytes([filePart('x'.repeat(900_000))])
  const two = formBytes([filePart('x'), filePart('y'.repeat(800_000)), filePart('z')])
  for (const [target, body, status] of [
    ['/file/upload?fileName=..', large, 400],
    ['/file/upload?fileName=a', large, 413],
    ['/file/upload?fileName=a', two, 400],
    ['/file/upload', Buffer.concat([Buffer.from('junk'), large]), 400],
    ['/file/nothing', large, 404]
  ] as const) {
    connection.send(
      `POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: ${body.length}\r\n\r\n`
    )
    connection.send(body)
    t.equal((await connection.answer()).status, status, `${target} is ${status}`)
    connection.send('GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n')
    t.equal((await connection.answer()).status, 200, 'and then it goes on')
  }
  t.strictSame(await files(), [])
})

t.test('a body that announces too much is refused before it is sent', async (t) => {
  const { port, unfinished } = await startFileService(t, { MAX_UPLOAD_BYTES: '100000' })
  const connection = await openRaw(t, port)
  connection.send(
    `POST /file/upload?fileName=a HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: 9000000000\r\n\r\n`
  )
  t.equal((await connection.answer()).status, 413)
  t.strictSame(await unfinished(), [])
})

t.test('a client that is gone leaves nothing, wherever it stopped', async (t) => {
  const { port, files, unfinished } = await startFileService(t)
  const bytes = formBytes([filePart('x'.repeat(300_000)), { name: 'fileName', content: 'a' }])
  for (const at of [0, 10, 60, 150, 1000, 200_000, bytes.length - 60, bytes.length - 3]) {
    for (const coding of [`Content-Length: ${bytes.length}`, 'Transfer-Encoding: chunked']) {
      const connection = await openRaw(t, port)
      connection.send(
        `POST /file/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${FORM_TYPE}\r\n${coding}\r\n\r\n`
      )
      const piece = bytes.subarray(0, at)
      if (at > 0 && coding.startsWith('T')) connection.send(`${at.toString(16)}\r\n`)
      connection.send(piece)
      if (at >= 1000) {
        await until('the upload began', async () => (await unfinished()).length > 0)
      }
      if (at % 2 === 0) connection.socket.destroy()
      else connection.socket.end()
      await until(`nothing is left of ${at}`, async () => (await unfinished()).length === 0)
    }
  }
  t.strictSame(await files(), [])
})

t.test('an upload that stands still is cut off, one that takes too long is 408', async (t) => {
  const bytes = formBytes([filePart('x'.repeat(5000))], 'open')
  const head = `POST /file/upload?fileName=a HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: 100000\r\n\r\n`

  const idle = await startFileService(t, { IDLE_TIMEOUT_MS: '200' })
  const still = await openRaw(t, idle.port)
  still.send(head)
  still.send(bytes)
  await until('the upload began', async () => (await idle.unfinished()).length === 1)
  await still.closed
  await until('nothing is left', async () => (await idle.unfinished()).length === 0)
  await idle.close()

  const slow = await startFileService(t, { UPLOAD_TIMEOUT_MS: '300' })
  for (const already of [
    bytes,
    formBytes([{ name: 'x', content: 'y' }], 'open'),
    Buffer.from('--')
  ]) {
    const trickle = await openRaw(t, slow.port)
    trickle.send(head)
    trickle.send(already)
    const answer = await trickle.answer()
    t.match(answer, { status: 408, body: /300 ms/ })
  }
  t.strictSame(await slow.unfinished(), [])
})

t.test('many uploads at once keep their bytes apart', async (t) => {
  const { url, root } = await startFileService(t)
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
  const contents = Array.from({ length: 20 }, () => randomBytes(300_000))
  await Promise.all(
    contents.map((content, index) => upload(url, { fileName: `d/${index}` }, [filePart(content)]))
  )
  for (const [index, content] of contents.entries()) {
    t.equal(digest(await readFile(join(root, `d/${index}`))), digest(content))
  }
  t.equal((await readdir(join(root, 'd'))).length, 20)
})
