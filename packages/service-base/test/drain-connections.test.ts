import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { drainConnections } from '../src/drain-connections.ts'

async function listening(t: Test, timeoutMs: number) {
  const app = Fastify({ forceCloseConnections: 'idle' })
  drainConnections(app, timeoutMs)
  let finish = () => {}
  app.get('/slow', (_request, reply) => {
    reply.hijack()
    reply.raw.write('half')
    finish = () => reply.raw.end()
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const sent = get(`${url}/slow`, { agent }).on('error', () => {})
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.on('error', () => {}).resume()
  return { app, response, finish: () => finish() }
}

t.test('a kept connection does not hold up the end once its request has ended', async (t) => {
  const { app, response, finish } = await listening(t, 60_000)
  const read = new Promise((resolve) => response.once('close', resolve))
  const closed = app.close()
  setTimeout(finish, 100)
  await Promise.all([closed, read])
  t.equal(response.complete, true, 'the request was let finish')
})

t.test('a request that does not end is cut off after the time for it', async (t) => {
  const { app, response } = await listening(t, 200)
  const cut = new Promise((resolve) => response.once('close', resolve))
  await app.close()
  await cut
  t.equal(response.complete, false)
})

t.test('an app that never listened closes at once', async (t) => {
  const app = Fastify()
  drainConnections(app, 60_000)
  await t.resolves(app.close())
})
