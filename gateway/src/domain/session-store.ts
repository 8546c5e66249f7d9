import type { Role } from '@scheduler-task/auth/roles'
import type { SessionLookup } from '@scheduler-task/auth/session-lookup'

/** A login made here. Its id is the token's `jti`. */
export type Session = {
  id: string
  name: string
  roles: readonly Role[]
  createdAt: Date
  /** When it ends by itself. */
  expiresAt: Date
}

/** Sessions made here can be looked up by every service, and ended. Implemented on Redis and on a file. */
export type SessionStore = SessionLookup & {
  /**
   * Resolves once the session would survive a crash of this process.
   * @throws SessionStoreUnavailable
   */
  create(session: Session): Promise<void>
  /**
   * Ends a session; from now on nobody finds it. False when there was none.
   * @throws SessionStoreUnavailable
   */
  remove(sessionId: string): Promise<boolean>
}
