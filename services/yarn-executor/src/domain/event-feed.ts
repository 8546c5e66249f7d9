import { pause } from '@scheduler-task/yarn-client/time-limit'
import type { JobStore } from './job-store.ts'
import type { Parts } from './parts.ts'
import type { PositionedEvent } from './submission.ts'
import { createWake } from './wake.ts'

/** What happens to all jobs, as it happens; read from the store once for everybody who follows. */
export interface EventFeed {
  /**
   * Events behind a position, in order, none twice and none left out; without a position those from now on. An empty
   * part says that nothing came for `idleMs`. Whoever is slow is waited for: nothing is gathered for them. Ends with
   * the signal, and when the service ends.
   */
  follow: (
    after: number | undefined,
    options: Readonly<{ idleMs: number; signal: AbortSignal }>
  ) => AsyncIterable<readonly PositionedEvent[]>
}

/** What a follower who is behind gets from memory; who is further behind reads the store. */
const KEPT_EVENTS = 2000
const PART = 500
/** What one follower gets at a time, and holds while it is slow. */
const FOLLOWERS_PART = 100
/** A notification may be lost on its way from another instance. */
const LOOK_MS = 5000
const PAUSE_AFTER_FAILURE_MS = 1000

export function createEventFeed({
  store,
  background,
  log
}: Pick<Parts, 'background' | 'log'> & {
  store: Pick<JobStore, 'eventsAfter' | 'lastPosition' | 'onChange'>
}): EventFeed {
  let followers = 0
  /** All events behind `since` up to `last` are in memory. */
  let recent: { since: number; last: number; events: PositionedEvent[] } | undefined
  let reading = false
  const waiting = new Set<() => void>()

  async function begin(): Promise<number> {
    const last = await store.lastPosition()
    recent ??= { since: last, last, events: [] }
    if (!reading) {
      reading = true
      background.run('reading events', {}, read)
    }
    return recent.last
  }

  /** As long as somebody follows. */
  async function read(): Promise<void> {
    const wake = createWake()
    const end = store.onChange(wake.now)
    try {
      while (followers > 0) {
        try {
          while (await readPart());
        } catch (err) {
          log.info({ err }, 'the events cannot be read now')
          await pause(PAUSE_AFTER_FAILURE_MS, background.signal)
        }
        await wake.wait(LOOK_MS, background.signal)
      }
    } finally {
      end()
      reading = false
      recent = undefined
    }
  }

  /** True when there may be more. */
  async function readPart(): Promise<boolean> {
    if (!recent) return false
    const events = await store.eventsAfter(recent.last, PART)
    recent.last = events.at(-1)?.position ?? recent.last
    recent.events.push(...events)
    const tooMany = recent.events.splice(0, Math.max(0, recent.events.length - KEPT_EVENTS))
    recent.since = tooMany.at(-1)?.position ?? recent.since
    if (events.length > 0) for (const tell of [...waiting]) tell()
    return events.length === PART
  }

  async function partAfter(position: number): Promise<readonly PositionedEvent[]> {
    if (!recent || position < recent.since) return await store.eventsAfter(position, FOLLOWERS_PART)
    // Most are near the end.
    const from = recent.events.findLastIndex((event) => event.position <= position) + 1
    return recent.events.slice(from, from + FOLLOWERS_PART)
  }

  /** Until there is news behind a position, `ms` are over or the signal fires. */
  function news(position: number, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted || (recent && recent.last > position)) done()
    })
  }

  return {
    follow: async function* (after, { idleMs, signal }) {
      const ends = AbortSignal.any([signal, background.signal])
      followers += 1
      try {
        const last = await begin()
        // One that never was given: of another database.
        let position = Math.min(after ?? last, last)
        let idle = true
        while (!ends.aborted) {
          const known = recent?.last ?? 0
          const events = await partAfter(position)
          // What there was up to here, and is no more, was removed.
          position = events.at(-1)?.position ?? Math.max(position, known)
          if (events.length > 0 || idle) yield events
          if (events.length > 0) continue
          const before = recent?.last
          await news(position, idleMs, ends)
          idle = recent?.last === before
        }
      } finally {
        followers -= 1
      }
    }
  }
}
