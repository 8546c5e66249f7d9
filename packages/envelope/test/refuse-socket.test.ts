import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { Refusal } from '../src/errors.ts'
import { refuseSocket } from '../src/refuse-socket.ts'

/** Both ends of a connection that neither end closes by itself. */
async function connection(t: Test): Promise<{ server: Socket; client: Socket }> {
  const listener = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const accepted = once(listener, 'connection')
  const { port } = listener.address() as AddressInfo
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [server] = (await accepted) as [Socket]
  t.teardown(() => {
    client.destroy()
    server.destroy()
    listener.close()
  })
  return { server, client }
}

const refusal = new Refusal(405, 'use GET', { code: 'NO', headers: { allow: 'GET' } })

t.test('the answer is an envelope, whole, and the last one', async (t) => {
  const { server, client } = await connection(t)
  refuseSocket(server, refusal, 'request-1')
  const [head = '', body = ''] = (await text(client)).split('\r\n\r\n')
  t.match(head, /^HTTP\/1\.1 405 Method Not Allowed\r\n/)
  t.match(head, /\r\nallow: GET\r\n/)
  t.match(head, /\r\nx-request-id: request-1\r\n/)
  t.match(head, new RegExp(`\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`))
  t.match(JSON.parse(body), { statusCode: 405, message: '不支持的请求方法', data: /"code":"NO"/ })
})

t.test('a client that never closes its side does not keep the connection', async (t) => {
  const { server, client } = await connection(t)
  client.write('more and more')
  const closed = once(server, 'close')
  refuseSocket(server, refusal, 'request-2')
  await closed
  t.ok(server.destroyed)
})

t.test('nothing is written to a connection that is answered already', async (t) => {
  const { server, client } = await connection(t)
  server.end('done')
  refuseSocket(server, refusal, 'request-3')
  t.ok(server.destroyed)
  client.on('error', () => {})
})
