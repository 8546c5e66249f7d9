import { ROLES } from '@scheduler-task/auth/roles'
import { SessionStoreUnavailable } from '@scheduler-task/auth/session-lookup'
import type { TrackedSessions } from '@scheduler-task/auth/tracked-sessions'
import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { Session, SessionStore } from '../domain/session-store.ts'

/** The key, behind the prefix, that lists the sessions made here: a sorted set of ids by their end (epoch ms). */
export const SESSION_INDEX_KEY = 'scheduler-task:sessions'
/** The same for the sessions of one user, whose name follows; for their number alone. */
const USER_INDEX_KEY = 'scheduler-task:sessions-of:'
/** One more login of the same user ends the one that would end first. */
const MOST_SESSIONS_OF_A_USER = 100
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

  async function removeAll(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await replies(
      redis
        .pipeline()
        .del(ids.map((id) => prefix + id))
        .zrem(indexKey, ...ids)
        .exec()
    )
    for (const id of ids) lookup.forget(id)
  }

  /** Ends what is too much; sessions that have ended otherwise are left out of the count first. */
  async function endSurplus(userKey: string, newest: string): Promise<void> {
    const ids = await asked(redis.zrange(userKey, '0', '-1'))
    const alive = (await readRecords(ids)).map(({ id }) => id)
    const surplus = alive
      .filter((id) => id !== newest)
      .slice(0, Math.max(0, alive.length - MOST_SESSIONS_OF_A_USER))
    await removeAll(surplus)
    const gone = ids.filter((id) => !alive.includes(id) || surplus.includes(id))
    if (gone.length > 0) await asked(redis.zrem(userKey, gone))
  }

  return {
    find: lookup.find,
    findNow: lookup.findNow,
    watch: lookup.watch,
    ping: lookup.ping,
    async create(session) {
      const now = Date.now()
      const endsAt = session.expiresAt.getTime()
      const userKey = prefix + USER_INDEX_KEY + session.name
      const answers = await replies(
        redis
          .pipeline()
          .set(prefix + session.id, recordOf(session), 'PX', ttlMs(session))
          .zremrangebyscore(indexKey, '-inf', now)
          .zadd(indexKey, endsAt, session.id)
          .zremrangebyscore(userKey, '-inf', now)
          .zadd(userKey, endsAt, session.id)
          .pexpire(userKey, ttlMs(session))
          .zcard(userKey)
          .exec()
      )
      if (Number(answers.at(-1)) > MOST_SESSIONS_OF_A_USER) await endSurplus(userKey, session.id)
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
          .zadd(
            prefix + USER_INDEX_KEY + session.name,
            'XX',
            session.expiresAt.getTime(),
            session.id
          )
          .pexpire(prefix + USER_INDEX_KEY + session.name, ttlMs(session))
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
