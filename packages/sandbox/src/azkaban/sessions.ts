import { randomUUID } from 'node:crypto'
import type { UserDefinition } from './options.ts'

export interface Session {
  readonly id: string
  readonly user: UserDefinition
  /** Address of the log-in, as this version sees addresses. */
  readonly address: string
  usedAt: number
}

const maxSessions = 10_000

/** The web server's memory of who has logged in (§2.4): sliding expiry, least recently used go. */
export class Sessions {
  readonly #ttlMs: number
  readonly #byId = new Map<string, Session>()

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs
  }

  create(user: UserDefinition, address: string): Session {
    const session = { id: randomUUID(), user, address, usedAt: Date.now() }
    this.#byId.set(session.id, session)
    const [oldest] = this.#byId.keys()
    if (this.#byId.size > maxSessions && oldest !== undefined) this.#byId.delete(oldest)
    return session
  }

  /** A live session, used now. */
  use(id: string): Session | undefined {
    const session = this.#byId.get(id)
    if (!session || !this.#isLive(session)) return undefined
    session.usedAt = Date.now()
    this.#byId.delete(id)
    this.#byId.set(id, session)
    return session
  }

  remove(id: string): void {
    this.#byId.delete(id)
  }

  /** Live sessions of a user at an address. */
  count(user: string, address: string): number {
    const all = [...this.#byId.values()].filter((one) => this.#isLive(one))
    return all.filter((one) => one.user.name === user && one.address === address).length
  }

  clear(): void {
    this.#byId.clear()
  }

  #isLive(session: Session): boolean {
    return Date.now() - session.usedAt < this.#ttlMs
  }
}
