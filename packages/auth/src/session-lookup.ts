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

/** `ended`: the session is over. `unknown`: the store has been away for too long to go on believing in it. */
export type SessionEnd = 'ended' | 'unknown'

/** Answers whether a session is alive. Implemented on Redis, and by the gateway's embedded store. */
export type SessionLookup = {
  /**
   * The record under the key that a token's `jti` names, or `undefined` when there is none. What it says was true at
   * some moment of the last second.
   * @throws SessionStoreUnavailable
   */
  find(sessionId: string): Promise<SessionRecord | undefined>
  /** What `find` would answer without asking anybody; `undefined` when it would have to, or when there is none. */
  findNow(sessionId: string): SessionRecord | undefined
  /**
   * For what stays open: calls `onEnd` once, within a second after a session that was found has ended, or can no longer
   * be told from one that has. Answers the function that gives the watch up.
   */
  watch(sessionId: string, onEnd: (end: SessionEnd) => void): () => void
  /** Resolves when the store answers; for `/ready`. */
  ping(): Promise<void>
}
