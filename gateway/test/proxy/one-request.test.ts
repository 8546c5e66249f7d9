import { once } from 'node:events'
import { createServer } from 'node:net'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { startGateway } from '../support/gateway.ts'
import { connectRaw } from '../support/raw-connection.ts'

const ANSWER = 'HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}'

/** A service that keeps the bytes it gets, and takes them for a request when a body has come as far as it is marked. */
async function startListener(t: Test) {
  let bytes = ''
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      bytes += chunk.toString('latin1')
      if (/\r\n\r\n$/.test(bytes) || /END/.test(bytes)) socket.write(ANSWER)
    })
    t.teardown(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    take: () => {
      const taken = bytes
      bytes = ''
      return taken
    }
  }
}

/** Lines that begin a request. */
const requestsIn = (bytes: string) => bytes.match(/^[A-Z]+ \S* HTTP\/1\.1\r$/gm) ?? []

const INNER = 'GET /executor/inner HTTP/1.1\r\nHost: a\r\n\r\n'
const CHUNKED = 'Transfer-Encoding: chunked\r\n'

t.test(
  'what can be read in two ways reaches the service as one request or not at all',
  async (t) => {
    const service = await startListener(t)
    const { port, token } = await startGateway(t, {
      EXECUTOR_URL: service.url,
      UPSTREAM_TIMEOUT_MS: '300',
      CLIENT_IDLE_TIMEOUT_MS: '300'
    })
    for (const [what, fields, body, reaches] of [
      ['length and chunks', `Content-Length: 5\r\n${CHUNKED}`, `0\r\n\r\n${INNER}`, 0],
      ['chunks and length', `${CHUNKED}Content-Length: 5\r\n`, `0\r\n\r\n${INNER}`, 0],
      ['two lengths', 'Content-Length: 0\r\nContent-Length: 44\r\n', INNER, 0],
      ['a length twice', 'Content-Length: 0\r\nContent-Length: 0\r\n', INNER, 0],
      ['a list of lengths', 'Content-Length: 0, 44\r\n', INNER, 0],
      ['a signed length', 'Content-Length: +44\r\n', INNER, 0],
      ['a length in 0x', 'Content-Length: 0x2c\r\n', INNER, 0],
      ['chunked is not last', 'Transfer-Encoding: chunked, gzip\r\n', `0\r\n\r\n${INNER}`, 0],
      ['chunked twice', 'Transfer-Encoding: chunked, chunked\r\n', `0\r\n\r\n${INNER}`, 0],
      [
        'two codings',
        'Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n',
        `0\r\n\r\n${INNER}`,
        0
      ],
      ['an unknown coding', 'Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${INNER}`, 0],
      ['a space before the colon', 'Transfer-Encoding : chunked\r\n', `0\r\n\r\n${INNER}`, 0],
      ['a folded field', 'X: y\r\n Content-Length: 44\r\n', INNER, 0],
      ['a folded length', 'Content-Length:\r\n 44\r\n', INNER, 0],
      ['a bare LF', `X: y\nContent-Length: 44\r\n`, INNER, 0],
      ['a bare CR', `X: y\rContent-Length: 44\r\n`, INNER, 0],
      ['NUL', `X: y\0Content-Length: 44\r\n`, INNER, 0],
      ['a chunk size in 0x', CHUNKED, `0x2\r\nhi\r\n0\r\n\r\n`, 1],
      ['a signed chunk size', CHUNKED, `+2\r\nhi\r\n0\r\n\r\n`, 1],
      ['a chunk size beyond numbers', CHUNKED, `fffffffffffffffff\r\nhi`, 1],
      ['a chunk with too much in it', CHUNKED, `1\r\nhi\r\n0\r\n\r\n`, 1],
      ['an extension that does not end', CHUNKED, `2;${'x'.repeat(100_000)}`, 1],
      ['chunks with bare LF', CHUNKED, `2\nhi\n0\n\n`, 1],
      ['an expectation of another kind', 'Expect: 200-ok\r\nContent-Length: 44\r\n', INNER, 0]
    ] as const) {
      const connection = await connectRaw(t, port)
      connection.send(
        `POST /executor/outer HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n${fields}\r\n${body}`
      )
      // Whatever it says, it takes nothing more from a connection on which it no longer knows where it is.
      connection.socket.end()
      await connection.closed
      const bytes = service.take()
      t.ok(requestsIn(bytes).length <= reaches, what, { found: bytes.slice(0, 2000) })
      t.notMatch(bytes, 'inner', what)
      t.notMatch(connection.rest(), 'HTTP/1.1 200', what)
    }
  }
)

t.test(
  'chunks are written anew: extensions and trailers of the client go no further',
  async (t) => {
    const service = await startListener(t)
    const { port, token } = await startGateway(t, { EXECUTOR_URL: service.url })
    const connection = await connectRaw(t, port)
    connection.send(
      `POST /executor/outer HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n${CHUNKED}Trailer: X-T\r\n\r\n` +
        `3;a="b\\"c";d\r\nTHE\r\n0004\r\n END\r\n0;z\r\nX-T: Content-Length: 9\r\n\r\n`
    )
    t.equal((await connection.answer()).status, 200)
    let bytes = ''
    await until(() => {
      bytes += service.take()
      return bytes.endsWith('0\r\n\r\n')
    })
    t.equal(requestsIn(bytes).length, 1)
    const [head = '', ...rest] = bytes.split('\r\n\r\n')
    t.match(head, /\r\ntransfer-encoding: chunked(\r\n|$)/i)
    t.notMatch(head, /content-length|trailer/i)
    t.equal(
      rest.join('\r\n\r\n').replace(/[0-9a-f]+\r\n|\r\n/g, ''),
      'THE END',
      'nothing but the body'
    )
  }
)

t.test('nothing that a client says becomes a line of its own', async (t) => {
  const service = await startListener(t)
  const { port, token } = await startGateway(t, { EXECUTOR_URL: service.url, TRUST_PROXY: 'true' })
  for (const [name, value] of [
    ['X-Request-Id', 'a%0d%0aX-Injected: 1'],
    ['X-Request-Id', 'a X-Injected: 1'],
    ['X-Forwarded-For', '1.2.3.4\tX-Injected: 1'],
    ['X-Forwarded-Host', 'a\tX-Injected: 1'],
    ['X-Forwarded-Proto', 'http\tX-Injected: 1'],
    ['Traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\tX-Injected: 1'],
    ['Tracestate', 'a=\tX-Injected: 1'],
    // What a careless reader would cut down to CR and LF.
    ['X-Wide', '\u00e5\u0098\u008d\u00e5\u0098\u008aX-Injected: 1']
  ] as const) {
    const connection = await connectRaw(t, port)
    connection.send(
      `GET /executor/x?a=%0d%0aX-Injected:%201 HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n${name}: ${value}\r\n\r\n`
    )
    const answer = await connection.answer()
    t.equal(answer.status, 200)
    const lines = service.take().split('\r\n')
    t.notOk(
      lines.some((line) => /^x-injected/i.test(line)),
      name
    )
    t.notOk(
      lines.some((line) => /[\r\n]/.test(line)),
      name
    )
    t.equal(answer.headers['x-injected'], undefined)
  }
})

t.test('nothing that a service says becomes a second answer', async (t) => {
  for (const [what, bytes] of [
    [
      'a bare CR in a field',
      'HTTP/1.1 200 X\r\nA: b\rX-Injected: 1\r\nContent-Length: 2\r\n\r\n{}'
    ],
    [
      'a bare LF in a field',
      'HTTP/1.1 200 X\r\nA: b\nX-Injected: 1\r\nContent-Length: 2\r\n\r\n{}'
    ],
    ['NUL in a field', 'HTTP/1.1 200 X\r\nA: b\0\r\nContent-Length: 2\r\n\r\n{}'],
    ['a folded field', 'HTTP/1.1 200 X\r\nA: b\r\n X-Injected: 1\r\nContent-Length: 2\r\n\r\n{}'],
    [
      'a second answer',
      `${ANSWER}HTTP/1.1 200 X\r\nX-Injected: 1\r\nContent-Length: 6\r\n\r\nsecond`
    ]
  ] as const) {
    const server = createServer((socket) => {
      socket.on('error', () => {}).on('data', () => socket.write(bytes, 'latin1'))
      t.teardown(() => socket.destroy())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const { port: at } = server.address() as { port: number }
    const { port, token } = await startGateway(t, { EXECUTOR_URL: `http://127.0.0.1:${at}` })
    const connection = await connectRaw(t, port)
    for (const turn of [1, 2, 3]) {
      connection.send(`GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
      const answer = await connection.answer()
      t.ok([200, 502].includes(answer.status), `${what}, turn ${turn}`)
      t.equal(answer.headers['x-injected'], undefined, what)
      t.notMatch(answer.body, 'second', what)
    }
    t.equal(connection.rest(), '', what)
  }
})
