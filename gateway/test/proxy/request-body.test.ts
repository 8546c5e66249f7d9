import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { RequestBody } from '../../src/proxy/request-body.ts'

t.test('what comes after it was given up runs out', async (t) => {
  const incoming = new PassThrough()
  const body = new RequestBody(incoming as unknown as IncomingMessage)
  const paused = once(incoming, 'pause')
  body.read(0)
  // More than is buffered: nobody reads, as after an early answer of the service.
  for (let sent = 0; sent < 8; sent += 1) incoming.write(Buffer.alloc(64 * 1024))
  await paused
  body.destroy()
  incoming.end(Buffer.alloc(64 * 1024))
  await once(incoming, 'end')
  t.equal(incoming.readableLength, 0)
})
