/** A timer of more than 24.8 days would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Thrown by `withinTime` when the work took longer than it may. */
export class TimeLimitReached extends Error {
  override readonly name = 'TimeLimitReached'
}

/**
 * Runs `work` with a signal that fires at the caller's abort or after `limitMs`, whichever is first.
 *
 * It is a wall limit: it counts from the call to the settled result, a dripping body included.
 * Rejects with `TimeLimitReached`, or with the caller's own abort reason; `work` has to honour the
 * signal it is given.
 */
export async function withinTime<T>(
  limitMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  const forward = () => controller.abort(signal?.reason)
  signal?.addEventListener('abort', forward, { once: true })
  let timer: NodeJS.Timeout | undefined
  const endAfter = (leftMs: number) => {
    const stepMs = Math.min(leftMs, LONGEST_TIMER_MS)
    timer = setTimeout(() => {
      if (leftMs > stepMs) endAfter(leftMs - stepMs)
      else controller.abort(new TimeLimitReached(`Not done within ${limitMs} ms`))
    }, stepMs)
  }
  endAfter(limitMs)
  try {
    return await work(controller.signal)
  } catch (error) {
    // What was aborted may reject with an error of its own; the reason says who ended it.
    throw controller.signal.aborted ? controller.signal.reason : error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', forward)
  }
}

/** Waits for `work`, or leaves with the abort reason when the signal fires; the work itself goes on. */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined
): Promise<T> {
  if (!signal) return await work
  let leave = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    leave = () => reject(signal.reason)
  })
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([aborted, work])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

/** Waits, and stops waiting with the abort reason when the signal fires. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}
