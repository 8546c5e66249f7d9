/** How failed logins slow down, wherever they are counted. */
export const THROTTLE = {
  freeFailures: 5,
  firstPauseMs: 1000,
  longestPauseMs: 30_000,
  forgetAfterMs: 15 * 60_000,
  /** Accounts, addresses, and pairs of them, each. */
  mostRemembered: 10_000
} as const

type Failures = { count: number; lastAt: number }

/** One try to log in; counted as a failure from its beginning, so that tries at the same time slow each other down. */
export type LoginTry = { succeeded(): Promise<void> }

/** Implemented in memory, for one process, and on Redis, for all that keep their sessions there. */
export type LoginThrottle = {
  /**
   * Answers a try, or how long to wait (ms) before the next one will be looked at.
   * @throws SessionStoreUnavailable where failures are counted in Redis
   */
  begin(account: string, address: string): Promise<LoginTry | { waitMs: number }>
}

/**
 * Slows failed logins down, per account and per address: after five, each further failure doubles the pause, up to half
 * a minute. Unknown accounts are treated like known ones. An account that has logged in from an address before is not
 * slowed down there by what others try elsewhere, or with other names: only by its own failures at that address. So
 * nobody is locked out by guesses of a stranger. Memory is bounded: the longest unused are forgotten first.
 */
export function createLoginThrottle(now: () => number = Date.now): LoginThrottle {
  const accounts = new Map<string, Failures>()
  const addresses = new Map<string, Failures>()
  /** Accounts with an address that they have logged in from. */
  const familiar = new Map<string, Failures>()
  return {
    async begin(account, address) {
      const at = now()
      const network = networkOf(address)
      const pair = JSON.stringify([account, network])
      const counted: [Map<string, Failures>, string][] = familiar.has(pair)
        ? [[familiar, pair]]
        : [
            [accounts, account],
            [addresses, network]
          ]
      const waitMs = Math.max(...counted.map(([table, key]) => pauseLeft(table.get(key), at)))
      if (waitMs > 0) return { waitMs }
      for (const [table, key] of counted) count(table, key, at)
      return {
        async succeeded() {
          // Only this try: one good login must not wash clean what others have tried.
          for (const [table, key] of counted) {
            const failures = table.get(key)
            if (failures) failures.count -= 1
          }
          remember(familiar, pair, { count: 0, lastAt: at })
        }
      }
    }
  }
}

/** An IPv4 address; of an IPv6 address the 64 bits that one customer has all addresses of. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':')
    while (groups.length + after.length < 8) groups.push('0')
    groups.push(...after)
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

function pauseLeft(failures: Failures | undefined, at: number): number {
  if (!failures || failures.count < THROTTLE.freeFailures) return 0
  if (at - failures.lastAt > THROTTLE.forgetAfterMs) return 0
  const doublings = Math.min(failures.count - THROTTLE.freeFailures, 10)
  const pauseMs = Math.min(THROTTLE.firstPauseMs * 2 ** doublings, THROTTLE.longestPauseMs)
  return failures.lastAt + pauseMs - at
}

function count(table: Map<string, Failures>, key: string, at: number): void {
  const before = table.get(key)
  const fresh = before !== undefined && at - before.lastAt <= THROTTLE.forgetAfterMs
  remember(table, key, { count: fresh ? before.count + 1 : 1, lastAt: at })
}

function remember(table: Map<string, Failures>, key: string, failures: Failures): void {
  table.delete(key)
  table.set(key, failures)
  if (table.size <= THROTTLE.mostRemembered) return
  for (const oldest of table.keys()) {
    table.delete(oldest)
    return
  }
}
