import { type KeyAnswer, LEASE_MS, openRedisChannel } from './redis-channel.ts'
import { rolesOf } from './roles.ts'
import {
  type SessionLookup,
  type SessionRecord,
  SessionStoreUnavailable
} from './session-lookup.ts'
import { createSessionWatches } from './session-watches.ts'

/** Sessions remembered at most; one that is forgotten is asked for again. */
const MOST_REMEMBERED = 50_000
/** Remembered sessions that are asked for again each beat, the ones not asked for longest first. */
const REPEATED_EACH_BEAT = 20
/** Redis should have answered something for this long. */
const DOUBT_MS = 500

/** Halves of a surrogate pair: no text that Redis could name in a change. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** A record as it was told; it counts until `endsAt` (ms of `performance.now()`), and while the channel is trusted. */
type Remembered = { record: SessionRecord; endsAt: number }
/** A question under way. Not to be remembered once the key has changed since it was sent. */
type Question = { askedAt: number; isOutdated: boolean; answer: Promise<SessionRecord | undefined> }

export type TrackedSessions = SessionLookup & {
  /** The session was changed by this process: what is remembered of it counts no more. */
  forget(sessionId: string): void
  /** Resolves once it is known whether Redis is there. */
  settled: Promise<void>
  close(): void
}

export type TrackedSessionsOptions = {
  url: string
  /** Put before a session's id to make its key. */
  prefix: string
  /** Told when Redis goes away (with the reason) and when it is back. */
  onAvailable?: (available: boolean, error?: unknown) => void
}

/**
 * Sessions as login records in Redis: the key is `prefix` + `jti`, the value belongs to whoever wrote it. They are
 * remembered until Redis tells that they have changed, which it does by client-side caching: a session that is deleted,
 * renamed, overwritten or flushed away ends within milliseconds. What could keep such news away is bounded apart:
 * - a connection that is lost: nothing remembered counts from then on;
 * - one that swallows everything, a Redis that stands still: what is remembered counts for LEASE_MS after the last
 *   PING that was answered was sent;
 * - expiry, which Redis tells late: by PTTL, on the clock of this process;
 * - what Redis does not tell (SWAPDB): each beat some sessions are asked for again, and when one of them is gone
 *   without a word, nothing remembered counts.
 */
export function openTrackedSessions(options: TrackedSessionsOptions): TrackedSessions {
  const { url, prefix, onAvailable = () => {} } = options
  const remembered = new Map<string, Remembered>()
  const questions = new Map<string, Question>()
  const watches = createSessionWatches()
  let available: boolean | undefined
  let settle = () => {}
  const settled = new Promise<void>((resolve) => {
    settle = resolve
  })

  const channel = openRedisChannel(url, {
    onChange(key) {
      if (key === null) forgetAll()
      else forgetKey(key)
    },
    onLost(error) {
      if (available !== false) onAvailable(false, error)
      available = false
      forgetAll()
      settle()
    },
    onFound() {
      if (!available) onAvailable(true)
      available = true
      settle()
      for (const key of watches.keys()) askIfWatched(key)
    },
    onBeat() {
      for (const key of watches.keys()) checkWatched(key)
      repeatSome()
    }
  })

  const isTrusted = () => performance.now() < channel.confirmedAt() + LEASE_MS
  const known = (key: string): SessionRecord | undefined => {
    const session = remembered.get(key)
    return session && performance.now() < session.endsAt && isTrusted() ? session.record : undefined
  }

  function ask(key: string): Promise<SessionRecord | undefined> {
    const before = questions.get(key)
    // An old one has perhaps been answered long ago, and not been read yet: it says nothing of now.
    if (before && performance.now() - before.askedAt < DOUBT_MS) return before.answer
    const question: Question = {
      askedAt: performance.now(),
      isOutdated: false,
      answer: answered()
    }
    questions.set(key, question)
    return question.answer

    async function answered() {
      try {
        const told = await channel.ask(key)
        const record = note(key, told, question.isOutdated)
        if (record && performance.now() - question.askedAt > LEASE_MS) {
          throw new SessionStoreUnavailable(new Error('the answer was read too late to count'))
        }
        return record
      } finally {
        if (questions.get(key) === question) questions.delete(key)
      }
    }
  }

  function note(key: string, { value, endsAt }: KeyAnswer, isOutdated: boolean) {
    const before = remembered.get(key)
    remembered.delete(key)
    if (value === null) {
      watches.end(key, 'ended')
      // It has gone without a word, and what else then?
      if (!isOutdated && before && performance.now() < before.endsAt) forgetAll()
      return undefined
    }
    const record: SessionRecord = { roles: rolesOf(parsed(value)) }
    const watched = watches.get(key)
    if (watched && isTrusted()) {
      watched.aliveAt = Math.max(watched.aliveAt, channel.confirmedAt())
      watched.isDoubted = false
    }
    // Set anew: behind all that were asked for earlier.
    if (!isOutdated) remembered.set(key, { record, endsAt })
    if (remembered.size > MOST_REMEMBERED) forgetOldest()
    return record
  }

  function forgetOldest(): void {
    for (const oldest of remembered.keys()) {
      remembered.delete(oldest)
      return
    }
  }

  function forgetKey(key: string): void {
    remembered.delete(key)
    outdate(key)
    askIfWatched(key)
  }

  function forgetAll(): void {
    remembered.clear()
    for (const key of questions.keys()) outdate(key)
    for (const key of watches.keys()) askIfWatched(key)
  }

  /** Those who wait get the answer that is on its way; whoever comes later asks again. */
  function outdate(key: string): void {
    const question = questions.get(key)
    if (question) question.isOutdated = true
    questions.delete(key)
  }

  /** A watched session is remembered, or being asked for. */
  function askIfWatched(key: string): void {
    if (watches.get(key) && !known(key)) ask(key).catch(() => {})
  }

  /**
   * Gives a watched session up that has not been known to be alive for LEASE_MS. Only at the second beat that doubts
   * it: a process that was held up itself is first to read what has come in the meantime.
   */
  function checkWatched(key: string): void {
    const watched = watches.get(key)
    if (!watched) return
    askIfWatched(key)
    const now = performance.now()
    const isSure = known(key) !== undefined && now - channel.confirmedAt() < DOUBT_MS
    if (isSure) watched.aliveAt = channel.confirmedAt()
    else if (watched.isDoubted && now - watched.aliveAt > LEASE_MS) watches.end(key, 'unknown')
    watched.isDoubted = !isSure
  }

  function repeatSome(): void {
    if (!isTrusted()) return
    const now = performance.now()
    let left = REPEATED_EACH_BEAT
    for (const [key, { endsAt }] of remembered) {
      if (left === 0) return
      left -= 1
      if (now >= endsAt) remembered.delete(key)
      else ask(key).catch(() => {})
    }
  }

  return {
    async find(sessionId) {
      if (LONE_SURROGATE.test(sessionId)) return undefined
      const key = prefix + sessionId
      return known(key) ?? ask(key)
    },
    watch(sessionId, onEnd) {
      const aliveAt = Math.max(channel.confirmedAt(), performance.now() - LEASE_MS)
      return watches.add(prefix + sessionId, onEnd, aliveAt)
    },
    async ping() {
      if (!isTrusted()) throw new SessionStoreUnavailable(new Error('Redis does not answer'))
    },
    settled,
    forget: (sessionId) => forgetKey(prefix + sessionId),
    close: () => channel.close()
  }
}

function parsed(value: string | undefined): unknown {
  try {
    return value === undefined ? undefined : JSON.parse(value)
  } catch {
    return undefined
  }
}
