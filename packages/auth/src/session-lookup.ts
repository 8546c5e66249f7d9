import type { Role } from './roles.ts'

/** A login record as far as it is understood: whoever wrote it may be another system. */
export type SessionRecord = { roles: readonly Role[] }

/** Thrown when the store cannot be asked: the answer is then 503, never a pass. */
export class SessionStoreUnavailable extends Error {
  constructor(cause: unknown) {
    super('the session store cannot be asked', { cause })
    this.name = 'SessionStoreUnavailable'
  }
}

/** Answers whether a session is alive. Implemented on Redis, and by the gateway's embedded store. */
export type SessionLookup = {
  /**
   * The record under the key that a token's `jti` names, or `undefined` when there is none.
   * @throws SessionStoreUnavailable
   */
  find(sessionId: string): Promise<SessionRecord | undefined>
  /** Resolves when the store answers; for `/ready`. */
  ping(): Promise<void>
}
