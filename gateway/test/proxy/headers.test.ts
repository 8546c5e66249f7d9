import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import t from 'tap'
import { startGateway } from '../support/gateway.ts'
import { codeIn, connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'

t.test('fields of one connection stay on that connection', async (t) => {
  let heard: IncomingMessage | undefined
  const upstream = await startUpstream(t, (request, response) => {
    heard = request
    response.end('{}')
  })
  const { port, token } = await startGateway(t, { EXECUTOR_URL: upstream.url })
  const connection = await connectRaw(t, port)
  connection.send(
    [
      'GET /executor/running HTTP/1.1',
      'Host: gateway.example:8080',
      `Token: ${token}`,
      'Connection: keep-alive, X-Mine, x-forwarded-for, content-type',
      'X-Mine: a',
      'Keep-Alive: timeout=1',
      'TE: trailers',
      'Trailer: X-End',
      'Proxy-Authorization: Basic YTpi',
      'Proxy-Connection: keep-alive',
      'Proxy-Anything: a',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
      'Content-Type: text/plain',
      'X-Forwarded-For: 10.0.0.1, 10.0.0.2',
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: gopher',
      'Cookie: a=b',
      'X-Twice: 1',
      'X-Twice: 2',
      'Caf\u00e9: no'.replace('\u00e9', 'e'),
      'X-Bytes: \u00e6\u0097\u00a5',
      'X-Request-Id: call-7',
      '',
      ''
    ].join('\r\n')
  )
  const answer = await connection.answer()
  t.equal(answer.status, 200)
  t.equal(answer.headers['x-request-id'], 'call-7')
  const traceparent = heard?.headers.traceparent
  t.match(traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/, 'a trace of its own')
  t.strictSame(heard?.headers, {
    traceparent,
    host: 'gateway.example:8080',
    connection: 'keep-alive',
    token,
    'content-type': 'text/plain',
    cookie: 'a=b',
    'x-twice': '1, 2',
    cafe: 'no',
    'x-bytes': '\u00e6\u0097\u00a5',
    'x-request-id': 'call-7',
    'x-forwarded-for': '10.0.0.1, 10.0.0.2, 127.0.0.1',
    'x-forwarded-host': 'gateway.example:8080',
    'x-forwarded-proto': 'http'
  })
})

t.test('the service sees the very token that was checked, whatever Connection names', async (t) => {
  let heard: IncomingMessage | undefined
  const upstream = await startUpstream(t, (request, response) => {
    heard = request
    response.end('{}')
  })
  const { port, token } = await startGateway(t, { EXECUTOR_URL: upstream.url })
  const looked = {
    token,
    authorization: 'Bearer b',
    cookie: 'token=c',
    origin: 'http://a',
    'sec-fetch-site': 'cross-site',
    'x-requested-with': 'x'
  }
  const connection = await connectRaw(t, port)
  const fields = Object.entries(looked).map(([name, value]) => `${name}: ${value}\r\n`)
  connection.send(
    `GET /executor/running HTTP/1.1\r\nHost: a\r\nConnection: ${Object.keys(looked)}\r\n${fields.join('')}\r\n`
  )
  t.equal((await connection.answer()).status, 200)
  t.match(heard?.headers, looked)
})

t.test('with TRUST_PROXY the peer says which host and scheme the client used', async (t) => {
  let heard: IncomingMessage | undefined
  const upstream = await startUpstream(t, (request, response) => {
    heard = request
    response.end('{}')
  })
  const { port, token } = await startGateway(t, {
    EXECUTOR_URL: upstream.url,
    TRUST_PROXY: 'true'
  })
  const connection = await connectRaw(t, port)
  connection.send(
    `GET /executor/running HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: jobs.example\r\n\r\n`
  )
  t.equal((await connection.answer()).status, 200)
  t.equal(heard?.headers['x-forwarded-proto'], 'https')
  t.equal(heard?.headers['x-forwarded-host'], 'jobs.example')
})

t.test('a request id that is not sane is replaced, everywhere by the same', async (t) => {
  let heard: IncomingMessage | undefined
  const upstream = await startUpstream(t, (request, response) => {
    heard = request
    response.setHeader('X-Request-Id', 'of-the-service')
    response.end('{}')
  })
  const { port, token } = await startGateway(t, { EXECUTOR_URL: upstream.url })
  const connection = await connectRaw(t, port)
  for (const id of ['', 'a b', '"', '{}', 'x'.repeat(129)]) {
    connection.send(
      `GET /executor/running HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nX-Request-Id: ${id}\r\n\r\n`
    )
    const { headers } = await connection.answer()
    t.match(headers['x-request-id'], /^[0-9a-f-]{36}$/)
    t.equal(heard?.headers['x-request-id'], headers['x-request-id'])
  }
})

t.test('fields of the service’s connection do not reach the client', async (t) => {
  const upstream = createServer((socket) => {
    socket.once('data', () => {
      socket.write(
        [
          'HTTP/1.1 200 Fine',
          'Connection: keep-alive, X-Hop',
          'Keep-Alive: timeout=77',
          'X-Hop: a',
          'Proxy-Authenticate: Basic',
          'Proxy-Status: x',
          'Trailer: X-End',
          'Transfer-Encoding: chunked',
          'Set-Cookie: a=1',
          'Set-Cookie: b=2',
          'Content-Disposition: attachment; filename="\u00e6\u0097\u00a5"',
          'X-Request-Id: of-the-service',
          '',
          '2\r\nhi\r\n0\r\nX-End: 1\r\n\r\n'
        ].join('\r\n'),
        'latin1'
      )
    })
    socket.on('error', () => {})
    t.teardown(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => upstream.close())
  const address = upstream.address() as { port: number }
  const { port, token } = await startGateway(t, {
    EXECUTOR_URL: `http://127.0.0.1:${address.port}`
  })
  const connection = await connectRaw(t, port)
  connection.send(
    `GET /executor/running HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nX-Request-Id: mine\r\n\r\n`
  )
  const { headers, body } = await connection.answer()
  t.equal(body, 'hi')
  delete headers.date
  t.strictSame(headers, {
    'set-cookie': 'a=1, b=2',
    'content-disposition': 'attachment; filename="\u00e6\u0097\u00a5"',
    'x-request-id': 'mine',
    connection: 'keep-alive',
    'keep-alive': 'timeout=75',
    'transfer-encoding': 'chunked'
  })
})

t.test('heads that could be read in two ways, or are too large, are refused', async (t) => {
  const { port, token } = await startGateway(t, { EXECUTOR_URL: 'http://127.0.0.1:1' })
  const head = (fields: string) => `GET /executor/running HTTP/1.1\r\n${fields}\r\n\r\n`
  for (const [what, text, status] of [
    ['no Host', head(`Token: ${token}`), 400],
    ['two Hosts', head('Host: a\r\nhost: b'), 400],
    ['200 fields', head(`Host: a\r\n${'X: y\r\n'.repeat(200)}Y: z`), 431],
    ['20 KiB', head(`Host: a\r\nX: ${'y'.repeat(20_000)}`), 431],
    ['a long path', `GET /executor/${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    ['gzip as a transfer coding', head('Host: a\r\nTransfer-Encoding: gzip, chunked'), 501],
    ['length and chunked', head('Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked'), 400],
    ['two lengths', head('Host: a\r\nContent-Length: 3\r\nContent-Length: 4'), 400],
    ['a folded field', head('Host: a\r\nX: y\r\n z'), 400],
    ['a space before the colon', head('Host : a'), 400],
    ['a bare LF', 'GET /executor/running HTTP/1.1\nHost: a\n\n', 400],
    ['NUL in a field', head('Host: a\r\nX: \0'), 400],
    ['no HTTP', 'hello\r\n\r\n', 400]
  ] as const) {
    const connection = await connectRaw(t, port)
    connection.send(text)
    const answer = await connection.answer()
    t.equal(answer.status, status, what)
    t.ok(codeIn(answer), what)
  }
})
