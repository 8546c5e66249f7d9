import { setTimeout as wait } from 'node:timers/promises'

/** Rejects when `signal` is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal })
}

/**
 * Waits until `look` answers something, at most `limitMs`; undefined when it never did.
 */
export async function eventually<T>(
  limitMs: number,
  signal: AbortSignal,
  look: () => Promise<T | undefined> | T | undefined
): Promise<T | undefined> {
  const endsAt = Date.now() + limitMs
  for (;;) {
    const found = await look()
    if (found !== undefined || Date.now() > endsAt) return found
    await pause(LOOK_EVERY_MS, signal)
  }
}

const LOOK_EVERY_MS = 100
