import { createExpiryWatches } from '@scheduler-task/auth/expiry-watches'
import { ROLES } from '@scheduler-task/auth/roles'
import { SessionStoreUnavailable } from '@scheduler-task/auth/session-lookup'
import { createSessionWatches } from '@scheduler-task/auth/session-watches'
import { z } from 'zod'
import type { Session, SessionStore } from '../domain/session-store.ts'
import { tooManySessions } from '../errors.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

const MOST_SESSIONS = 10_000
/** One more login of the same user ends the oldest. */
const MOST_SESSIONS_OF_A_USER = 100

const sessionFile = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    roles: z.array(z.enum(ROLES)),
    createdAt: z.coerce.date(),
    expiresAt: z.coerce.date()
  })
)

export type EmbeddedSessionOptions = {
  /** Epoch milliseconds. Default: the clock. */
  now?: () => number
  mostSessions?: number
  mostSessionsOfAUser?: number
}

/**
 * Sessions in memory and in one file that is written before an answer: they survive the process. For one process only.
 * @throws Error when the file is there and cannot be understood.
 */
export async function openEmbeddedSessionStore(
  path: string,
  options: EmbeddedSessionOptions = {}
): Promise<SessionStore> {
  const {
    now = Date.now,
    mostSessions = MOST_SESSIONS,
    mostSessionsOfAUser = MOST_SESSIONS_OF_A_USER
  } = options
  const sessions = new Map((await readSessions(path)).map((session) => [session.id, session]))
  const write = createCoalescedWriter(path, () => JSON.stringify([...sessions.values()]))

  const watches = createSessionWatches()
  const expiries = createExpiryWatches(now)

  const aliveOne = (id: string) => {
    const session = sessions.get(id)
    return session && session.expiresAt.getTime() > now() ? session : undefined
  }
  const drop = (id: string) => {
    sessions.delete(id)
    watches.end(id, 'ended')
  }
  const dropEnded = () => {
    for (const id of sessions.keys()) if (!aliveOne(id)) drop(id)
  }
  const written = () =>
    write().catch((error: unknown) => {
      throw new SessionStoreUnavailable(error)
    })

  return {
    async find(sessionId) {
      const session = aliveOne(sessionId)
      return session && { roles: session.roles }
    },
    findNow(sessionId) {
      const session = aliveOne(sessionId)
      return session && { roles: session.roles }
    },
    watch(sessionId, onEnd) {
      let giveUpExpiry = () => {}
      const check = () => {
        const session = aliveOne(sessionId)
        if (!session) watches.end(sessionId, 'ended')
        // Looked at again then: it may have been renewed.
        else giveUpExpiry = expiries.add(session.expiresAt.getTime(), check)
      }
      const giveUp = watches.add(sessionId, onEnd, 0)
      if (aliveOne(sessionId)) check()
      else setImmediate(check)
      return () => {
        giveUpExpiry()
        giveUp()
      }
    },
    async ping() {},
    async create(session) {
      dropEnded()
      // In order of creation: the first found is the oldest.
      const ofTheUser = [...sessions.values()].filter(({ name }) => name === session.name)
      const ended = ofTheUser.slice(0, Math.max(0, ofTheUser.length + 1 - mostSessionsOfAUser))
      if (sessions.size - ended.length >= mostSessions) throw tooManySessions()
      for (const { id } of ended) drop(id)
      sessions.set(session.id, session)
      await written().catch((error: unknown) => {
        drop(session.id)
        throw error
      })
    },
    get: async (sessionId) => aliveOne(sessionId),
    async list() {
      dropEnded()
      return [...sessions.values()].sort((a, b) => a.expiresAt.getTime() - b.expiresAt.getTime())
    },
    async replace(session) {
      if (!aliveOne(session.id)) return false
      // In its old place: it is as old as before.
      sessions.set(session.id, session)
      await written()
      return aliveOne(session.id) !== undefined
    },
    async remove(sessionId) {
      if (!sessions.has(sessionId)) return false
      const was = aliveOne(sessionId) !== undefined
      drop(sessionId)
      await written()
      return was
    }
  }
}

async function readSessions(path: string): Promise<Session[]> {
  const text = await readPrivateFile(path)
  if (text === undefined) return []
  try {
    return sessionFile.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error(`${path} holds no sessions; remove it, which logs everybody out`, { cause })
  }
}

/** Answers a function that resolves once a state at least as new as at its call is on disk; calls share a write. */
function createCoalescedWriter(path: string, text: () => string): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    next ??= running
      .catch(() => {})
      .then(() => {
        next = undefined
        running = writePrivateFile(path, text())
        return running
      })
    return next
  }
}
