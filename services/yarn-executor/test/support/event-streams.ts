import { setMaxListeners } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Authenticator, Identity } from '@scheduler-task/auth/authenticator'
import { envelopePlugin } from '@scheduler-task/envelope/envelope-plugin'
import Fastify, { type FastifyPluginAsync } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { pino } from 'pino'
import type { Test } from 'tap'
import { createSqlJobStore } from '../../src/adapters/sql-job-store.ts'
import { openSqliteFile } from '../../src/adapters/sqlite-file.ts'
import { createBackgroundWork } from '../../src/domain/background-work.ts'
import { createEventFeed } from '../../src/domain/event-feed.ts'
import type { JobStore } from '../../src/domain/job-store.ts'
import { type EventRoutesOptions, eventRoutes } from '../../src/http/v2/event-routes.ts'
import { newSubmission } from './job-store-contract.ts'

const IDENTITY: Identity = {
  user: { name: 'alice', roles: ['viewer'], sessionId: 's' },
  tokenFrom: 'header' as Identity['tokenFrom'],
  expiresAt: new Date(Date.now() + 3_600_000)
}

export type StreamServer = {
  url: string
  port: number
  store: JobStore
  /** Sockets that the server holds. */
  connections: () => Promise<number>
  /** Adds events of one job. */
  write: (count: number, detail?: string) => Promise<void>
}

/** Limits of streams that no test runs into unless it says so. */
const LIMITS = { maxWatchers: 1000, heartbeatMs: 60_000, stuckMs: 60_000, sessionCheckMs: 20 }

/** Routes alone; whoever asks `identify` is let in as long as it does not throw. */
export async function serveStreams<T>(
  t: Test,
  routes: FastifyPluginAsync<T & typeof LIMITS & { ends: AbortSignal }>,
  options: T,
  identify: Authenticator['identify'] = async () => IDENTITY
): Promise<Pick<StreamServer, 'url' | 'port' | 'connections'>> {
  const ending = new AbortController()
  setMaxListeners(0, ending.signal)
  const app = Fastify({ forceCloseConnections: true })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(envelopePlugin)
  app.decorate('authenticator', { identify, identifyNow: () => undefined, watch: () => () => {} })
  app.addHook('onRequest', async (request) => {
    const identity = await identify(request.headers)
    Object.assign(request, { identity, user: identity.user })
  })
  await app.register(async (scope) => {
    await routes(scope, { ...LIMITS, ends: ending.signal, ...options })
  })
  t.teardown(async () => {
    ending.abort()
    await app.close()
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    port: Number(new URL(url).port),
    connections: () =>
      new Promise((resolve, reject) =>
        app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
      )
  }
}

/** The stream of events alone, on a store of its own. */
export async function startStreams(
  t: Test,
  options: Partial<EventRoutesOptions> = {},
  identify?: Authenticator['identify']
): Promise<StreamServer> {
  const log = pino({ level: 'silent' })
  const store = createSqlJobStore(await openSqliteFile(join(t.testdir(), 'events.sqlite')))
  const background = createBackgroundWork(log)
  t.teardown(async () => {
    await background.close()
    await store.close()
  })
  const events = createEventFeed({ store, background, log })
  const served = await serveStreams(t, eventRoutes, { events, ...options }, identify)
  const { id: submissionId } = await store.accept(newSubmission())
  return {
    ...served,
    store,
    write: async (count, detail = 'x') => {
      const event = { submissionId, who: 'w', what: 'noted', detail }
      for (let at = 0; at < count; at += 500) {
        const some = Array.from({ length: Math.min(500, count - at) }, () => store.note(event))
        await Promise.all(some)
      }
    }
  }
}

/** A client that asks for the stream and reads nothing of it until it is resumed. */
export async function connectSilent(
  t: Test,
  port: number,
  after = 0,
  path = '/events'
): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.pause()
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: ${after}\r\n\r\n`)
  return socket
}
