import type { IncomingHttpHeaders } from 'node:http'
import type { Authenticator } from '@scheduler-task/auth/authenticator'
import { Refusal } from '@scheduler-task/envelope/errors'

/** Looks at the sessions of answers that go on for long. */
export type SessionWatch = {
  /** Calls `ended` once when the request's session has ended. Answers what stops looking. */
  follow: (headers: IncomingHttpHeaders, ended: () => void) => () => void
}

type Session = { headers: IncomingHttpHeaders; knownAt: number; ended: Set<() => void> }

/** So many sessions are asked for at once. */
const AT_ONCE = 50

/**
 * Asks for each session every `everyMs`, once for all that came with the same token. While sessions cannot be asked
 * for, nobody knows: after `patienceMs` of that they count as ended. Asks nothing while nobody follows.
 */
export function createSessionWatch(
  authenticator: Authenticator,
  { everyMs, patienceMs }: Readonly<{ everyMs: number; patienceMs: number }>
): SessionWatch {
  const sessions = new Map<string, Session>()
  let timer: NodeJS.Timeout | undefined
  let looking = false

  function schedule(ms: number): void {
    if (timer || looking || sessions.size === 0) return
    timer = setTimeout(() => {
      timer = undefined
      void look()
    }, ms)
    timer.unref()
  }

  async function look(): Promise<void> {
    const began = performance.now()
    looking = true
    const all = [...sessions.values()]
    for (let at = 0; at < all.length; at += AT_ONCE) {
      await Promise.all(all.slice(at, at + AT_ONCE).map(check))
    }
    looking = false
    schedule(Math.max(everyMs - (performance.now() - began), everyMs / 5))
  }

  async function check(session: Session): Promise<void> {
    const asked = performance.now()
    try {
      await authenticator.identify(session.headers)
      session.knownAt = asked
    } catch (error) {
      const isUnknown = !(error instanceof Refusal) || error.httpStatus >= 500
      if (isUnknown && performance.now() - session.knownAt < patienceMs) return
      for (const ended of [...session.ended]) ended()
    }
  }

  return {
    follow: (headers, ended) => {
      const key = JSON.stringify([headers.token, headers.authorization, headers.cookie])
      const session = sessions.get(key) ?? { headers, knownAt: 0, ended: new Set() }
      // It was let in a moment ago.
      session.knownAt = performance.now()
      session.ended.add(ended)
      sessions.set(key, session)
      schedule(everyMs)
      return () => {
        session.ended.delete(ended)
        if (session.ended.size > 0) return
        if (sessions.get(key) === session) sessions.delete(key)
        if (sessions.size > 0) return
        clearTimeout(timer)
        timer = undefined
      }
    }
  }
}
