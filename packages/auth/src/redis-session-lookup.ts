import type { Redis } from 'ioredis'
import { rolesOf } from './roles.ts'
import { type SessionLookup, SessionStoreUnavailable } from './session-lookup.ts'

/** Sessions as login records in Redis: the key is `prefix` + `jti`, the value belongs to whoever wrote it. */
export function createRedisSessionLookup(redis: Redis, prefix: string): SessionLookup {
  return {
    async find(sessionId) {
      try {
        const value: unknown = await redis.get(prefix + sessionId)
        // Whatever answers there is no Redis, or answers somebody else's question.
        if (value !== null && typeof value !== 'string') throw new TypeError('not what GET answers')
        return value === null ? undefined : { roles: rolesOf(parsed(value)) }
      } catch (error) {
        // A hash or another type: the record exists, only its value is not ours to read.
        if (error instanceof Error && error.message.startsWith('WRONGTYPE')) {
          return { roles: rolesOf(undefined) }
        }
        throw new SessionStoreUnavailable(error)
      }
    },
    async ping() {
      await redis.ping()
    }
  }
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}
