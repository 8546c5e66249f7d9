import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { claimsOf, mintToken } from '@scheduler-task/auth/test-support/mint-token'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { SECRET, startGateway } from '../support/gateway.ts'
import { spawnGateway } from '../support/gateway-process.ts'
import { connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'

const MIB = 1024 * 1024
const SIZE = 200 * MIB
const HUGE = 2048 * MIB
const CHUNKED_SIZE = 20 * MIB
/** The pool of pieces differs, so that pieces which are lost, doubled or swapped change the sum. */
const PIECES = Array.from({ length: 7 }, (_, index) => Buffer.alloc(MIB - index, index + 65))

function* pieces(size: number): Generator<Buffer> {
  let left = size
  for (let turn = 0; left > 0; turn += 1) {
    const piece = PIECES[turn % PIECES.length] ?? Buffer.alloc(0)
    yield piece.subarray(0, Math.min(left, piece.length))
    left -= piece.length
  }
}

function sumOf(size: number): string {
  const hash = createHash('sha1')
  for (const piece of pieces(size)) hash.update(piece)
  return hash.digest('hex')
}

/** Stores nothing: sums up what comes, and sends as much as it is asked for. */
async function startStore(t: Test) {
  return startUpstream(t, async (request, response) => {
    if (request.url?.includes('huge')) {
      await carryHuge(request, response)
      return
    }
    if (request.method === 'POST') {
      const hash = createHash('sha1')
      for await (const chunk of request) hash.update(chunk as Buffer)
      response.end(hash.digest('hex'))
      return
    }
    const chunked = request.url?.includes('chunked')
    if (!chunked) response.setHeader('Content-Length', SIZE)
    await pipeline(pieces(chunked ? CHUNKED_SIZE : SIZE), response).catch(() => {})
  })
}

/** Only counted: sums of so much would take longer than carrying it. That nothing is lost or swapped is tried with less. */
async function carryHuge(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'POST') {
    response.end(String(await bytesOf(request)))
    return
  }
  response.setHeader('Content-Length', HUGE)
  await pipeline(pieces(HUGE), response).catch(() => {})
}

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0
  for await (const chunk of stream) bytes += chunk.length
  return bytes
}

t.test('2 GiB up and 2 GiB down in flat memory', async (t) => {
  const store = await startStore(t)
  const gateway = await spawnGateway(t, {
    FILE_SERVICE_URL: store.url,
    AUTH_MODE: 'jwt',
    JWT_SECRET: SECRET,
    DATA_DIR: lastingDirectory(t),
    ADMIN_PASSWORD: 'admin'
  })
  const token = mintToken(SECRET, claimsOf('any'))
  const before = gateway.peakMiB()
  const startedAt = performance.now()

  const upload = httpRequest(`${gateway.url}/file/upload?huge`, {
    method: 'POST',
    headers: { token, 'content-length': HUGE }
  })
  const stored = once(upload, 'response')
  await pipeline(pieces(HUGE), upload)
  const [answer] = await stored
  let text = ''
  for await (const chunk of answer) text += chunk
  t.equal(text, String(HUGE), 'all of it went up')
  const afterUpload = gateway.peakMiB() - before

  const download = httpRequest(`${gateway.url}/file/download?huge`, { headers: { token } }).end()
  const [content] = await once(download, 'response')
  t.equal(await bytesOf(content), HUGE, 'all of it came down')
  const grown = gateway.peakMiB() - before

  const seconds = Math.round((performance.now() - startedAt) / 1000)
  t.comment(
    `${seconds} s; ${Math.round(afterUpload)} MiB more going up, ${Math.round(grown)} in all`
  )
  // Buffers lie around until they are collected, some 80 MiB; a body that is kept, even a tenth of it, is more.
  t.ok(grown < 200, `${grown} MiB`)
})

t.test('200 MiB up and down, with and without a length, in flat memory', async (t) => {
  const store = await startStore(t)
  const gateway = await spawnGateway(t, {
    FILE_SERVICE_URL: store.url,
    AUTH_MODE: 'jwt',
    JWT_SECRET: SECRET,
    DATA_DIR: lastingDirectory(t),
    ADMIN_PASSWORD: 'admin'
  })
  const token = mintToken(SECRET, claimsOf('any'))

  const upload = async (size: number, headers: Record<string, string | number>) => {
    const sent = httpRequest(`${gateway.url}/file/upload`, { method: 'POST', headers })
    const answered = once(sent, 'response')
    await pipeline(pieces(size), sent)
    const [response] = await answered
    let text = ''
    for await (const chunk of response) text += chunk
    return text
  }
  const download = async (query: string) => {
    const sent = httpRequest(`${gateway.url}/file/download${query}`, { headers: { token } }).end()
    const [response] = await once(sent, 'response')
    const hash = createHash('sha1')
    for await (const chunk of response) hash.update(chunk)
    return hash.digest('hex')
  }

  const before = gateway.peakMiB()
  const timed = async (name: string, size: number, work: () => Promise<string>) => {
    const startedAt = performance.now()
    t.equal(await work(), sumOf(size), name)
    const seconds = (performance.now() - startedAt) / 1000
    t.comment(`${name}: ${Math.round(size / MIB / seconds)} MiB/s`)
  }
  await timed('upload', SIZE, () => upload(SIZE, { token, 'content-length': SIZE }))
  await timed('download', SIZE, () => download(''))
  await timed('chunked upload', CHUNKED_SIZE, () =>
    upload(CHUNKED_SIZE, { token, 'transfer-encoding': 'chunked' })
  )
  await timed('chunked download', CHUNKED_SIZE, () => download('?chunked'))
  const grown = gateway.peakMiB() - before
  t.comment(`memory: ${Math.round(before)} MiB before, ${Math.round(grown)} MiB more at most`)
  // What is read from sockets lies around until it is collected; a body that is kept would be twice as much.
  t.ok(grown < 100, `${grown} MiB`)
})

t.test('a client that does not read holds the service back', async (t) => {
  let written = 0
  let stopped = false
  const upstream = await startUpstream(t, async (_request, response) => {
    response.writeHead(200, { 'Content-Length': SIZE })
    for (const piece of pieces(SIZE)) {
      if (!response.write(piece)) {
        stopped = true
        await once(response, 'drain')
        stopped = false
      }
      written += piece.length
    }
    response.end()
  })
  const { port, token } = await startGateway(t, { FILE_SERVICE_URL: upstream.url })
  const connection = await connectRaw(t, port)
  connection.socket.pause()
  connection.send(`GET /file/download HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
  let before = -1
  await until(async () => {
    const still = stopped && written === before
    before = written
    await new Promise((resolve) => setTimeout(resolve, 200))
    return still
  })
  t.ok(written < 64 * MIB, `${written / MIB} MiB are on the way`)

  connection.socket.removeAllListeners('data')
  let received = 0
  connection.socket.on('data', (chunk: Buffer) => {
    received += chunk.length
  })
  connection.socket.resume()
  await until(() => received > SIZE)
})

t.test('a service that does not read holds the client back', async (t) => {
  let start = () => {}
  let bytes = 0
  const upstream = await startUpstream(t, (request, response) => {
    start = () => {
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      request.on('end', () => response.end('done'))
    }
  })
  const { port, token } = await startGateway(t, { FILE_SERVICE_URL: upstream.url })
  const connection = await connectRaw(t, port)
  connection.send(
    `POST /file/upload HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nContent-Length: ${SIZE}\r\n\r\n`
  )
  let written = 0
  const sending = (async () => {
    for (const piece of pieces(SIZE)) {
      if (!connection.socket.write(piece)) await once(connection.socket, 'drain')
      written += piece.length
    }
  })()
  let before = -1
  await until(async () => {
    const still = written === before && written > 0
    before = written
    await new Promise((resolve) => setTimeout(resolve, 200))
    return still
  })
  t.ok(written < 64 * MIB, `${written / MIB} MiB are on the way`)
  start()
  await sending
  t.equal((await connection.answer()).body, 'done')
  t.equal(bytes, SIZE)
})
