import type { Authenticator } from '@scheduler-task/auth/authenticator'
import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import t from 'tap'
import { request } from 'undici'
import type { EventFeed } from '../../../src/domain/event-feed.ts'
import { eventRoutes } from '../../../src/http/v2/event-routes.ts'

t.test('a stream ends with the session that it was opened with', async (t) => {
  let alive = true
  let asked = 0
  let left = false
  const authenticator = {
    identify: async () => {
      asked += 1
      if (!alive) throw new Error('the session has ended')
    }
  } as unknown as Authenticator
  const events: EventFeed = {
    async *follow(_after, { signal }) {
      while (!signal.aborted) {
        yield []
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      left = true
    }
  }
  const app = Fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.decorate('authenticator', authenticator)
  await app.register(eventRoutes, { events, ends: new AbortController().signal, heartbeatMs: 10 })
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const { body } = await request(`${url}/events`)
  for await (const _bytes of body) {
    if (asked > 2) alive = false
  }
  t.ok(asked > 2, 'it was alive before')
  t.notOk(left, 'the stream ended, not the feed')
})
