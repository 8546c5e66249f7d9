import type { SessionEnd } from './session-lookup.ts'

type OnEnd = (end: SessionEnd) => void

/** Who wants to be told of the end of one session. */
export type Watched = {
  onEnds: Set<OnEnd>
  /** When it was last known to be alive, in ms of `performance.now()`. */
  aliveAt: number
  /** True while it is not sure that it still is. */
  isDoubted: boolean
}

/** Who wants to be told that a session has ended, by the session's key. */
export type SessionWatches = {
  /** @param aliveAt when the session was known to be alive, in ms of `performance.now()` */
  add(key: string, onEnd: OnEnd, aliveAt: number): () => void
  get(key: string): Watched | undefined
  keys(): IterableIterator<string>
  /** Tells all of them, once. */
  end(key: string, end: SessionEnd): void
}

export function createSessionWatches(): SessionWatches {
  const all = new Map<string, Watched>()
  return {
    add(key, onEnd, aliveAt) {
      const watched = all.get(key) ?? { onEnds: new Set(), aliveAt, isDoubted: false }
      all.set(key, watched)
      // A function that is given twice is two.
      const tell: OnEnd = (end) => onEnd(end)
      watched.onEnds.add(tell)
      return () => {
        watched.onEnds.delete(tell)
        if (watched.onEnds.size === 0 && all.get(key) === watched) all.delete(key)
      }
    },
    get: (key) => all.get(key),
    keys: () => all.keys(),
    end(key, end) {
      const watched = all.get(key)
      all.delete(key)
      for (const tell of watched?.onEnds ?? []) tell(end)
    }
  }
}
