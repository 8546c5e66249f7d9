import { createSingleFlight } from '@scheduler-task/yarn-client/single-flight'

/** Answers are kept this long: probes of several instances must not become a load. */
const KEEP_MS = 1000

/** A check whose outcome is kept for a second, with at most one under way. */
export function createReachable(
  ask: (signal: AbortSignal) => Promise<void>,
  now: () => number = Date.now
): (signal?: AbortSignal) => Promise<void> {
  const flight = createSingleFlight<void>()
  let last: { at: number; failed: boolean; error?: unknown } | undefined

  async function askNow(signal: AbortSignal): Promise<void> {
    try {
      await ask(signal)
      last = { at: now(), failed: false }
    } catch (error) {
      // One who gave up waiting says nothing of Azkaban.
      if (!signal.aborted) last = { at: now(), failed: true, error }
      throw error
    }
  }

  return async (signal) => {
    if (last && now() - last.at < KEEP_MS) {
      if (last.failed) throw last.error
      return
    }
    await flight.run('ask', askNow, signal)
  }
}
