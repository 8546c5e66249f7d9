import { ROLES } from '@scheduler-task/auth/roles'
import { SessionStoreUnavailable } from '@scheduler-task/auth/session-lookup'
import type { TrackedSessions } from '@scheduler-task/auth/tracked-sessions'
import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { Session, SessionStore } from '../domain/session-store.ts'

/** The key, behind the prefix, that lists the sessions made here: a sorted set of ids by their end (epoch ms). */
export const SESSION_INDEX_KEY = 'scheduler-task:sessions'
/** Records asked for with one command. */
const LISTED_AT_ONCE = 500

const storedRecord = z.object({
  name: z.string(),
  roles: z.array(z.enum(ROLES)),
  createdAt: z.coerce.date(),
  expiresAt: z.coerce.date()
})

export type RedisSessionParts = {
  /** For ordinary commands. */
  redis: Redis
  /** Answers who is alive; it has a connection of its own. */
  lookup: TrackedSessions
  prefix: string
}

/**
 * Login records in Redis as the interface document has them: the key is `prefix` + `jti`. The value is JSON that says
 * whose session it is; it expires by itself.
 */
export function createRedisSessionStore({
  redis,
  lookup,
  prefix
}: RedisSessionParts): SessionStore {
  const indexKey = prefix + SESSION_INDEX_KEY

  async function readRecords(ids: readonly string[]): Promise<Session[]> {
    const values = await asked(redis.mget(ids.map((id) => prefix + id)))
    return ids.flatMap((id, at) => sessionIn(id, values[at]) ?? [])
  }

  return {
    find: lookup.find,
    findNow: lookup.findNow,
    watch: lookup.watch,
    ping: lookup.ping,
    async create(session) {
      const now = Date.now()
      await replies(
        redis
          .pipeline()
          .set(prefix + session.id, recordOf(session), 'PX', ttlMs(session))
          .zremrangebyscore(indexKey, '-inf', now)
          .zadd(indexKey, session.expiresAt.getTime(), session.id)
          .exec()
      )
    },
    async get(sessionId) {
      const [listed, value] = await replies(
        redis
          .pipeline()
          .zscore(indexKey, sessionId)
          .mget(prefix + sessionId)
          .exec()
      )
      if (listed === null) return undefined
      return sessionIn(sessionId, (value as (string | null)[])[0])
    },
    async list() {
      const ids = await asked(redis.zrangebyscore(indexKey, Date.now(), '+inf'))
      const sessions: Session[] = []
      for (let at = 0; at < ids.length; at += LISTED_AT_ONCE) {
        sessions.push(...(await readRecords(ids.slice(at, at + LISTED_AT_ONCE))))
      }
      return sessions
    },
    async replace(session) {
      const [stored] = await replies(
        redis
          .pipeline()
          .set(prefix + session.id, recordOf(session), 'PX', ttlMs(session), 'XX')
          .zadd(indexKey, 'XX', session.expiresAt.getTime(), session.id)
          .exec()
      )
      lookup.forget(session.id)
      return stored === 'OK'
    },
    async remove(sessionId) {
      const [removed] = await replies(
        redis
          .pipeline()
          .del(prefix + sessionId)
          .zrem(indexKey, sessionId)
          .exec()
      ).finally(() => lookup.forget(sessionId))
      return removed === 1
    }
  }
}

function ttlMs({ expiresAt }: Session): number {
  return Math.max(1, expiresAt.getTime() - Date.now())
}

function recordOf({ name, roles, createdAt, expiresAt }: Session): string {
  return JSON.stringify({
    name,
    roles,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString()
  })
}

/** `undefined` for a record that is gone, or that somebody else has written. */
function sessionIn(id: string, value: string | null | undefined): Session | undefined {
  try {
    return value ? { id, ...storedRecord.parse(JSON.parse(value)) } : undefined
  } catch {
    return undefined
  }
}

async function asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
  return answer.catch((error: unknown) => {
    throw new SessionStoreUnavailable(error)
  })
}

/** The replies of a pipeline; one that failed makes it all fail. */
async function replies(pipeline: Promise<[Error | null, unknown][] | null>): Promise<unknown[]> {
  return ((await asked(pipeline)) ?? []).map(([error, reply]) => {
    if (error) throw new SessionStoreUnavailable(error)
    return reply
  })
}
