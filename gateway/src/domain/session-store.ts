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
   * A session that was made here and is alive. Records of other systems are none.
   * @throws SessionStoreUnavailable
   */
  get(sessionId: string): Promise<Session | undefined>
  /**
   * All that were made here and are alive, in order of their end.
   * @throws SessionStoreUnavailable
   */
  list(): Promise<Session[]>
  /**
   * Gives a session another end and other roles. False when it is not alive any more: it stays ended.
   * @throws SessionStoreUnavailable
   */
  replace(session: Session): Promise<boolean>
  /**
   * Ends a session; from now on this process does not find it, others within a second. False when there was none.
   * @throws SessionStoreUnavailable
   */
  remove(sessionId: string): Promise<boolean>
}
