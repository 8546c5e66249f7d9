import { connectRedis } from '@scheduler-task/auth/redis-plugin'
import { openTrackedSessions } from '@scheduler-task/auth/tracked-sessions'
import { until } from '@scheduler-task/test-support/until'
import type { Test } from 'tap'
import { createRedisSessionStore } from '../../src/adapters/redis-session-store.ts'
import type { SessionStore } from '../../src/domain/session-store.ts'

/** A store as the gateway has it, with connections of its own; closed with the test. */
export async function openRedisSessions(t: Test, url: string, prefix = ''): Promise<SessionStore> {
  const redis = connectRedis(url)
  redis.on('error', () => {})
  const lookup = openTrackedSessions({ url, prefix })
  t.teardown(() => {
    redis.disconnect()
    lookup.close()
  })
  await lookup.settled
  await until(() => redis.status === 'ready')
  return createRedisSessionStore({ redis, lookup, prefix })
}
