import { setMaxListeners } from 'node:events'
import type { Log } from './log.ts'

/** Work that outlives the request it began with, and ends with the service. */
export interface BackgroundWork {
  /** Fires when the service ends. */
  readonly signal: AbortSignal
  /** Runs `work`; what it throws before the service ends is a fault of ours and logged as one. */
  run: (what: string, ids: Readonly<Record<string, unknown>>, work: () => Promise<void>) => void
  /** Fires the signal and waits for everything that runs. */
  close: () => Promise<void>
}

export class ServiceEnds extends Error {
  override readonly name = 'ServiceEnds'
}

export function createBackgroundWork(log: Log): BackgroundWork {
  const controller = new AbortController()
  const running = new Set<Promise<void>>()
  // As many listeners as there are jobs being started and stopped.
  setMaxListeners(0, controller.signal)

  return {
    signal: controller.signal,
    run: (what, ids, work) => {
      const done = work()
        .catch((error: unknown) => {
          if (!controller.signal.aborted) log.error({ ...ids, err: error }, `${what} failed`)
        })
        .finally(() => running.delete(done))
      running.add(done)
    },
    close: async () => {
      controller.abort(new ServiceEnds('the service ends'))
      while (running.size > 0) await Promise.all(running)
    }
  }
}
