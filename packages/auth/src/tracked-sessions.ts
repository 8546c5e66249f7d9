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
      else if (key.startsWith(prefix)) forgetOne(key.slice(prefix.length))
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
      for (const id of watches.ids()) askIfWatched(id)
    },
    onBeat() {
      for (const id of watches.ids()) checkWatched(id)
      repeatSome()
    }
  })

  const isTrusted = (now = performance.now()) => now < channel.confirmedAt() + LEASE_MS
  const known = (id: string): SessionRecord | undefined => {
    const session = remembered.get(id)
    if (!session) return undefined
    const now = performance.now()
    return now < session.endsAt && isTrusted(now) ? session.record : undefined
  }

  function ask(id: string): Promise<SessionRecord | undefined> {
    const before = questions.get(id)
    // An old one has perhaps been answered long ago, and not been read yet: it says nothing of now.
    if (before && performance.now() - before.askedAt < DOUBT_MS) return before.answer
    outdate(id)
    const question: Question = {
      askedAt: performance.now(),
      isOutdated: false,
      answer: answered()
    }
    questions.set(id, question)
    return question.answer

    async function answered() {
      try {
        const told = await channel.ask(prefix + id)
        const record = note(id, told, question.isOutdated)
        if (record && performance.now() - question.askedAt > LEASE_MS) {
          throw new SessionStoreUnavailable(new Error('the answer was read too late to count'))
        }
        return record
      } finally {
        if (questions.get(id) === question) questions.delete(id)
      }
    }
  }

  function note(id: string, { value, endsAt }: KeyAnswer, isOutdated: boolean) {
    const before = remembered.get(id)
    remembered.delete(id)
    if (value === null) {
      watches.end(id, 'ended')
      // It has gone without a word, and what else then?
      if (!isOutdated && before && performance.now() < before.endsAt) forgetAll()
      return undefined
    }
    const record: SessionRecord = { roles: rolesOf(parsed(value)) }
    const watched = watches.get(id)
    if (watched && isTrusted()) {
      watched.aliveAt = Math.max(watched.aliveAt, channel.confirmedAt())
      watched.isDoubted = false
    }
    // Set anew: behind all that were asked for earlier.
    if (!isOutdated) remembered.set(id, { record, endsAt })
    if (remembered.size > MOST_REMEMBERED) forgetOldest()
    return record
  }

  function forgetOldest(): void {
    for (const oldest of remembered.keys()) {
      remembered.delete(oldest)
      return
    }
  }

  function forgetOne(id: string): void {
    remembered.delete(id)
    outdate(id)
    askIfWatched(id)
  }

  function forgetAll(): void {
    remembered.clear()
    for (const id of questions.keys()) outdate(id)
    for (const id of watches.ids()) askIfWatched(id)
  }

  /** Those who wait get the answer that is on its way; whoever comes later asks again. */
  function outdate(id: string): void {
    const question = questions.get(id)
    if (question) question.isOutdated = true
    questions.delete(id)
  }

  /** A watched session is remembered, or being asked for. */
  function askIfWatched(id: string): void {
    if (watches.get(id) && !known(id)) ask(id).catch(() => {})
  }

  /**
   * Gives a watched session up that has not been known to be alive for LEASE_MS. Only at the second beat that doubts
   * it: a process that was held up itself is first to read what has come in the meantime.
   */
  function checkWatched(id: string): void {
    const watched = watches.get(id)
    if (!watched) return
    askIfWatched(id)
    const now = performance.now()
    const isSure = known(id) !== undefined && now - channel.confirmedAt() < DOUBT_MS
    if (isSure) watched.aliveAt = channel.confirmedAt()
    else if (watched.isDoubted && now - watched.aliveAt > LEASE_MS) watches.end(id, 'unknown')
    watched.isDoubted = !isSure
  }

  function repeatSome(): void {
    if (!isTrusted()) return
    const now = performance.now()
    let left = REPEATED_EACH_BEAT
    for (const [id, { endsAt }] of remembered) {
      if (left === 0) return
      left -= 1
      if (now >= endsAt) remembered.delete(id)
      else ask(id).catch(() => {})
    }
  }

  return {
    async find(sessionId) {
      if (LONE_SURROGATE.test(sessionId)) return undefined
      return known(sessionId) ?? ask(sessionId)
    },
    findNow: known,
    watch(sessionId, onEnd) {
      const aliveAt = Math.max(channel.confirmedAt(), performance.now() - LEASE_MS)
      return watches.add(sessionId, onEnd, aliveAt)
    },
    async ping() {
      if (!isTrusted()) throw new SessionStoreUnavailable(new Error('Redis does not answer'))
    },
    settled,
    forget: forgetOne,
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
