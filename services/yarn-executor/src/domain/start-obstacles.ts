import { pause, TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import { StoreUnavailable } from './job-store.ts'
import { Withdrawn } from './launch-queue.ts'
import { NotStartedForNow } from './launching.ts'
import { requireMine } from './ownership.ts'
import type { Parts } from './parts.ts'
import { passingFault } from './passing-faults.ts'
import { startTimeOf } from './start-outcome.ts'
import { isStarting, type Submission } from './submission.ts'

/** Something was in the way until the start's time was over; the message says what. */
export class WaitedInVain extends Error {
  override readonly name = 'WaitedInVain'
}

/** What keeps accepted starts from going on for a while. What was promised waits for its end, and is not given up. */
export interface StartObstacles {
  /**
   * Does `work` again, more and more seldom, as long as a store or a disk that is away or full keeps it from being done.
   * Rejects with whatever else it throws, with the signal's reason, with {@link Withdrawn} when somebody has stopped the
   * submission meanwhile, or with {@link WaitedInVain}.
   */
  outlast: <T>(submission: Submission, work: () => Promise<T>, signal: AbortSignal) => Promise<T>
  /** What is in the way of a submission now, in words. */
  problemOf: (submissionId: string) => string | undefined
}

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5000

/** Why something failed that may well succeed later; undefined when it is wrong for good. */
export function obstacleIn(error: unknown): string | undefined {
  if (error instanceof StoreUnavailable) return error.message
  if (error instanceof NotStartedForNow) return error.message
  const fault = passingFault(error)
  return fault && `the launcher's files cannot be written: ${fault}`
}

export function createStartObstacles({
  store,
  ownership,
  log
}: Pick<Parts, 'store' | 'ownership' | 'log'>): StartObstacles {
  const problems = new Map<string, string>()

  /** Once per time that it waits. The event is for people: without a store there is none. */
  async function tell(submissionId: string, problem: string): Promise<void> {
    const isNew = !problems.has(submissionId)
    problems.set(submissionId, problem)
    if (!isNew) return
    log.warn({ submissionId, reason: problem }, 'a start waits')
    const event = { submissionId, who: 'executor', what: 'start-waits', detail: problem }
    await store.note(event).catch((error: unknown) => {
      log.debug({ submissionId, err: error }, 'that a start waits was not kept')
    })
  }

  async function requireWanted(id: string): Promise<void> {
    requireMine(ownership, id)
    try {
      const submission = await store.find(id)
      if (submission && isStarting(submission)) return
    } catch (error) {
      if (error instanceof StoreUnavailable) return
      throw error
    }
    throw new Withdrawn('it was stopped while it waited')
  }

  return {
    outlast: async (submission, work, signal) => {
      const { id, startDeadline } = submission
      try {
        for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
          try {
            return await work()
          } catch (error) {
            signal.throwIfAborted()
            const problem = obstacleIn(error)
            if (problem === undefined) throw error
            await tell(id, problem)
          }
          const leftMs = Math.max(1, startDeadline - Date.now())
          await withinTime(leftMs, signal, (limit) => pause(pauseMs, limit))
          await requireWanted(id)
        }
      } catch (error) {
        if (!(error instanceof TimeLimitReached)) throw error
        const why = problems.get(id) ?? 'it could not be prepared'
        throw new WaitedInVain(`${why}, ${startTimeOf(submission)} after the request still`)
      } finally {
        if (problems.delete(id)) log.info({ submissionId: id }, 'a start waits no more')
      }
    },
    problemOf: (submissionId) => problems.get(submissionId)
  }
}
