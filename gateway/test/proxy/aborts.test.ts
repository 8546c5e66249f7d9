import { once } from 'node:events'
import { createConnection } from 'node:net'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { startGateway } from '../support/gateway.ts'
import { connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'

const AT_ONCE = 25
const ROUNDS = 10
const CONNECTIONS = 8

/** How a client leaves: what it has sent before, and how many requests of it the service hears at most. */
const WAYS = (token: string): readonly (readonly [string, string])[] => {
  const head = (path: string, fields = '') =>
    `${path} HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n${fields}\r\n`
  return [
    ['nothing sent', ''],
    ['half a head', 'GET /executor/silent HTTP/1.1\r\nHost:'],
    ['before the answer', head('GET /executor/silent')],
    ['in the answer', head('GET /executor/endless')],
    ['in an upload', `${head('POST /executor/silent', 'Content-Length: 1000\r\n')}half`],
    [
      'in an upload that is answered',
      `${head('POST /executor/early', 'Content-Length: 99999\r\n')}x`
    ],
    ['in chunks', `${head('POST /executor/silent', 'Transfer-Encoding: chunked\r\n')}5\r\nhel`],
    ['in nonsense', `${head('POST /executor/silent', 'Transfer-Encoding: chunked\r\n')}zz\r\n`],
    ['in an event stream', head('GET /executor/v2/events')],
    ['several at once', head('GET /executor/endless').repeat(4)],
    [
      'before 100 Continue is used',
      head('POST /executor/x', 'Expect: 100-continue\r\nContent-Length: 9\r\n')
    ],
    ['without a token', 'POST /executor/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nx'],
    ['at an upgrade', head('GET /executor/x', 'Connection: upgrade\r\nUpgrade: websocket\r\n')]
  ]
}

/** Connects, sends, and resets the connection after some turns of the event loop. */
async function leave(port: number, sent: string, turns: number): Promise<void> {
  const socket = createConnection(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  if (sent !== '') socket.write(sent)
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  if (turns % 2) socket.destroy()
  else socket.resetAndDestroy()
  await new Promise((resolve) => socket.once('close', resolve))
}

async function startService(t: Test) {
  const service = await startUpstream(t, (request, response) => {
    request.on('error', () => {})
    const { url = '' } = request
    if (url.endsWith('early')) response.writeHead(413, { 'Content-Length': 2 }).end('no')
    else if (url.endsWith('endless')) response.writeHead(200).write('x'.repeat(1000))
    else if (url.endsWith('events')) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('id: 1\n\n')
    } else if (url.endsWith('silent')) request.resume()
    else response.end('{}')
  })
  let open = 0
  service.server.on('connection', (socket) => {
    open += 1
    socket.once('close', () => {
      open -= 1
    })
  })
  return { url: service.url, open: () => open }
}

const count = (kind: string) =>
  process.getActiveResourcesInfo().filter((one) => one === kind).length

t.test('thousands of clients that leave at any moment leave nothing behind', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const service = await startService(t)
  const { port, token, app } = await startGateway(t, {
    EXECUTOR_URL: service.url,
    UPSTREAM_CONNECTIONS: String(CONNECTIONS),
    UPSTREAM_STREAMS: String(CONNECTIONS),
    // None is left to the clock.
    UPSTREAM_TIMEOUT_MS: '600000',
    STREAM_IDLE_TIMEOUT_MS: '600000',
    CLIENT_IDLE_TIMEOUT_MS: '600000'
  })
  const open = () =>
    new Promise<number>((resolve) => app.server.getConnections((_error, number) => resolve(number)))
  const serves = async () => {
    const connection = await connectRaw(t, port)
    for (let turn = 0; turn < CONNECTIONS + 1; turn += 1) {
      connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
      const answer = await connection.answer()
      if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`)
    }
    connection.socket.destroy()
    await until('nobody is connected', async () => (await open()) === 0)
  }
  await serves()
  const before = { timers: count('Timeout'), sockets: count('TCPSocketWrap') }
  let left = 0
  for (const [how, sent] of WAYS(token)) {
    for (let round = 0; round < ROUNDS; round += 1) {
      const clients = Array.from({ length: AT_ONCE }, (_, turns) => leave(port, sent, turns % 7))
      await Promise.all(clients)
      left += clients.length
    }
    await until(`${how}: all have gone`, async () => (await open()) === 0)
    await until(`${how}: the service is left`, () => service.open() <= 2 * CONNECTIONS)
    await serves()
  }
  t.ok(left > 3000, `${left} clients`)
  // A connection to the service has two ends here.
  const most = before.sockets + 2 * 2 * CONNECTIONS
  await until('no socket is left', () => count('TCPSocketWrap') <= most)
  await until('no timer is left', () => count('Timeout') <= before.timers + 2 * CONNECTIONS)
  t.strictSame(warnings, [], 'no listener too many')
})

t.test('a service that always breaks off costs no connection for good', async (t) => {
  let asked = 0
  const service = await startUpstream(t, (request, response) => {
    asked += 1
    request.on('error', () => {}).resume()
    if (asked % 3 === 0) request.socket.resetAndDestroy()
    else if (asked % 3 === 1) {
      response.writeHead(200, { 'Content-Length': 1000 }).write('half')
      setImmediate(() => request.socket.resetAndDestroy())
    } else response.end('{}')
  })
  const { port, token } = await startGateway(t, {
    EXECUTOR_URL: service.url,
    UPSTREAM_CONNECTIONS: '2',
    UPSTREAM_QUEUE: '100'
  })
  const statuses = new Set<number | string>()
  const one = async (body: string) => {
    const connection = await connectRaw(t, port)
    connection.send(
      `POST /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    )
    const { status } = await connection.answer().catch(() => ({ status: 'cut' }))
    statuses.add(status)
    connection.socket.destroy()
  }
  for (let round = 0; round < 60; round += 1) {
    await Promise.all(Array.from({ length: 20 }, () => one(round % 2 ? 'hello' : '')))
  }
  t.equal(asked, 1200, 'each was sent once: none is repeated, none is lost')
  t.strictSame([...statuses].sort(), [200, 502, 'cut'])
})
