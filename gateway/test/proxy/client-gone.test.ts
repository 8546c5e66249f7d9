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
  const upstream = await startUpstream(t, () => {})
  const { port, token } = await startGateway(t, {
    EXECUTOR_URL: upstream.url,
    UPSTREAM_CONNECTIONS: '1',
    UPSTREAM_TIMEOUT_MS: '200'
  })
  const codes: string[] = []
  await Promise.all(
    [1, 2].map(async () => {
      const connection = await connectRaw(t, port)
      connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
      codes.push(codeIn(await connection.answer()))
    })
  )
  t.strictSame(codes.sort(), ['GATEWAY_SERVICE_BUSY', 'GATEWAY_SERVICE_TOO_SLOW'])
})

function connections(server: {
  getConnections(done: (error: Error | null, count: number) => void): unknown
}) {
  return new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
}
