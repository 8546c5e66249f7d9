import { once } from 'node:events'
import { createConnection } from 'node:net'
import { PassThrough } from 'node:stream'
import { baseEnvironment } from '@scheduler-task/service-base/base-config'
import { createApp } from '@scheduler-task/service-base/create-app'
import { loadConfig } from '@scheduler-task/service-base/load-config'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { authPlugin } from '../src/auth-plugin.ts'
import type { SessionLookup } from '../src/session-lookup.ts'
import { createSessionWatches } from '../src/session-watches.ts'
import { authConfig, SECRET } from './support/auth-config.ts'
import { claimsOf, mintToken } from './support/mint-token.ts'

const LIMIT_MS = 1000

/** A service with a stream, an upload and a slow call, and sessions that can be ended by hand. */
async function startService(t: Test, variables: Record<string, string> = {}) {
  const watches = createSessionWatches()
  const sessions: SessionLookup = {
    find: async () => ({ roles: ['operator'] }),
    findNow: () => undefined,
    watch: (id, onEnd) => watches.add(id, onEnd, 0),
    ping: async () => {}
  }
  const app = await createApp({
    service: { name: 'test', version: '0', title: 'test' },
    config: loadConfig(z.object(baseEnvironment(0)), { LOG_LEVEL: 'silent' }),
    checks: {}
  })
  const finish = { slow: () => {} }
  await app.register(authPlugin, { config: authConfig(variables), sessions })
  await app.register(async (scope) => {
    scope.addHook('onRequest', scope.authenticate)
    scope.get('/stream', async (_request, reply) => {
      const stream = new PassThrough()
      stream.write('data: first\n\n')
      return reply.type('text/event-stream').send(stream)
    })
    scope.post('/upload', async () => true)
    scope.get('/slow', async () => {
      await new Promise<void>((resolve) => {
        finish.slow = resolve
      })
      return true
    })
  })
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }

  /** Sends a head and what there is of a body; answers once something has come back, or `untilThere` is true. */
  const open = async (head: string, token: string) => {
    const socket = createConnection(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    const seen = { text: '' }
    socket.on('data', (chunk) => {
      seen.text += chunk
    })
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(head.replace('\r\n\r\n', `\r\nHost: a\r\nToken: ${token}\r\n\r\n`))
    return {
      socket,
      seen,
      closed: new Promise<void>((resolve) => socket.once('close', () => resolve()))
    }
  }
  const watched = async (id: string) => {
    while (!watches.get(id)) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { open, watched, watches, finish }
}

const tokenOf = (id: string, more = {}) => mintToken(SECRET, claimsOf(id, more))

t.test('a stream and an upload end with their session, others go on', async (t) => {
  const { open, watched, watches } = await startService(t)
  const stream = await open('GET /stream HTTP/1.1\r\n\r\n', tokenOf('ended'))
  const upload = await open(
    'POST /upload HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"',
    tokenOf('ended-too')
  )
  const other = await open('GET /stream HTTP/1.1\r\n\r\n', tokenOf('other'))
  for (const id of ['ended', 'ended-too', 'other']) await watched(id)
  while (!stream.seen.text.includes('first') || !other.seen.text.includes('first')) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const startedAt = performance.now()
  watches.end('ended', 'ended')
  watches.end('ended-too', 'unknown')
  await Promise.all([stream.closed, upload.closed])
  t.ok(performance.now() - startedAt < LIMIT_MS)
  t.notMatch(upload.seen.text, ' 200 ')
  t.notOk(other.socket.destroyed)
})

t.test('a call that was received as a whole is answered', async (t) => {
  const { open, watched, watches, finish } = await startService(t)
  const slow = await open('GET /slow HTTP/1.1\r\nConnection: close\r\n\r\n', tokenOf('ended'))
  await watched('ended')
  watches.end('ended', 'ended')
  await new Promise((resolve) => setTimeout(resolve, 500))
  finish.slow()
  await slow.closed
  t.match(slow.seen.text, /^HTTP\/1.1 200 .*true$/s)
})

t.test('nothing is watched once a call is answered', async (t) => {
  const { open, watches } = await startService(t)
  const call = await open(
    'POST /upload HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
    tokenOf('a')
  )
  await call.closed
  t.match(call.seen.text, /^HTTP\/1.1 200 /)
  t.strictSame([...watches.ids()], [])
})

for (const mode of ['jwt', 'session']) {
  t.test(`a stream ends when its token expires, AUTH_MODE=${mode}`, async (t) => {
    const { open, watches } = await startService(t, { AUTH_MODE: mode })
    const now = Math.floor(Date.now() / 1000)
    // 30 s of leeway, of which one second is left, or two.
    const stream = await open('GET /stream HTTP/1.1\r\n\r\n', tokenOf('a', { exp: now - 28 }))
    const longer = await open(
      'GET /stream HTTP/1.1\r\n\r\n',
      tokenOf('b', { exp: now + 60 * 86_400 })
    )
    await stream.closed
    t.match(stream.seen.text, 'first')
    t.ok(Date.now() / 1000 >= now + 2)
    t.match(longer.seen.text, 'first')
    t.notOk(longer.socket.destroyed)
    t.notOk(watches.get('a'), 'nothing is left of it')
  })
}
