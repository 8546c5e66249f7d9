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
/** So many at once; the others have their turn in a later tick. */
const MOST_KILLS = 50

/**
 * Ends applications of ours that must not be: those that appear after their submission was given up or closed by hand,
 * and second ones of a submission that has one already. One that was LOST and is found again is only noted: nobody
 * wanted its end.
 */
export function createSweep({ store, rm, live, background, log }: Parts): Sweep {
  const { signal } = background
  const kills = new Set<string>()
  /** Applications whose end was told. */
  const told = new Set<string>()
  /** Those of which that was noted. */
  const foundAgain = new Set<string>()

  /** Does not keep the tick waiting. */
  function end(submission: Submission, applicationId: string): void {
    if (kills.has(applicationId) || kills.size >= MOST_KILLS) return
    kills.add(applicationId)
    background.run('ending an application', { applicationId }, async () => {
      try {
        await endNow(submission, applicationId)
      } catch (error) {
        if (!(error instanceof RmError)) throw error
        log.warn({ applicationId, reason: error.reason }, 'a kill failed for now')
      } finally {
        kills.delete(applicationId)
      }
    })
  }

  async function endNow(submission: Submission, applicationId: string): Promise<void> {
    // Listed a while ago; only what lives now is a matter for us.
    const application = await rm.application(applicationId, signal)
    if (!application || !isLive(application.state)) return
    if (!told.has(applicationId)) await tell(submission, applicationId)
    told.add(applicationId)
    const diagnostics = `submission ${submission.id} does not want it`
    await rm.kill(applicationId, { diagnostics, signal, deadlineMs: KILL_MS })
    told.delete(applicationId)
    live.invalidate()
  }

  /** Before the kill, which may be refused again and again. */
  async function tell(submission: Submission, applicationId: string): Promise<void> {
    const { id: submissionId, state } = submission
    log.warn({ submissionId, state, applicationId }, 'an application that must not be is killed')
    const isSecond = !isOver(submission)
    const detail = isSecond
      ? `${applicationId} is killed, ${submission.applicationId} is kept`
      : `${applicationId} appeared while the submission was ${state}`
    const what = isSecond ? 'second-application' : 'application-killed'
    await store.note({ submissionId, who: 'executor', what, detail })
    if (!isSecond) return
    const text = `two applications bore its tag: ${detail}; what the other had done until then may be done twice`
    await store.warn(submissionId, { code: 'SECOND_APPLICATION', text })
  }

  async function noteFound({ id: submissionId, state }: Submission, applicationId: string) {
    if (foundAgain.has(submissionId)) return
    const detail = `${applicationId} lives, though the submission is ${state}`
    const events = await store.events(submissionId)
    if (!events.some((one) => one.what === 'application-found-again' && one.detail === detail)) {
      const ids = { submissionId, state, applicationId }
      log.warn(ids, 'an application that was over is found again')
      const who = 'resource-manager'
      await store.note({ submissionId, who, what: 'application-found-again', detail })
    }
    foundAgain.add(submissionId)
  }

  return async (listed, known) => {
    for (const application of listed) {
      if (known.has(application.id)) continue
      const id = submissionIdIn(application.applicationTags)
      if (id === undefined) continue
      const submission = await store.find(id)
      if (!submission) continue
      if (isUnwanted(submission, application)) end(submission, application.id)
      else if (isOver(submission)) await noteFound(submission, application.id)
    }
  }
}

/** One that is being stopped is the stop's business; one that is LOST was found again, and nobody wanted its end. */
function isUnwanted(submission: Submission, { id }: Application): boolean {
  if (submission.state === 'STOPPING') return false
  if (submission.closedBy !== null) return true
  if (submission.applicationId === id) return false
  return isOver(submission) || !isStarting(submission)
}
