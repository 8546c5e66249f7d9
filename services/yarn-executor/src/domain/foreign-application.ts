import type { Application } from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { pause } from '@scheduler-task/yarn-client/time-limit'
import { ABSENT_POLLS, type Parts } from './parts.ts'
import { requireActive } from './require-active.ts'

/**
 * Ends applications that no live submission stands for: they were started elsewhere, or are found again after their
 * record was over. Killed through the ResourceManager until it reports a final state.
 */
export interface ForeignApplications {
  /**
   * The wish is durable when this resolves: it goes on without its caller, and after a restart of this service. Several
   * callers share one kill.
   */
  kill: (applicationId: string, who: string) => Promise<Kill>
  /** Goes on with what was wished for, by a former process of this service or by another instance. */
  start: () => void
  /** Those whose end is wanted and not reported. */
  wanted: () => Promise<ReadonlySet<string>>
}

/**
 * `ended`: the application once it is final. Rejects with `RM_NOT_FOUND` once it is proven to be forgotten, with
 * `RM_REFUSED` or `RM_KERBEROS` when this service may not kill it; then nothing is wanted of it any more.
 */
export type Kill = Readonly<{ ended: Promise<Application> }>

/** One round of asking for the end. */
const ROUND_MS = 30_000
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5000
const FOR_GOOD: ReadonlySet<string> = new Set(['RM_REFUSED', 'RM_KERBEROS'])

export function createForeignApplications({
  rm,
  live,
  store,
  background,
  limits,
  log
}: Pick<Parts, 'rm' | 'live' | 'store' | 'background' | 'limits' | 'log'>): ForeignApplications {
  const { signal } = background
  const kills = new Map<string, Kill>()

  function pursue(applicationId: string, who: string): Kill {
    const known = kills.get(applicationId)
    if (known) return known
    const kill = { ended: untilReported(applicationId, who) }
    kills.set(applicationId, kill)
    background.run('a kill', { applicationId }, async () => {
      // How it ended is for those who asked for it.
      await Promise.allSettled([kill.ended])
      kills.delete(applicationId)
      live.invalidate()
    })
    return kill
  }

  async function untilReported(applicationId: string, who: string): Promise<Application> {
    const diagnostics = `stopped by ${who} through scheduler-task`
    const absence = { polls: 0, since: 0 }
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        const ended = await rm.kill(applicationId, { diagnostics, signal, deadlineMs: ROUND_MS })
        await store.endReported(applicationId)
        return ended
      } catch (error) {
        signal.throwIfAborted()
        if (isForGood(error, absence) && (await isProven(error, applicationId))) {
          await store.endReported(applicationId)
          throw error
        }
        const reason = error instanceof RmError ? error.reason : undefined
        if (reason) log.info({ applicationId, reason }, 'a kill waits for the ResourceManager')
        else log.error({ applicationId, err: error }, 'a kill met an error and goes on')
      }
      await pause(pauseMs, signal)
    }
  }

  /** Forgotten counts once it is proven: one that restarts may not know it yet. */
  function isForGood(error: unknown, absence: { polls: number; since: number }): boolean {
    if (!(error instanceof RmError)) return false
    if (FOR_GOOD.has(error.reason)) return true
    if (error.reason !== 'RM_NOT_FOUND') {
      absence.polls = 0
      return false
    }
    if (absence.polls === 0) absence.since = performance.now()
    absence.polls += 1
    const longEnough = performance.now() - absence.since >= limits.submitHorizonMs
    return absence.polls >= ABSENT_POLLS && longEnough
  }

  async function isProven(error: unknown, applicationId: string): Promise<boolean> {
    if (!(error instanceof RmError && error.reason === 'RM_NOT_FOUND')) return true
    try {
      await requireActive(rm, signal)
      return (await rm.application(applicationId, signal)) === undefined
    } catch (error) {
      if (error instanceof RmError) return false
      throw error
    }
  }

  return {
    kill: async (applicationId, who) => {
      await store.wantEnd(applicationId, who)
      return pursue(applicationId, who)
    },
    start: () => {
      background.run('wanted ends', {}, async () => {
        for (;;) {
          try {
            for (const one of await store.wantedEnds()) pursue(one.applicationId, one.requestedBy)
          } catch (err) {
            signal.throwIfAborted()
            log.info({ err }, 'which applications are to be killed cannot be read now')
          }
          await pause(limits.pollIntervalMs, signal)
        }
      })
    },
    wanted: async () => new Set((await store.wantedEnds()).map((one) => one.applicationId))
  }
}
