import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { startGateway } from '../support/gateway.ts'
import { connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'

async function readAll(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

/** A service that says what it got, and counts its connections. */
async function startEcho(t: Test) {
  const upstream = await startUpstream(t, async (request, response) => {
    const body = await readAll(request)
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers
    response.setHeader('Content-Type', 'application/json')
    response.setHeader('X-Method', request.method ?? '')
    const text = JSON.stringify({ method: request.method, body, length, coding })
    response.setHeader('Content-Length', text.length)
    response.end(text)
  })
  let connections = 0
  upstream.server.on('connection', () => {
    connections += 1
  })
  return { url: upstream.url, connections: () => connections }
}

t.test('every method, with and without a body, on one connection each way', async (t) => {
  const echo = await startEcho(t)
  const { port, token } = await startGateway(t, { EXECUTOR_URL: echo.url })
  const connection = await connectRaw(t, port)
  const head = (method: string) =>
    `${method} /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n`
  for (const [method, request, expected] of [
    ['GET', '\r\n', { body: '' }],
    ['GET', 'Content-Length: 0\r\n\r\n', { body: '' }],
    ['GET', 'Content-Length: 5\r\n\r\nhello', { body: 'hello', length: '5' }],
    ['POST', 'Content-Length: 5\r\n\r\nhello', { body: 'hello', length: '5' }],
    ['POST', 'Content-Length: 0\r\n\r\n', { body: '', length: '0' }],
    ['POST', '\r\n', { body: '', length: '0' }],
    [
      'POST',
      'Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nX-End: 1\r\n\r\n',
      { body: 'hello', coding: 'chunked' }
    ],
    ['POST', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n', { body: '', length: '0' }],
    ['PUT', 'Content-Length: 2\r\n\r\nhi', { body: 'hi', length: '2' }],
    ['PATCH', 'Content-Length: 2\r\n\r\nhi', { body: 'hi', length: '2' }],
    ['DELETE', '\r\n', { body: '' }],
    ['DELETE', 'Content-Length: 2\r\n\r\nhi', { body: 'hi', length: '2' }],
    ['OPTIONS', '\r\n', { body: '' }],
    ['GET', '\r\n', { body: '' }]
  ] as const) {
    connection.send(head(method) + request)
    const answer = await connection.answer()
    t.equal(answer.status, 200, `${method} ${JSON.stringify(request)}`)
    t.strictSame(JSON.parse(answer.body), { method, ...expected })
    connection.send(`${head('HEAD')}\r\n`)
    const toHead = await connection.answer({ toHead: true })
    t.equal(toHead.headers['x-method'], 'HEAD')
    t.ok(Number(toHead.headers['content-length']) > 0, 'as long as GET would say')
  }
  t.equal(connection.rest(), '')
  t.equal(echo.connections(), 1, 'HEAD and bodies do not cost a connection')
})

t.test('requests sent one behind the other are answered in order', async (t) => {
  const echo = await startEcho(t)
  const { port, token } = await startGateway(t, { EXECUTOR_URL: echo.url })
  const connection = await connectRaw(t, port)
  const bodies = ['one', 'two', 'three']
  connection.send(
    bodies
      .map(
        (body) =>
          `POST /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      )
      .join('')
  )
  for (const body of bodies) t.equal(JSON.parse((await connection.answer()).body).body, body)
})

t.test('an HTTP/1.0 client gets a body without chunks', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.write('a')
    response.end('b')
  })
  const { port, token } = await startGateway(t, { EXECUTOR_URL: upstream.url })
  const connection = await connectRaw(t, port)
  connection.send(`GET /executor/x HTTP/1.0\r\nToken: ${token}\r\n\r\n`)
  const answer = await connection.answer()
  t.equal(answer.headers['transfer-encoding'], undefined)
  t.equal(answer.body, 'ab')
})

/** A service that sends exactly these bytes for each request. */
async function startBytes(t: Test, bytes: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('data', () => socket.write(bytes, 'latin1')).on('error', () => {})
    t.teardown(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

for (const [what, bytes, status, body] of [
  ['304 with a length', 'HTTP/1.1 304 X\r\nContent-Length: 9\r\nETag: "a"\r\n\r\n', 304, ''],
  ['304', 'HTTP/1.1 304 X\r\nETag: "a"\r\n\r\n', 304, ''],
  ['204', 'HTTP/1.1 204 X\r\n\r\n', 204, ''],
  ['an empty body', 'HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n', 200, ''],
  [
    'an empty chunked body',
    'HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    200,
    ''
  ],
  [
    'early hints first',
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nhi',
    200,
    'hi'
  ],
  ['an unusual status', 'HTTP/1.1 299 X\r\nContent-Length: 2\r\n\r\nhi', 299, 'hi'],
  ['an error', 'HTTP/1.1 500 X\r\nContent-Length: 2\r\n\r\nhi', 500, 'hi']
] as const) {
  t.test(`${what} from a service reaches the client, whose connection goes on`, async (t) => {
    const { port, token } = await startGateway(t, { EXECUTOR_URL: await startBytes(t, bytes) })
    const connection = await connectRaw(t, port)
    for (const turn of [1, 2, 3]) {
      connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
      const answer = await connection.answer()
      t.equal(answer.status, status, `turn ${turn}`)
      t.equal(answer.body, body)
      t.equal(answer.headers.link, undefined)
    }
    t.equal(connection.rest(), '')
  })
}

t.test('a body that ends with the connection is a body', async (t) => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 X\r\n\r\nhello')).on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port, token } = await startGateway(t, {
    EXECUTOR_URL: `http://127.0.0.1:${(server.address() as { port: number }).port}`
  })
  const connection = await connectRaw(t, port)
  for (const turn of [1, 2]) {
    connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
    t.equal((await connection.answer()).body, 'hello', `turn ${turn}`)
  }
})
