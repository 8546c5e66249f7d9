import { createRedisSessionLookup } from '@scheduler-task/auth/redis-session-lookup'
import { SessionStoreUnavailable } from '@scheduler-task/auth/session-lookup'
import type { Redis } from 'ioredis'
import type { Session, SessionStore } from '../domain/session-store.ts'

/** The key, behind the prefix, that lists the sessions made here: a sorted set of ids by their end (epoch ms). */
export const SESSION_INDEX_KEY = 'scheduler-task:sessions'

/**
 * Login records in Redis as the interface document has them: the key is `prefix` + `jti`. The value is JSON that says
 * whose session it is; it expires by itself.
 */
export function createRedisSessionStore(redis: Redis, prefix: string): SessionStore {
  const indexKey = prefix + SESSION_INDEX_KEY
  return {
    ...createRedisSessionLookup(redis, prefix),
    async create(session) {
      const now = Date.now()
      const ttlMs = Math.max(1, session.expiresAt.getTime() - now)
      await ask(
        redis
          .pipeline()
          .set(prefix + session.id, recordOf(session), 'PX', ttlMs)
          .zremrangebyscore(indexKey, '-inf', now)
          .zadd(indexKey, session.expiresAt.getTime(), session.id)
          .exec()
      )
    },
    async remove(sessionId) {
      const [removed] = await ask(
        redis
          .pipeline()
          .del(prefix + sessionId)
          .zrem(indexKey, sessionId)
          .exec()
      )
      return removed === 1
    }
  }
}

function recordOf({ name, roles, createdAt, expiresAt }: Session): string {
  return JSON.stringify({
    name,
    roles,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString()
  })
}

/** The replies of a pipeline; one that failed makes it all fail. */
async function ask(pipeline: Promise<[Error | null, unknown][] | null>): Promise<unknown[]> {
  const replies = await pipeline.catch((error: unknown) => {
    throw new SessionStoreUnavailable(error)
  })
  return (replies ?? []).map(([error, reply]) => {
    if (error) throw new SessionStoreUnavailable(error)
    return reply
  })
}
