import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { request } from 'undici'
import { call } from '../support/calls.ts'
import { startFileService } from '../support/file-service.ts'
import { openRaw } from '../support/raw-connection.ts'

const HOUR_MS = 3_600_000

async function get(
  url: string,
  headers: Record<string, string> = {},
  method: 'GET' | 'HEAD' = 'GET'
) {
  const response = await request(url, { method, headers })
  return {
    status: response.statusCode,
    headers: response.headers,
    bytes: Buffer.from(await response.body.arrayBuffer())
  }
}

const textOf = (answer: { bytes: Buffer }) => answer.bytes.toString()

/** How many files, directories and pipes this process holds open. */
async function openFiles(): Promise<number> {
  const links = await readdir('/proc/self/fd')
  const infos = await Promise.all(
    links.map((link) => readlink(`/proc/self/fd/${link}`).catch(() => ''))
  )
  return infos.filter((target) => target.startsWith('/')).length
}

t.test('a file comes whole, with what a client needs to know about it', async (t) => {
  const { url, root } = await startFileService(t)
  const content = randomBytes(1_000_003)
  await writeFile(join(root, 'a.bin'), content)
  const answer = await get(`${url}/file/download?srcfile=/a.bin`)
  t.equal(answer.status, 200)
  t.ok(content.equals(answer.bytes))
  t.match(answer.headers, {
    'content-type': 'application/octet-stream',
    'content-length': '1000003',
    'content-disposition': `attachment; filename="a.bin"; filename*=UTF-8''a.bin`,
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache',
    etag: /^"[0-9a-z-]+"$/,
    'last-modified': /GMT$/,
    'x-request-id': /./
  })
  const head = await get(`${url}/file/download?srcfile=/a.bin`, {}, 'HEAD')
  t.equal(head.status, 200)
  t.equal(head.bytes.length, 0)
  for (const name of ['content-length', 'content-disposition', 'etag', 'last-modified']) {
    t.equal(head.headers[name], answer.headers[name], name)
  }
})

t.test('an empty file has a length too', async (t) => {
  const { url } = await startFileService(t)
  await call(`${url}/file/create?fileName=c://test//test.txt`)
  const answer = await get(`${url}/file/download?srcfile=c://test//test.txt`)
  t.match(answer, { status: 200, headers: { 'content-length': '0' } })
})

t.test('names come back in UTF-8, and cannot leave their header', async (t) => {
  const { url, root } = await startFileService(t)
  for (const [name, plain, extended] of [
    ['测试 表.conf', '__ _.conf', '%E6%B5%8B%E8%AF%95%20%E8%A1%A8.conf'],
    ['é.txt', 'e.txt', '%C3%A9.txt'],
    ['a"b;c=d', 'a_b;c=d', 'a%22b%3Bc%3Dd'],
    ["it's (1)*.txt", "it's (1)*.txt", 'it%27s%20%281%29%2A.txt'],
    ['100%41.txt', '100_41.txt', '100%2541.txt'],
    ['😀', '_', '%F0%9F%98%80']
  ] as const) {
    await writeFile(join(root, name), 'x')
    const srcfile = encodeURIComponent(name)
    const { headers } = await get(`${url}/file/download?srcfile=${srcfile}`)
    t.equal(
      headers['content-disposition'],
      `attachment; filename="${plain}"; filename*=UTF-8''${extended}`
    )
  }
})

t.test('what is no file is not sent: its status, code 164', async (t) => {
  const { url, root } = await startFileService(t)
  await call(`${url}/file/create?fileName=dir/file`)
  execFileSync('mkfifo', [join(root, 'fifo')])
  for (const [path, status, error] of [
    ['nothing', 404, /no such file/],
    ['dir/file/x', 404, /./],
    ['dir/nothing/x', 404, /no such file/],
    ['dir', 400, /is a directory/],
    ['fifo', 400, /neither a file nor a directory/]
  ] as const) {
    const answer = await call(`${url}/file/download?srcfile=${path}`)
    t.match(answer, { status, body: { statusCode: 164, message: '下载文件失败' } }, path)
    t.match(answer.error.error, error, path)
    t.equal(answer.headers['content-disposition'], undefined)
    t.match(answer.headers['content-type'], /json/)
    t.equal((await get(`${url}/file/download?srcfile=${path}`, {}, 'HEAD')).status, status)
  }
})

t.test('ranges', async (t) => {
  const { url, root } = await startFileService(t)
  await writeFile(join(root, 'a'), '0123456789')
  for (const [range, status, content, says] of [
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=8-100', 206, '89', 'bytes 8-9/10'],
    ['bytes=9-9', 206, '9', 'bytes 9-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-100', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=0-', 206, '0123456789', 'bytes 0-9/10'],
    ['Bytes= 2-3 ', 206, '23', 'bytes 2-3/10'],
    ['bytes=0-1,3-4', 200, '0123456789', undefined],
    ['bytes=3-1', 200, '0123456789', undefined],
    ['bytes=-', 200, '0123456789', undefined],
    ['bytes=a-b', 200, '0123456789', undefined],
    ['bytes=--1', 200, '0123456789', undefined],
    ['bytes=1', 200, '0123456789', undefined],
    ['lines=0-1', 200, '0123456789', undefined],
    ['', 200, '0123456789', undefined]
  ] as const) {
    const answer = await get(`${url}/file/download?srcfile=a`, { range })
    t.equal(answer.status, status, range)
    t.equal(textOf(answer), content, range)
    t.equal(answer.headers['content-range'], says, range)
    t.equal(answer.headers['content-length'], `${content.length}`, range)
  }
  for (const range of ['bytes=10-', 'bytes=10-20', 'bytes=-0', 'bytes=99999999999999999999-']) {
    const answer = await call(`${url}/file/download?srcfile=a`, { headers: { range } })
    t.match(answer, { status: 416, body: { statusCode: 164 }, error: { bytes: 10 } }, range)
    t.equal(answer.headers['content-range'], 'bytes */10', range)
  }
  const head = await get(`${url}/file/download?srcfile=a`, { range: 'bytes=0-1' }, 'HEAD')
  t.match(head, { status: 200, headers: { 'content-length': '10' } }, 'no ranges of a HEAD')
})

t.test('what a client already has is not sent again', async (t) => {
  const { url, root } = await startFileService(t)
  const path = join(root, 'a')
  await writeFile(path, 'content')
  await utimes(path, new Date(), new Date(Date.now() - HOUR_MS))
  const target = `${url}/file/download?srcfile=a`
  const first = await get(target)
  const etag = String(first.headers.etag)
  const modified = String(first.headers['last-modified'])
  const before = new Date(Date.now() - 2 * HOUR_MS).toUTCString()
  const after = new Date(Date.now() - HOUR_MS / 2).toUTCString()
  for (const [headers, status] of [
    [{ 'if-none-match': etag }, 304],
    [{ 'if-none-match': `W/${etag}` }, 304],
    [{ 'if-none-match': `"x", ${etag}` }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"x"' }, 200],
    [{ 'if-none-match': '"x"', 'if-modified-since': after }, 200],
    [{ 'if-modified-since': modified }, 304],
    [{ 'if-modified-since': after }, 304],
    [{ 'if-modified-since': before }, 200],
    [{ 'if-modified-since': 'yesterday' }, 200],
    [{ 'if-match': etag }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': '"x"' }, 412],
    [{ 'if-match': `W/${etag}` }, 412],
    [{ 'if-unmodified-since': modified }, 200],
    [{ 'if-unmodified-since': before }, 412],
    [{ 'if-unmodified-since': 'never' }, 200],
    [{ range: 'bytes=0-1', 'if-range': etag }, 206],
    [{ range: 'bytes=0-1', 'if-range': modified }, 206],
    [{ range: 'bytes=0-1', 'if-range': `W/${etag}` }, 200],
    [{ range: 'bytes=0-1', 'if-range': '"x"' }, 200],
    [{ range: 'bytes=0-1', 'if-range': after }, 200],
    [{ range: 'bytes=99-', 'if-range': '"x"' }, 200],
    [{ range: 'bytes=0-1', 'if-none-match': etag }, 304]
  ] as const) {
    const answer = await get(target, headers)
    t.equal(answer.status, status, JSON.stringify(headers))
    if (status === 304) {
      t.equal(answer.headers.etag, etag)
      t.equal(answer.bytes.length, 0)
    }
    if (status === 412) t.equal(JSON.parse(textOf(answer)).statusCode, 164)
  }
  await writeFile(path, 'CONTENT')
  t.match(await get(target, { 'if-none-match': etag }), { status: 200 }, 'same size, other bytes')
  await utimes(path, new Date(), new Date(modified))
  t.not((await get(target)).headers.etag, etag, 'also with the old time put back')
})

t.test('a client that goes leaves no file open', async (t) => {
  const { port, root } = await startFileService(t)
  await writeFile(join(root, 'a'), Buffer.alloc(30_000_000))
  const idle = await openFiles()
  for (let round = 0; round < 5; round++) {
    const connection = await openRaw(t, port)
    connection.socket.pause()
    connection.send('GET /file/download?srcfile=a HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await until('the file is open', async () => (await openFiles()) > idle)
    connection.socket.destroy()
    await until('it is closed again', async () => (await openFiles()) <= idle)
  }
  t.ok((await openFiles()) <= idle)
})

t.test('a client that stops reading is cut off', async (t) => {
  const { port, root } = await startFileService(t, { IDLE_TIMEOUT_MS: '300' })
  await writeFile(join(root, 'a'), Buffer.alloc(30_000_000))
  const idle = await openFiles()
  const connection = await openRaw(t, port)
  connection.socket.pause()
  connection.send('GET /file/download?srcfile=a HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await until('the file is open', async () => (await openFiles()) > idle)
  await until('the file is closed', async () => (await openFiles()) <= idle)
  let received = 0
  connection.socket.on('data', (chunk: Buffer) => {
    received += chunk.length
  })
  connection.socket.resume()
  await connection.closed
  t.ok(received < 30_000_000, `${received} bytes came`)
})

t.test(
  'a file that becomes shorter ends in a broken connection, not in a short file',
  async (t) => {
    const { port, root } = await startFileService(t)
    const path = join(root, 'a')
    await writeFile(path, Buffer.alloc(30_000_000))
    const connection = await openRaw(t, port)
    let received = 0
    connection.socket.on('data', (chunk: Buffer) => {
      received += chunk.length
    })
    connection.send('GET /file/download?srcfile=a HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await until('it began', async () => received > 0)
    connection.socket.pause()
    await truncate(path, 1000)
    connection.socket.resume()
    await connection.closed
    t.ok(received < 30_000_000)
  }
)

t.test('many read one file at once', async (t) => {
  const { url, root } = await startFileService(t)
  const content = randomBytes(500_000)
  await writeFile(join(root, 'a'), content)
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => get(`${url}/file/download?srcfile=a`))
  )
  for (const { bytes } of answers) t.ok(content.equals(bytes))
})
