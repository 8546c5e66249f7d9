import { setMaxListeners } from 'node:events'
import { pause } from '@scheduler-task/yarn-client/time-limit'
import { LeaseLost } from './job-store.ts'
import type { Log } from './log.ts'

type Ids = Readonly<Record<string, unknown>>

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5000

/** Work that outlives the request it began with, and ends with the service. */
export interface BackgroundWork {
  /** Fires when the service ends. */
  readonly signal: AbortSignal
  /**
   * Runs `work`; what it throws before the service ends is a fault of ours and logged as one. That it has become another
   * instance's is none.
   */
  run: (what: string, ids: Ids, work: () => Promise<void>) => void
  /**
   * Does `work` again and again until it succeeds: what must not be left undone because a disk is full for a while.
   * Rejects when the service ends, or when it is another instance's by now.
   */
  insist: <T>(what: string, ids: Ids, work: () => Promise<T>) => Promise<T>
  /** Fires the signal, with the reason if there is a special one, and waits for everything that runs. */
  close: (reason?: Error) => Promise<void>
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
          if (controller.signal.aborted) return
          if (error instanceof LeaseLost) {
            log.info({ ...ids, reason: error.message }, `${what} is left to another instance`)
          } else log.error({ ...ids, err: error }, `${what} failed`)
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
          if (error instanceof LeaseLost) throw error
          log.error({ ...ids, err: error }, `${what} failed and is tried again`)
        }
        await pause(pauseMs, signal)
      }
    },
    close: async (reason = new ServiceEnds('the service ends')) => {
      controller.abort(reason)
      while (running.size > 0) await Promise.all(running)
    }
  }
}
