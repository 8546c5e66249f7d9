import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { discardLeftover, readLeftovers } from '../src/leftover-body.ts'

const HEAD = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n'

/** A connection on which anything can be sent, ended with the test. */
async function openRaw(t: Test, port: number) {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  t.teardown(() => socket.destroy())
  const closed = new Promise((resolve) => socket.once('close', resolve))
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
  })
  return {
    closed,
    send: (bytes: string | Buffer) => socket.write(bytes),
    /** The next whole answer, by its Content-Length. */
    async answer() {
      for (;;) {
        const [head = '', body = ''] = received.split('\r\n\r\n', 2)
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
        if (body.length >= length) {
          received = received.slice(head.length + 4 + length)
          return { head, body: body.slice(0, length) }
        }
        await once(socket, 'data')
      }
    }
  }
}

/** A server that answers after the first piece of a body. */
async function startHasty(t: Test, limits: { bytes: number; ms: number }): Promise<number> {
  const server = createServer((request, response) => {
    request.once('data', () => {
      request.pause()
      response.once('finish', () => discardLeftover(request, limits))
      response.end('no')
    })
    if (request.method === 'GET') response.end('yes')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

t.test('the rest of a body is read, and the next request served', async (t) => {
  const connection = await openRaw(t, await startHasty(t, { bytes: 1_000_000, ms: 10_000 }))
  connection.send(HEAD)
  connection.send(Buffer.alloc(1_000_000))
  t.equal((await connection.answer()).body, 'no')
  connection.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  t.equal((await connection.answer()).body, 'yes')
})

t.test('a rest that is too large, or does not come, ends the connection', async (t) => {
  const large = await openRaw(t, await startHasty(t, { bytes: 100_000, ms: 10_000 }))
  large.send(HEAD)
  large.send(Buffer.alloc(900_000))
  await large.closed
  const slow = await openRaw(t, await startHasty(t, { bytes: 1_000_000, ms: 100 }))
  slow.send(HEAD)
  slow.send(Buffer.alloc(1000))
  t.equal((await slow.answer()).body, 'no')
  await slow.closed
})

t.test('an answer that comes early is read, and the connection goes on', async (t) => {
  const app = Fastify({ bodyLimit: 1000 })
  readLeftovers(app)
  app.post('/', async () => 'taken')
  app.post(
    '/refused',
    { onRequest: async (_request, reply) => reply.code(403).send('no') },
    () => ''
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const { port } = app.server.address() as { port: number }
  const post = (path: string, length: number) =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`
  for (const [path, status] of [
    ['/', 413],
    ['/refused', 403]
  ] as const) {
    const connection = await openRaw(t, port)
    connection.send(post(path, 2_000_000))
    connection.send(Buffer.alloc(1_000_000))
    const { head } = await connection.answer()
    t.match(head, new RegExp(`^HTTP/1.1 ${status} `))
    t.notMatch(head, /connection: close/i)
    connection.send(Buffer.alloc(1_000_000))
    connection.send(`${post('/', 2)}{}`)
    t.equal((await connection.answer()).body, 'taken')
  }
})

t.test('while the app closes, connections end with their answers', async (t) => {
  const app = Fastify({ bodyLimit: 1000, return503OnClosing: false })
  readLeftovers(app)
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  app.post('/', { onRequest: () => held }, async () => 'taken')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const connection = await openRaw(t, port)
  connection.send(HEAD.replace('Host: localhost', 'Host: a\r\nContent-Type: application/json'))
  await once(app.server, 'request')
  const closed = app.close()
  // Fastify notices its own end before it answers.
  setImmediate(release)
  t.match((await connection.answer()).head, /connection: close/i)
  await Promise.all([closed, connection.closed])
})
