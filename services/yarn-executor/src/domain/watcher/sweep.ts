import { type Application, isLive } from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import type { Parts } from '../parts.ts'
import { isOver, isStarting, type Submission } from '../submission.ts'
import { submissionIdIn } from '../tags.ts'

export type Sweep = (
  listed: readonly Application[],
  /** Those that are known to be wanted. */
  known: Readonly<{ has: (applicationId: string) => boolean }>
) => Promise<void>

const KILL_MS = 10_000

/**
 * Ends applications of ours that must not be: those that appear after their submission was given up, and second ones of
 * a submission that has one already.
 */
export function createSweep({ store, rm, live, background, log }: Parts): Sweep {
  const { signal } = background

  async function end(submission: Submission, applicationId: string): Promise<void> {
    // Listed a while ago; only what lives now is a matter for us.
    const application = await rm.application(applicationId, signal)
    if (!application || !isLive(application.state)) return
    const { id: submissionId, state } = submission
    log.warn({ submissionId, state, applicationId }, 'an application that must not be is killed')
    const detail = `${applicationId} appeared while the submission was ${state}`
    await store.note({ submissionId, who: 'executor', what: 'application-killed', detail })
    const diagnostics = `submission ${submissionId} does not want it`
    await rm.kill(applicationId, { diagnostics, signal, deadlineMs: KILL_MS })
    live.invalidate()
  }

  return async (listed, known) => {
    for (const application of listed) {
      if (known.has(application.id)) continue
      const id = submissionIdIn(application.applicationTags)
      if (id === undefined) continue
      const submission = await store.find(id)
      if (!submission || !isUnwanted(submission, application)) continue
      try {
        await end(submission, application.id)
      } catch (error) {
        if (!(error instanceof RmError)) throw error
        log.warn({ applicationId: application.id, reason: error.reason }, 'a kill failed for now')
      }
    }
  }
}

/** One that is being stopped is the stop's business; one that is LOST was found again, and nobody wanted its end. */
function isUnwanted(submission: Submission, { id }: Application): boolean {
  if (submission.applicationId === id || submission.state === 'STOPPING') return false
  return isOver(submission) || !isStarting(submission)
}
