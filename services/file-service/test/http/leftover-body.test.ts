import { once } from 'node:events'
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { discardLeftover } from '../../src/http/leftover-body.ts'
import { openRaw } from '../support/raw-connection.ts'

const HEAD = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n'

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
