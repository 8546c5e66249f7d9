import { Failure } from '@scheduler-task/envelope/errors'
import { type Application, isLive } from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { pause, unlessAborted } from '@scheduler-task/yarn-client/time-limit'
import { findTarget, type Target } from './find-target.ts'
import type { Halt } from './halt-target.ts'
import { StoreUnavailable } from './job-store.ts'
import type { Parts } from './parts.ts'
import type { Stops } from './stop-submission.ts'
import { ImpossibleChange, isOver, type Submission } from './submission.ts'

/** The first half of a restart: whose place a submission takes, is ended with proof. */
export interface EndReplaced {
  /** Within `STOP_TIMEOUT_MS`, for a caller who waits. @throws Failure: no proof in time; the stop itself goes on */
  soon: (submission: Submission, target: Target) => Promise<void>
  /** However long it takes, also for what a former process of this service began. Rejects when `signal` fires. */
  surely: (submission: Submission, signal: AbortSignal) => Promise<void>
}

type Needs = Readonly<{ stops: Stops; halt: Halt }>

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5000

export function createEndReplaced(parts: Parts, { stops, halt }: Needs): EndReplaced {
  const { store, queue, log } = parts

  /** Its applications, and whoever could start another one. */
  async function endSubmission(
    id: string,
    { owner, taskName }: Submission,
    signal: AbortSignal
  ): Promise<void> {
    const text = `restarted as ${taskName}`
    try {
      await stops.begin(id, { who: owner, reason: 'STOP_REQUESTED', text })
      queue.withdraw(id)
      await unlessAborted(stops.proof(id), signal)
    } catch (error) {
      if (!(error instanceof ImpossibleChange)) throw error
    }
  }

  async function endApplication(id: string, target: Target | undefined, who: string) {
    // One that neither the ResourceManager nor the store knows any more is gone.
    if (!target || !isAlive(target)) return
    try {
      await halt(target, id, who)
    } catch (error) {
      if (!endedByItself(error)) throw error
    }
  }

  /** One that was itself to replace another, and was cancelled before that had ended, leaves its end to this one. */
  async function endAll(submission: Submission, signal: AbortSignal): Promise<void> {
    const { owner } = submission
    let heir: Submission | undefined = submission
    while (heir) {
      const { replaces, replacesApplication }: Submission = heir
      if (replaces !== null) await endSubmission(replaces, submission, signal)
      if (replacesApplication !== null) {
        const target = await findTarget(parts, replacesApplication)
        await unlessAborted(endApplication(replacesApplication, target, owner), signal)
      }
      const before: Submission | undefined = replaces ? await store.find(replaces) : undefined
      heir = before && (await wasCancelled(before)) ? before : undefined
    }
  }

  async function wasCancelled({ id, state, applicationId }: Submission): Promise<boolean> {
    if (state !== 'KILLED' || applicationId !== null) return false
    return (await store.attemptsOf(id)).every(({ exit }) => exit?.kind === 'not-started')
  }

  return {
    soon: async ({ replacesApplication, owner }, target) => {
      if (replacesApplication !== null) await endApplication(replacesApplication, target, owner)
    },
    surely: async (submission, signal) => {
      const { id: submissionId } = submission
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
        try {
          await endAll(submission, signal)
          return
        } catch (error) {
          signal.throwIfAborted()
          const isAnswer = error instanceof Failure || error instanceof RmError
          if (!isAnswer && !(error instanceof StoreUnavailable)) throw error
          const reason = error.message
          log.info({ submissionId, reason }, 'a restart waits for the end of the old one')
        }
        await pause(pauseMs, signal)
      }
    }
  }
}

function isAlive({ submission, application }: Target): boolean {
  return (submission && !isOver(submission)) || isLiveApplication(application)
}

function isLiveApplication(application: Application | undefined): boolean {
  return application !== undefined && isLive(application.state)
}

/** No obstacle: it ended, or was forgotten, between the check and the stop. */
function endedByItself(error: unknown): boolean {
  return (
    error instanceof Failure &&
    (error.code === 'YARN_EXECUTOR_ALREADY_ENDED' ||
      error.code === 'YARN_EXECUTOR_APPLICATION_LOST')
  )
}
