import { isFinal, isLive } from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import {
  pause,
  TimeLimitReached,
  unlessAborted,
  withinTime
} from '@scheduler-task/yarn-client/time-limit'
import {
  alreadyEnded,
  applicationUnknown,
  lostWhileStopping,
  resourceManagerFailed,
  stopPending
} from '../errors.ts'
import type { Target } from './find-target.ts'
import type { ForeignApplications } from './foreign-application.ts'
import type { Parts } from './parts.ts'
import type { Stops } from './stop-submission.ts'
import { ImpossibleChange, isOver, type Submission } from './submission.ts'

const LOOK_EVERY_MS = 100

export type Halt = (target: Target, applicationId: string, who: string) => Promise<void>

/**
 * Stops whatever an application id stands for, and resolves with the proof. The wish is kept: when there is no proof in
 * time, the stop itself goes on.
 * @throws Failure
 */
export function createHalt(
  { store, background, limits }: Pick<Parts, 'store' | 'background' | 'limits'>,
  stops: Stops,
  foreign: ForeignApplications
): Halt {
  async function haltOurs(submission: Submission, applicationId: string, who: string) {
    try {
      const ended = await withinTime(limits.stopTimeoutMs, background.signal, async (limit) => {
        await stops.begin(submission.id, { who, reason: 'STOP_REQUESTED' })
        const proof = unlessAborted(stops.proof(submission.id), limit)
        return await Promise.race([proof, refusal(submission.id, applicationId, proof)])
      })
      if (ended.state === 'LOST') throw lostWhileStopping(applicationId)
    } catch (error) {
      if (error instanceof ImpossibleChange) {
        const now = (await store.find(submission.id)) ?? submission
        throw alreadyEnded(applicationId, now.state, now.finalStatus ?? undefined)
      }
      if (!(error instanceof TimeLimitReached)) throw error
      const now = (await store.find(submission.id)) ?? submission
      const state = now.yarnState ?? now.state
      const problem = stops.progressOf(submission.id)?.problem
      throw stopPending(applicationId, state, problem ?? `its state is ${state}`)
    }
  }

  /** Rejects when the ResourceManager does not let this service kill it: that lasts longer than a caller waits. */
  async function refusal(
    submissionId: string,
    applicationId: string,
    proof: Promise<Submission>
  ): Promise<never> {
    let over = false
    const end = () => {
      over = true
    }
    proof.then(end, end)
    while (!over) {
      const refused = stops.progressOf(submissionId)?.refused
      if (refused) throw resourceManagerFailed(refused, `${applicationId} cannot be stopped`)
      await pause(LOOK_EVERY_MS, background.signal)
    }
    return await new Promise(() => {})
  }

  async function haltForeign({ application }: Target, applicationId: string, who: string) {
    if (!application) throw applicationUnknown(applicationId)
    if (isFinal(application.state)) {
      throw alreadyEnded(applicationId, application.state, application.finalStatus)
    }
    try {
      await withinTime(limits.stopTimeoutMs, background.signal, async (limit) => {
        const { ended } = await foreign.kill(applicationId, who)
        await unlessAborted(ended, limit)
      })
    } catch (error) {
      if (error instanceof TimeLimitReached) {
        throw stopPending(applicationId, application.state, `its state was ${application.state}`)
      }
      if (!(error instanceof RmError)) throw error
      if (error.reason === 'RM_NOT_FOUND') throw applicationUnknown(applicationId)
      throw resourceManagerFailed(error, `${applicationId} cannot be stopped`)
    }
  }

  return async (target, applicationId, who) => {
    const { submission, application } = target
    if (submission && !isOver(submission)) return await haltOurs(submission, applicationId, who)
    // Recorded as over, and yet alive: forgotten by the ResourceManager and found again.
    if (!submission || (application && isLive(application.state))) {
      return await haltForeign(target, applicationId, who)
    }
    const { state, finalStatus } = submission
    throw alreadyEnded(applicationId, state, finalStatus ?? undefined)
  }
}
