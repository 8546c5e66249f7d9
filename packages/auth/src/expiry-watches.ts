/** How often what stays open is looked at: a part of the second in which it must end. */
const LOOK_EVERY_MS = 500

const nobody = () => {}

/** Who wants to be told that a moment has come. `endsAt` is in epoch milliseconds. */
export type ExpiryWatches = {
  /** Calls `onEnd` once, at most half a second after `endsAt`. Answers the function that gives the watch up. */
  add(endsAt: number, onEnd: () => void): () => void
}

/**
 * One look at all of them twice a second costs less than a timer for each request, of which nearly all are over long
 * before. Nothing runs, and no process is kept alive, while nobody watches.
 */
export function createExpiryWatches(now: () => number = Date.now): ExpiryWatches {
  const all = new Set<{ endsAt: number; onEnd: () => void }>()
  let timer: NodeJS.Timeout | undefined

  function look(): void {
    if (all.size === 0) {
      clearInterval(timer)
      timer = undefined
      return
    }
    const at = now()
    for (const watch of all) {
      if (at < watch.endsAt) continue
      all.delete(watch)
      watch.onEnd()
    }
  }

  return {
    add(endsAt, onEnd) {
      const watch = { endsAt, onEnd }
      all.add(watch)
      timer ??= setInterval(look, LOOK_EVERY_MS).unref()
      return () => {
        all.delete(watch)
        // A set that is rebuilt leaves tables behind, each of which holds the next one until the next full collection:
        // whatever was in one of them would be as old as that. A request with all that hangs on it must not be.
        watch.onEnd = nobody
      }
    }
  }
}
