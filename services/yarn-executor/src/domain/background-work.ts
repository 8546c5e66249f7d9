import { setMaxListeners } from 'node:events'
import { pause } from '@scheduler-task/yarn-client/time-limit'
import type { Log } from './log.ts'

type Ids = Readonly<Record<string, unknown>>

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5000

/** Work that outlives the request it began with, and ends with the service. */
export interface BackgroundWork {
  /** Fires when the service ends. */
  readonly signal: AbortSignal
  /** Runs `work`; what it throws before the service ends is a fault of ours and logged as one. */
  run: (what: string, ids: Ids, work: () => Promise<void>) => void
  /**
   * Does `work` again and again until it succeeds: what must not be left undone because a disk is full for a while.
   * Rejects when the service ends.
   */
  insist: <T>(what: string, ids: Ids, work: () => Promise<T>) => Promise<T>
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
    insist: async (what, ids, work) => {
      const { signal } = controller
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
        try {
          return await work()
        } catch (error) {
          signal.throwIfAborted()
          log.error({ ...ids, err: error }, `${what} failed and is tried again`)
        }
        await pause(pauseMs, signal)
      }
    },
    close: async () => {
      controller.abort(new ServiceEnds('the service ends'))
      while (running.size > 0) await Promise.all(running)
    }
  }
}
