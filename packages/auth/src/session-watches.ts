import type { SessionEnd } from './session-lookup.ts'

type OnEnd = (end: SessionEnd) => void

const nobody: OnEnd = () => {}

/** Who wants to be told of the end of one session. */
export type Watched = {
  watching: Set<{ onEnd: OnEnd }>
  /** When it was last known to be alive, in ms of `performance.now()`. */
  aliveAt: number
  /** True while it is not sure that it still is. */
  isDoubted: boolean
}

/** Who wants to be told that a session has ended, by the session's id. */
export type SessionWatches = {
  /** @param aliveAt when the session was known to be alive, in ms of `performance.now()` */
  add(id: string, onEnd: OnEnd, aliveAt: number): () => void
  /** `undefined` when nobody watches it. */
  get(id: string): Watched | undefined
  /** Those that somebody watches. */
  ids(): Iterable<string>
  /** Tells all of them, once. */
  end(id: string, end: SessionEnd): void
}

/**
 * Most requests are over before anything ends, so their watch is made to cost little: what is kept of a session stays
 * when the last one gives up, and goes when `ids` comes by.
 */
export function createSessionWatches(): SessionWatches {
  const all = new Map<string, Watched>()

  const watchedNow = (id: string) => {
    const watched = all.get(id)
    return watched && watched.watching.size > 0 ? watched : undefined
  }

  return {
    add(id, onEnd, aliveAt) {
      let watched = all.get(id)
      if (!watched) {
        watched = { watching: new Set(), aliveAt, isDoubted: false }
        all.set(id, watched)
      } else if (watched.watching.size === 0) {
        watched.aliveAt = aliveAt
        watched.isDoubted = false
      }
      const { watching } = watched
      // A function that is given twice is two.
      const watch = { onEnd }
      watching.add(watch)
      return () => {
        watching.delete(watch)
        // Else a request would outlive its end by far: see expiry-watches.ts.
        watch.onEnd = nobody
      }
    },
    get: watchedNow,
    *ids() {
      for (const [id, { watching }] of all) {
        if (watching.size > 0) yield id
        else all.delete(id)
      }
    },
    end(id, end) {
      const watched = all.get(id)
      all.delete(id)
      for (const { onEnd } of watched?.watching ?? []) onEnd(end)
    }
  }
}
