import type { Session, SessionStore } from './session-store.ts'
import type { UserStore } from './users.ts'

const LOOK_EVERY_MS = 300

export type OutdatedSessionsOptions = {
  users: Pick<UserStore, 'sessionsSince'>
  sessions: Pick<SessionStore, 'list' | 'remove'>
  /** Told of each session that was ended. */
  onEnded: (session: Session) => void
  /** Told when it could not be found out; it is tried again. */
  onFailure: (error: unknown) => void
}

/**
 * Ends the sessions of users who were removed, or got another password: at the start, and whenever the users change,
 * whichever process changes them. Answers the function that stops it.
 */
export function endOutdatedSessions(options: OutdatedSessionsOptions): () => void {
  const { users, sessions, onEnded, onFailure } = options
  let done: string | undefined
  let isRunning = false
  let failing = false

  async function look(): Promise<void> {
    const { version, since } = await users.sessionsSince()
    if (version === done) return
    for (const session of since.size > 0 ? await sessions.list() : []) {
      const from = since.get(session.name)
      if (from && session.createdAt < from && (await sessions.remove(session.id))) onEnded(session)
    }
    done = version
  }

  const timer = setInterval(() => {
    if (isRunning) return
    isRunning = true
    look()
      .then(
        () => {
          failing = false
        },
        (error: unknown) => {
          if (!failing) onFailure(error)
          failing = true
        }
      )
      .finally(() => {
        isRunning = false
      })
  }, LOOK_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
