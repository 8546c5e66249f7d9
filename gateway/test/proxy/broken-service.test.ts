import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { startGateway } from '../support/gateway.ts'
import { codeIn, connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'

/** A TCP server that does as `onRequest` says once the first bytes have come. */
async function startTcp(t: Test, onRequest: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('data', () => onRequest(socket))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

async function answersFrom(t: Test, url: string, variables: Record<string, string> = {}) {
  const { port, token } = await startGateway(t, { EXECUTOR_URL: url, ...variables })
  const connection = await connectRaw(t, port)
  return {
    connection,
    get: () => {
      connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
      return connection.answer()
    },
    post: (length: number, body: string) => {
      connection.send(
        `POST /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nContent-Length: ${length}\r\n\r\n${body}`
      )
      return connection.answer()
    }
  }
}

t.test('a service that is not there: 503, and served as soon as it is', async (t) => {
  // A short path: those of sockets may have a hundred bytes or so.
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'service.sock')
  const { get } = await answersFrom(t, `unix:${path}`)
  for (const turn of [1, 2]) {
    const answer = await get()
    t.equal(answer.status, 503, `turn ${turn}`)
    t.equal(codeIn(answer), 'GATEWAY_SERVICE_UNREACHABLE')
    t.ok(answer.headers['retry-after'], 'nothing was accepted')
    t.notMatch(answer.body, path, 'addresses are not told')
  }
  const { server } = await startUpstream(t, (_request, response) => {
    response.end('{}')
  })
  const onSocket = createServer((socket) => server.emit('connection', socket)).listen(path)
  t.teardown(() => onSocket.close())
  await once(onSocket, 'listening')
  t.equal((await get()).status, 200)
})

t.test('a port on which nobody listens: 503', async (t) => {
  const { get } = await answersFrom(t, 'http://127.0.0.1:1')
  t.equal((await get()).status, 503)
})

for (const [what, act] of [
  ['hangs up', (socket: Socket) => socket.end()],
  ['resets', (socket: Socket) => socket.resetAndDestroy()],
  ['speaks no HTTP', (socket: Socket) => socket.end('hello there\r\n\r\n')],
  ['hangs up in the middle of its head', (socket: Socket) => socket.end('HTTP/1.1 200 X\r\nA: b')],
  [
    'sends a head of 1 MB',
    (socket: Socket) => socket.end(`HTTP/1.1 200 X\r\nA: ${'b'.repeat(1_000_000)}\r\n\r\n`)
  ],
  [
    'sends two lengths',
    (socket: Socket) =>
      socket.end('HTTP/1.1 200 X\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab')
  ],
  [
    'sends a length and chunks',
    (socket: Socket) =>
      socket.end(
        'HTTP/1.1 200 X\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n'
      )
  ],
  [
    'sends a control character',
    (socket: Socket) => socket.end('HTTP/1.1 200 X\r\nA: \x01\r\n\r\n')
  ],
  [
    'changes the protocol unasked',
    (socket: Socket) =>
      socket.end('HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n')
  ]
] as const) {
  t.test(`a service that ${what}: 502, and the connection goes on`, async (t) => {
    const { get, post } = await answersFrom(t, await startTcp(t, act))
    for (const answer of [await get(), await get(), await post(2, 'hi')]) {
      t.equal(answer.status, 502)
      t.equal(codeIn(answer), 'GATEWAY_SERVICE_BROKE_OFF')
      t.notOk(answer.headers['retry-after'], 'it may have been carried out')
    }
  })
}

for (const [what, head] of [
  ['a length', 'HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nhalf'],
  ['chunks', 'HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n']
] as const) {
  t.test(`an answer with ${what} that breaks off is not passed for a whole one`, async (t) => {
    const url = await startTcp(t, (socket) => {
      socket.write(head)
      setTimeout(() => socket.resetAndDestroy(), 50)
    })
    const { connection, get } = await answersFrom(t, url)
    await t.rejects(get(), /the connection was closed after/)
    t.notMatch(connection.rest(), /0\r\n\r\n$/)
  })
}

t.test('a service that does not answer: 504 after the time for it, and it is let go', async (t) => {
  let letGo = 0
  const upstream = await startUpstream(t, (_request, response) => {
    response.on('close', () => {
      letGo += 1
    })
  })
  const { get, post } = await answersFrom(t, upstream.url, { UPSTREAM_TIMEOUT_MS: '150' })
  for (const answer of [await get(), await post(2, 'hi')]) {
    t.equal(answer.status, 504)
    t.equal(codeIn(answer), 'GATEWAY_SERVICE_TOO_SLOW')
    t.notOk(answer.headers['retry-after'], 'it may be carried out yet')
  }
  await until(() => letGo === 2)
})

t.test('a client that stops in the middle of its body: 408', async (t) => {
  let letGo = false
  const upstream = await startUpstream(t, (request, response) => {
    request.resume()
    response.on('close', () => {
      letGo = true
    })
  })
  const { post } = await answersFrom(t, upstream.url, { CLIENT_IDLE_TIMEOUT_MS: '150' })
  const answer = await post(100, 'half')
  t.equal(answer.status, 408)
  t.equal(codeIn(answer), 'GATEWAY_BODY_TOO_SLOW')
  await until(() => letGo)
})

t.test('a body may come as slowly as it likes when it does not stop', async (t) => {
  const upstream = await startUpstream(t, async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    response.end(text)
  })
  const { connection, post } = await answersFrom(t, upstream.url, {
    CLIENT_IDLE_TIMEOUT_MS: '300',
    UPSTREAM_TIMEOUT_MS: '300',
    HEAD_TIMEOUT_MS: '300'
  })
  const answer = post(10, '')
  let sent = 0
  const drip = setInterval(() => {
    connection.send('x')
    sent += 1
    if (sent === 10) clearInterval(drip)
  }, 100)
  t.teardown(() => clearInterval(drip))
  t.equal((await answer).body, 'xxxxxxxxxx')
})

t.test('an answer that stands still is cut off', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.write('half')
  })
  const { get } = await answersFrom(t, upstream.url, { STREAM_IDLE_TIMEOUT_MS: '150' })
  await t.rejects(get(), /the connection was closed after/)
})

t.test('an event stream is passed on piece by piece, longer than any timeout', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
    let count = 0
    const timer = setInterval(() => {
      count += 1
      response.write(`data: ${count}\n\n`)
      if (count === 6) response.end()
    }, 100)
    response.on('close', () => clearInterval(timer))
  })
  const { port, token } = await startGateway(t, {
    EXECUTOR_URL: upstream.url,
    STREAM_IDLE_TIMEOUT_MS: '400',
    UPSTREAM_TIMEOUT_MS: '300'
  })
  const connection = await connectRaw(t, port)
  connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
  await until(() => connection.rest().includes('data: 1'))
  t.notMatch(connection.rest(), 'data: 3', 'the first piece is here before the third is made')
  t.match((await connection.answer()).body, /data: 1\n\n.*data: 6\n\n/s)
})
