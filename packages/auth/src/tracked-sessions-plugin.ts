import type { FastifyInstance } from 'fastify'
import type { AuthConfig } from './auth-config.ts'
import { openTrackedSessions, type TrackedSessions } from './tracked-sessions.ts'

/**
 * The sessions in the Redis of the configuration, for as long as `app` lives. The app starts without Redis as well and
 * says 503 until it is there, so that a restart of both in any order ends well.
 */
export function trackedSessions(app: FastifyInstance, config: AuthConfig): TrackedSessions {
  const sessions = openTrackedSessions({
    url: config.REDIS_URL ?? '',
    prefix: config.SESSION_KEY_PREFIX,
    onAvailable(available, error) {
      if (available) app.log.info('Redis answers')
      else app.log.warn({ reason: reasonOf(error) }, 'Redis is away; calls are answered 503')
    }
  })
  app.addHook('onReady', () => sessions.settled)
  app.addHook('onClose', async () => sessions.close())
  return sessions
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
