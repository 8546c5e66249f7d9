import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { startGateway } from '../support/gateway.ts'
import { codeIn, connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'

const MIB = 1024 * 1024

t.test('100 Continue is said to those with a good token only', async (t) => {
  const upstream = await startUpstream(t, async (request, response) => {
    t.equal(request.headers.expect, undefined, 'the service is not asked')
    let text = ''
    for await (const chunk of request) text += chunk
    response.end(text)
  })
  const { port, token } = await startGateway(t, { FILE_SERVICE_URL: upstream.url })
  const head = (sent: string) =>
    `POST /file/upload HTTP/1.1\r\nHost: a\r\nToken: ${sent}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`

  const refused = await connectRaw(t, port)
  refused.send(head('nonsense'))
  const refusal = await refused.answer()
  t.equal(refusal.status, 401, 'no 100 before it')
  t.equal(refusal.headers.connection, 'close')

  const connection = await connectRaw(t, port)
  for (const turn of [1, 2]) {
    connection.send(head(token))
    t.equal((await connection.answer()).status, 100, `turn ${turn}`)
    connection.send('hello')
    const answer = await connection.answer()
    t.equal(answer.status, 200)
    t.equal(answer.body, 'hello')
  }
})

t.test('other expectations are refused', async (t) => {
  const { port, token } = await startGateway(t)
  const connection = await connectRaw(t, port)
  connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nExpect: tea\r\n\r\n`)
  const answer = await connection.answer()
  t.equal(answer.status, 417)
  t.equal(codeIn(answer), 'GATEWAY_EXPECTATION_FAILED')
})

t.test('100 Continue for a call of the gateway itself', async (t) => {
  const { port } = await startGateway(t)
  const connection = await connectRaw(t, port)
  const body = JSON.stringify({ username: 'admin', password: 'admin' })
  connection.send(
    `POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`
  )
  t.equal((await connection.answer()).status, 100)
  connection.send(body)
  t.equal((await connection.answer()).status, 200)
})

t.test('a refusal while a large body is still coming is read by the client', async (t) => {
  const { port } = await startGateway(t)
  const connection = await connectRaw(t, port)
  connection.send(`POST /file/upload HTTP/1.1\r\nHost: a\r\nContent-Length: ${64 * MIB}\r\n\r\n`)
  const piece = Buffer.alloc(MIB)
  let sent = 0
  const upload = (async () => {
    while (sent < 32 && !connection.socket.destroyed) {
      if (!connection.socket.write(piece)) {
        await Promise.race([once(connection.socket, 'drain'), connection.closed])
      }
      sent += 1
    }
  })()
  const answer = await connection.answer()
  t.equal(answer.status, 401)
  t.equal(answer.headers.connection, 'close')
  await upload
  t.equal(sent, 32, 'what the client sends is taken and thrown away, so that nothing is reset')
})

t.test('after a refusal with a small body the connection goes on', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.end('{}')
  })
  const { port, token } = await startGateway(t, { EXECUTOR_URL: upstream.url })
  const connection = await connectRaw(t, port)
  for (const turn of [1, 2, 3]) {
    connection.send('POST /executor/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n')
    t.equal((await connection.answer()).status, 401, `turn ${turn}`)
    connection.send('x'.repeat(1000))
    connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
    t.equal((await connection.answer()).status, 200)
  }
})

t.test('a body that never comes after a refusal does not keep the connection', async (t) => {
  const { port } = await startGateway(t)
  const connection = await connectRaw(t, port)
  connection.send('POST /executor/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n')
  t.equal((await connection.answer()).status, 401)
  await connection.closed
})

t.test('a service that answers before the body has come is heard', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(413, { 'Content-Type': 'application/json', 'Content-Length': 2 }).end('{}')
    request.resume()
  })
  const { port, token } = await startGateway(t, { FILE_SERVICE_URL: upstream.url })
  const connection = await connectRaw(t, port)
  connection.send(
    `POST /file/upload HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nContent-Length: ${8 * MIB}\r\n\r\n`
  )
  connection.send(Buffer.alloc(MIB))
  const answer = await connection.answer()
  t.equal(answer.status, 413)
  t.equal(answer.body, '{}')
  t.equal(answer.headers.connection, 'close')
  connection.send(Buffer.alloc(7 * MIB))
  await connection.closed
})

t.test('a service that answers and hangs up before the body has come is heard', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.end('HTTP/1.1 413 X\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port, token } = await startGateway(t, {
    FILE_SERVICE_URL: `http://127.0.0.1:${(server.address() as { port: number }).port}`
  })
  const connection = await connectRaw(t, port)
  connection.send(
    `POST /file/upload HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nContent-Length: ${8 * MIB}\r\n\r\nx`
  )
  const answer = await connection.answer()
  t.equal(answer.status, 413)
  t.equal(answer.body, '{}')
})

t.test('after a large upload the connection takes the next request', async (t) => {
  const upstream = await startUpstream(t, async (request, response) => {
    let bytes = 0
    for await (const chunk of request) bytes += (chunk as Buffer).length
    response.end(String(bytes))
  })
  const { port, token } = await startGateway(t, { FILE_SERVICE_URL: upstream.url })
  const connection = await connectRaw(t, port)
  for (const size of [3 * MIB, 0, 64 * 1024, 1, 5 * MIB, 0]) {
    connection.send(
      `POST /file/upload HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nContent-Length: ${size}\r\n\r\n`
    )
    connection.send(Buffer.alloc(size))
    t.equal((await connection.answer()).body, String(size))
  }
})

t.test('what is no request for HTTP/1.1 is refused and closed', async (t) => {
  const heard: string[] = []
  const upstream = await startUpstream(t, (request, response) => {
    heard.push(request.method ?? '')
    response.end('{}')
  })
  const { port, token } = await startGateway(t, { EXECUTOR_URL: upstream.url })
  const fields = `Host: a\r\nToken: ${token}\r\n`
  for (const [what, text, status] of [
    [
      'WebSocket',
      `GET /executor/x HTTP/1.1\r\n${fields}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      501
    ],
    [
      'h2c',
      `GET /executor/x HTTP/1.1\r\n${fields}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n\r\n`,
      501
    ],
    ['CONNECT', `CONNECT 127.0.0.1:80 HTTP/1.1\r\n${fields}\r\n`, 405],
    ['TRACE', `TRACE /executor/x HTTP/1.1\r\n${fields}\r\n`, 405],
    ['PROPFIND', `PROPFIND /executor/x HTTP/1.1\r\n${fields}\r\n`, 405],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400]
  ] as const) {
    const connection = await connectRaw(t, port)
    connection.send(text)
    const answer = await connection.answer()
    t.equal(answer.status, status, what)
    t.ok(codeIn(answer))
    if (status === 405) t.match(answer.headers.allow, /GET, HEAD, POST/)
    else await connection.closed
  }
  t.strictSame(heard, [])
})

t.test('a head that comes too slowly ends the connection', async (t) => {
  const { port } = await startGateway(t, { HEAD_TIMEOUT_MS: '150' })
  const connection = await connectRaw(t, port)
  connection.send('GET /executor/x HTTP/1.1\r\nHost: a\r\n')
  const answer = await connection.answer()
  t.equal(answer.status, 408)
  await connection.closed
})

t.test('a body for the gateway itself that comes too slowly ends the connection', async (t) => {
  const { port } = await startGateway(t, { CLIENT_IDLE_TIMEOUT_MS: '100' })
  const connection = await connectRaw(t, port)
  connection.send(
    'POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{'
  )
  await connection.closed
  t.equal(connection.rest(), '')
})
