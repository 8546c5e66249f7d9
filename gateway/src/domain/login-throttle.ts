const FREE_FAILURES = 5
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000
const FORGET_AFTER_MS = 15 * 60_000
const MOST_REMEMBERED = 10_000

type Failures = { count: number; lastAt: number }

/** One try to log in; counted as a failure from its beginning, so that tries at the same time slow each other down. */
export type LoginTry = { succeeded(): void }

export type LoginThrottle = {
  /** Answers a try, or how long to wait (ms) before the next one will be looked at. */
  begin(account: string, address: string): LoginTry | { waitMs: number }
}

/**
 * Slows failed logins down, per account and per address: after five, each further failure doubles the pause, up to half
 * a minute. Unknown accounts are treated like known ones. Memory is bounded: the longest unused are forgotten first.
 */
export function createLoginThrottle(now: () => number = Date.now): LoginThrottle {
  const accounts = new Map<string, Failures>()
  const addresses = new Map<string, Failures>()
  return {
    begin(account, address) {
      const at = now()
      const waitMs = Math.max(
        pauseLeft(accounts.get(account), at),
        pauseLeft(addresses.get(address), at)
      )
      if (waitMs > 0) return { waitMs }
      count(accounts, account, at)
      count(addresses, address, at)
      return {
        succeeded() {
          accounts.delete(account)
          // Only this try: one good account must not wash an address clean.
          const failures = addresses.get(address)
          if (failures) failures.count -= 1
        }
      }
    }
  }
}

function pauseLeft(failures: Failures | undefined, at: number): number {
  if (!failures || failures.count < FREE_FAILURES) return 0
  if (at - failures.lastAt > FORGET_AFTER_MS) return 0
  const doublings = Math.min(failures.count - FREE_FAILURES, 10)
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** doublings, LONGEST_PAUSE_MS)
  return failures.lastAt + pauseMs - at
}

function count(table: Map<string, Failures>, key: string, at: number): void {
  const before = table.get(key)
  const fresh = before !== undefined && at - before.lastAt <= FORGET_AFTER_MS
  table.delete(key)
  table.set(key, { count: fresh ? before.count + 1 : 1, lastAt: at })
  if (table.size > MOST_REMEMBERED) {
    for (const oldest of table.keys()) {
      table.delete(oldest)
      break
    }
  }
}
