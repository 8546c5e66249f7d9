import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { openEmbeddedSessionStore } from '../../src/adapters/embedded-session-store.ts'
import { startGateway } from '../support/gateway.ts'
import { codeIn, connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'

const closeOf = (emitter: EventEmitter) => new Promise((resolve) => emitter.once('close', resolve))

type Seen = { request: IncomingMessage; response: ServerResponse; gone: Promise<unknown> }

t.test('a client that leaves before the answer is noticed by the service', async (t) => {
  const seen: Seen[] = []
  const upstream = await startUpstream(t, (request, response) => {
    seen.push({ request, response, gone: closeOf(response) })
  })
  const { port, token } = await startGateway(t, { EXECUTOR_URL: upstream.url })
  const connection = await connectRaw(t, port)
  connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
  await until(() => seen.length === 1)
  connection.socket.destroy()
  await seen[0]?.gone
})

t.test('a client that leaves in the middle of an upload is noticed by the service', async (t) => {
  const seen: Seen[] = []
  const upstream = await startUpstream(t, (request, response) => {
    request.on('error', () => {}).resume()
    seen.push({ request, response, gone: closeOf(request) })
  })
  const { port, token } = await startGateway(t, { FILE_SERVICE_URL: upstream.url })
  const connection = await connectRaw(t, port)
  connection.send(
    `POST /file/upload HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nContent-Length: 1000\r\n\r\nhalf`
  )
  await until(() => seen.length === 1)
  connection.socket.destroy()
  await seen[0]?.gone
  t.equal(seen[0]?.request.complete, false, 'half a body is never passed for a whole one')
})

t.test('a client that leaves in the middle of a chunked upload too', async (t) => {
  const seen: Seen[] = []
  const upstream = await startUpstream(t, (request, response) => {
    request.on('error', () => {}).resume()
    seen.push({ request, response, gone: closeOf(request) })
  })
  const { port, token } = await startGateway(t, { FILE_SERVICE_URL: upstream.url })
  const connection = await connectRaw(t, port)
  connection.send(
    `POST /file/upload HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`
  )
  await until(() => seen.length === 1)
  connection.socket.end()
  await seen[0]?.gone
  t.equal(seen[0]?.request.complete, false)
})

t.test('a client that leaves in the middle of a download is noticed by the service', async (t) => {
  const seen: Seen[] = []
  const upstream = await startUpstream(t, (request, response) => {
    response.write('half')
    seen.push({ request, response, gone: closeOf(response) })
  })
  const { port, token } = await startGateway(t, { FILE_SERVICE_URL: upstream.url })
  const connection = await connectRaw(t, port)
  connection.send(`GET /file/download HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
  await until(() => connection.rest().includes('half'))
  connection.socket.destroy()
  await seen[0]?.gone
})

t.test('requests sent one behind the other are all given up with their client', async (t) => {
  const seen: Seen[] = []
  const upstream = await startUpstream(t, (request, response) => {
    request.resume()
    seen.push({ request, response, gone: closeOf(response) })
  })
  const { port, token } = await startGateway(t, { EXECUTOR_URL: upstream.url })
  const connection = await connectRaw(t, port)
  const head = `/executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n`
  connection.send(`GET ${head}\r\nPOST ${head}Content-Length: 2\r\n\r\nhiGET ${head}\r\n`.repeat(5))
  await until(() => seen.length === 15)
  connection.socket.destroy()
  await Promise.all(seen.map(({ gone }) => gone))
})

t.test('those who leave the queue leave their places to others', async (t) => {
  const seen: Seen[] = []
  const upstream = await startUpstream(t, (request, response) => {
    seen.push({ request, response, gone: closeOf(response) })
  })
  const { port, token, app } = await startGateway(t, {
    EXECUTOR_URL: upstream.url,
    UPSTREAM_CONNECTIONS: '1',
    UPSTREAM_QUEUE: '3'
  })
  const get = async () => {
    const connection = await connectRaw(t, port)
    connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
    return connection
  }
  const first = await get()
  await until(() => seen.length === 1)
  for (let round = 0; round < 20; round += 1) {
    const waiting = await Promise.all([get(), get(), get()])
    const refused = await get()
    await until('one of the four is refused', () =>
      [...waiting, refused].some((one) => one.rest().includes('GATEWAY_SERVICE_BUSY'))
    )
    for (const { socket } of [...waiting, refused]) socket.destroy()
    await until(async () => (await connections(app.server)) === 1)
  }
  const last = await get()
  seen[0]?.response.end('1')
  t.equal((await first.answer()).body, '1')
  await until(() => seen.length === 2)
  seen[1]?.response.end('2')
  t.equal((await last.answer()).body, '2')
  t.equal(seen.length, 2, 'nobody else was ever sent to the service')
})

t.test('an upload that was refused in the queue is still taken from the client', async (t) => {
  const seen: Seen[] = []
  const upstream = await startUpstream(t, (request, response) => {
    seen.push({ request, response, gone: closeOf(response) })
  })
  const { port, token, app } = await startGateway(t, {
    FILE_SERVICE_URL: upstream.url,
    UPSTREAM_CONNECTIONS: '1',
    CLIENT_IDLE_TIMEOUT_MS: '1000'
  })
  const first = await connectRaw(t, port)
  first.send(`GET /file/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
  await until(() => seen.length === 1)
  const upload = await connectRaw(t, port)
  let taken = false
  app.server.once('request', (incoming: IncomingMessage) =>
    incoming.once('end', () => {
      taken = true
    })
  )
  const size = 32 * 1024 * 1024
  upload.send(
    `POST /file/upload HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nContent-Length: ${size}\r\n\r\n`
  )
  upload.socket.write(Buffer.alloc(size))
  const answer = await upload.answer()
  t.equal(codeIn(answer), 'GATEWAY_SERVICE_BUSY')
  await until('all of it was taken', () => taken)
})

t.test('more requests at once than the gateway takes: 503, but for health', async (t) => {
  const seen: Seen[] = []
  const upstream = await startUpstream(t, (request, response) => {
    seen.push({ request, response, gone: closeOf(response) })
  })
  const { port, token } = await startGateway(t, {
    EXECUTOR_URL: upstream.url,
    FILE_SERVICE_URL: upstream.url,
    MAX_REQUESTS: '2'
  })
  const get = async (path: string, fields = `Token: ${token}\r\n`) => {
    const connection = await connectRaw(t, port)
    connection.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)
    return connection
  }
  const [one, two] = [await get('/executor/1'), await get('/file/2')]
  await until(() => seen.length === 2)
  for (const path of ['/executor/3', '/auth/me']) {
    const refused = await (await get(path)).answer()
    t.equal(refused.status, 503)
    t.equal(codeIn(refused), 'GATEWAY_BUSY')
    t.ok(refused.headers['retry-after'])
  }
  t.equal((await (await get('/executor/3', '')).answer()).status, 401, 'strangers are not told')
  t.equal((await (await get('/live')).answer()).status, 200)
  t.equal((await (await get('/ready')).answer()).status, 200)
  seen[0]?.response.end()
  seen[1]?.response.end()
  t.equal((await one.answer()).status, 200)
  t.equal((await two.answer()).status, 200)
  const after = await get('/executor/4')
  await until(() => seen.length === 3)
  seen[2]?.response.end()
  t.equal((await after.answer()).status, 200)
})

t.test('a call whose client left while it waited for its turn is never made', async (t) => {
  const seen: Seen[] = []
  const upstream = await startUpstream(t, (request, response) => {
    seen.push({ request, response, gone: closeOf(response) })
  })
  const { port, token, app } = await startGateway(t, {
    EXECUTOR_URL: upstream.url,
    UPSTREAM_CONNECTIONS: '1'
  })
  const get = async (path: string) => {
    const connection = await connectRaw(t, port)
    connection.send(`GET ${path} HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
    return connection
  }
  const first = await get('/executor/first')
  await until(() => seen.length === 1)
  const second = await get('/executor/second')
  const third = await get('/executor/third')
  await until(async () => (await connections(app.server)) === 3)
  second.socket.destroy()
  await until(async () => (await connections(app.server)) === 2)
  seen[0]?.response.end('1')
  t.equal((await first.answer()).body, '1')
  await until(() => seen.length === 2)
  seen[1]?.response.end('3')
  t.equal((await third.answer()).body, '3')
  t.strictSame(
    seen.map(({ request }) => request.url),
    ['/executor/first', '/executor/third']
  )
})

t.test(
  'a client that leaves while its session is looked up costs the service nothing',
  async (t) => {
    let heard = 0
    const upstream = await startUpstream(t, (_request, response) => {
      heard += 1
      response.end()
    })
    let find = () => {}
    let asked = 0
    const { port, token, app } = await startGateway(
      t,
      { EXECUTOR_URL: upstream.url },
      {
        sessions: {
          ...(await openEmbeddedSessionStore(join(t.testdir(), 'sessions.json'))),
          find: () => {
            asked += 1
            return new Promise((resolve) => {
              find = () => resolve({ roles: ['operator'] })
            })
          }
        }
      }
    )
    const connection = await connectRaw(t, port)
    connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
    await until(() => asked === 1)
    connection.socket.destroy()
    await until(async () => (await connections(app.server)) === 0)
    find()
    await new Promise((resolve) => setImmediate(resolve))
    t.equal(heard, 0)
  }
)

t.test('more calls than may wait are refused, the rest is served', async (t) => {
  const seen: Seen[] = []
  const upstream = await startUpstream(t, (request, response) => {
    seen.push({ request, response, gone: closeOf(response) })
  })
  const { port, token } = await startGateway(t, {
    EXECUTOR_URL: upstream.url,
    UPSTREAM_CONNECTIONS: '1',
    UPSTREAM_QUEUE: '1'
  })
  const get = async () => {
    const connection = await connectRaw(t, port)
    connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
    return connection
  }
  const first = await get()
  await until(() => seen.length === 1)
  // Whichever of the two comes first waits, the other is refused.
  const others = [await get(), await get()]
  const refused = await Promise.race(
    others.map(async (other) => [other, await other.answer()] as const)
  )
  t.equal(codeIn(refused[1]), 'GATEWAY_SERVICE_BUSY')
  t.ok(refused[1].headers['retry-after'])
  seen[0]?.response.end('1')
  t.equal((await first.answer()).status, 200)
  await until(() => seen.length === 2)
  seen[1]?.response.end('2')
})

t.test('a call that waits for its turn too long is refused: nothing was accepted', async (t) => {
  let calls = 0
  // An answer that has begun, and goes on, keeps the only connection.
  const upstream = await startUpstream(t, (_request, response) => {
    calls += 1
    response.flushHeaders()
    const timer = setInterval(() => response.write('.'), 20)
    response.once('close', () => clearInterval(timer))
  })
  const { port, token } = await startGateway(t, {
    EXECUTOR_URL: upstream.url,
    UPSTREAM_CONNECTIONS: '1',
    UPSTREAM_TIMEOUT_MS: '200'
  })
  const ask = async () => {
    const connection = await connectRaw(t, port)
    connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
    return connection
  }
  await ask()
  await until('the connection is taken', () => calls === 1)
  const second = await ask()
  t.equal(codeIn(await second.answer()), 'GATEWAY_SERVICE_BUSY')
  t.equal(calls, 1)
})

function connections(server: {
  getConnections(done: (error: Error | null, count: number) => void): unknown
}) {
  return new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
}
