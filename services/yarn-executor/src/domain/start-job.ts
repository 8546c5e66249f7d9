import { Failure } from '@scheduler-task/envelope/errors'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { pause, TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import { notStarted } from '../errors.ts'
import type { Accepted } from './accept-job.ts'
import { ServiceEnds } from './background-work.ts'
import type { EndReplaced } from './end-replaced.ts'
import { LeaseLost } from './job-store.ts'
import { QueueClosed, type Slot, Withdrawn } from './launch-queue.ts'
import type { Launcher } from './launch-submission.ts'
import { type LaunchRequest, NotStarted, needsDriver } from './launching.ts'
import type { Parts } from './parts.ts'
import { NotPrepared, prepareAttempt, rehearse } from './prepare-attempt.ts'
import { type StartObstacles, WaitedInVain } from './start-obstacles.ts'
import { type Refused, refused, type StartOutcome, startTimeOf } from './start-outcome.ts'
import { ImpossibleChange, type Submission } from './submission.ts'
import { refuseNameOnYarn } from './task-names.ts'

/**
 * What comes before the queue: by default whatever the submission replaces is ended. Answers the submission as it is
 * then. Throws {@link NotEnded} when nothing is to be started.
 */
export type Before = (signal: AbortSignal) => Promise<Submission>

/** What was to be replaced could not be ended in time, and the caller is told so: nothing will be started. */
export class NotEnded extends Error {
  override readonly name = 'NotEnded'
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

/** Takes accepted jobs through the queue to their launch. All of it goes on without the caller. */
export interface Starter {
  /** Its outcome; nobody needs to wait for it. */
  start: (accepted: Accepted, before?: Before) => Promise<StartOutcome>
  /**
   * Tries whether the launcher's files can be made, for who has to know before anything is stopped. Gives the job up
   * when they cannot. @throws Failure
   */
  rehearse: (accepted: Accepted, launch: LaunchRequest) => Promise<void>
  /** Gives an accepted job up that was not launched. Throws when that could not be kept; it is kept as soon as it can be. */
  giveUp: (accepted: Accepted, reason: string, text: string) => Promise<void>
}

/** What a launcher throws before it has spawned anything. */
const NOTHING_SPAWNED = [NotStarted, ImpossibleChange, Withdrawn, WaitedInVain]

const OWN_FAULT = { code: 'INTERNAL_ERROR', text: 'the service met an error of its own' }

/** The ResourceManager is asked for the name once more when the first answer is older than this. */
const NAME_CHECK_MS = 500
const LONGEST_PAUSE_MS = 5000

type Needs = Readonly<{ launcher: Launcher; replaced: EndReplaced; obstacles: StartObstacles }>

export function createStarter(parts: Parts, { launcher, replaced, obstacles }: Needs): Starter {
  const { store, background, log } = parts

  async function giveUp(
    { submission, place }: Accepted,
    reason: string,
    text: string
  ): Promise<void> {
    place.leave()
    const ids = { submissionId: submission.id }
    const reject = async () => {
      try {
        await store.change(submission.id, { to: 'REJECTED', who: 'executor', reason, text })
      } catch (error) {
        if (!(error instanceof ImpossibleChange)) throw error
      }
      const attempt = await store.attemptOf(submission.id)
      if (attempt) await store.attemptEnded(attempt.id, { kind: 'not-started', reason: text })
    }
    try {
      await reject()
    } catch (error) {
      background.run('giving up', ids, () => background.insist('giving up', ids, reject))
      throw error
    }
  }

  async function run(
    accepted: Accepted,
    before: Before | undefined,
    signal: AbortSignal
  ): Promise<StartOutcome> {
    let { submission } = accepted
    let slot: Slot | undefined
    let launched = false
    try {
      submission = before ? await before(signal) : await endReplaced(submission, signal)
      slot = await turnOf(accepted, submission, signal)
      await beforeDeadline(submission, signal, (limit) => checkName(accepted, submission, limit))
      const prepare = () => prepareAttempt(parts, submission)
      const prepared = await obstacles.outlast(submission, prepare, signal)
      const terms = { slot, signal }
      launched = true
      return await launcher.launch(submission, prepared, terms)
    } catch (error) {
      // What was spawned is the launcher's business.
      if (launched && !NOTHING_SPAWNED.some((kind) => error instanceof kind)) throw error
      slot?.launched()
      slot?.ended()
      accepted.place.leave()
      // The next process of this service goes on, or another instance.
      if (error instanceof QueueClosed || error instanceof ServiceEnds) return { kind: 'postponed' }
      if (error instanceof LeaseLost) throw error
      const outcome = refusalOf(error, submission)
      if (!outcome) log.error({ submissionId: submission.id, err: error }, 'a start failed')
      const { code, text } = outcome ?? OWN_FAULT
      await giveUp(accepted, code, text)
      if (!outcome) throw error
      return outcome
    }
  }

  async function endReplaced(submission: Submission, signal: AbortSignal): Promise<Submission> {
    const { replaces, replacesApplication } = submission
    if (replaces !== null || replacesApplication !== null) {
      await beforeDeadline(submission, signal, (limit) => replaced.surely(submission, limit))
    }
    return submission
  }

  /** The name was free when the job was accepted, or was not asked for; it may have waited since. */
  async function checkName(
    { nameWasFreeAt = Number.NEGATIVE_INFINITY }: Accepted,
    submission: Submission,
    signal: AbortSignal
  ): Promise<void> {
    if (performance.now() - nameWasFreeAt < NAME_CHECK_MS) return
    for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        return await refuseNameOnYarn(parts, submission.taskName, signal)
      } catch (error) {
        // An outage of the ResourceManager is no reason to reject what was accepted; a stop is one.
        if (!(error instanceof Failure && error.cause instanceof RmError)) throw error
        const { reason } = error.cause
        log.info({ submissionId: submission.id, reason }, 'a start waits for the ResourceManager')
      }
      await pause(pauseMs, signal)
      const look = () => store.find(submission.id)
      if ((await obstacles.outlast(submission, look, signal))?.state !== 'ACCEPTED') {
        throw new Withdrawn('it was stopped')
      }
    }
  }

  function turnOf({ place }: Accepted, submission: Submission, signal: AbortSignal): Promise<Slot> {
    return beforeDeadline(submission, signal, (limit) =>
      place.turn({ driver: needsDriver(submission) }, limit)
    )
  }

  function beforeDeadline<T>(
    { startDeadline }: Submission,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>
  ): Promise<T> {
    return withinTime(Math.max(1, startDeadline - Date.now()), signal, work)
  }

  return {
    start: (accepted, before) => {
      const outcome = run(accepted, before, background.signal)
      const { id: submissionId } = accepted.submission
      background.run('a start', { submissionId }, async () => {
        await Promise.allSettled([outcome])
      })
      return outcome
    },
    rehearse: async (accepted, launch) => {
      try {
        await rehearse(parts, launch)
      } catch (error) {
        if (!(error instanceof NotPrepared)) throw error
        await giveUp(accepted, error.code, error.message)
        const fields = { submissionId: accepted.submission.id }
        throw notStarted(error.code, error.message, fields)
      }
    },
    giveUp
  }
}

/** The end of a start that was not launched; undefined for faults of ours. */
function refusalOf(error: unknown, submission: Submission): Refused | undefined {
  if (error instanceof TimeLimitReached) {
    const text = `no launcher was free ${startTimeOf(submission)} after the request; the start is cancelled for good`
    return refused(submission, 'START_TIMEOUT', text)
  }
  if (error instanceof WaitedInVain) {
    const text = `${error.message}; the start is cancelled for good`
    return refused(submission, 'START_TIMEOUT', text)
  }
  if (error instanceof NotPrepared) return refused(submission, error.code, error.message)
  if (error instanceof NotStarted) {
    return refused(submission, 'NOT_STARTED', `the launcher was not started: ${error.message}`)
  }
  if (error instanceof NotEnded) {
    return { ...refused(submission, 'STOP_FAILED', error.message), failure: error.failure }
  }
  if (error instanceof Withdrawn || error instanceof ImpossibleChange) {
    return refused(submission, 'STOPPED', 'it was stopped before a launcher was started for it')
  }
  if (error instanceof Failure) {
    const code = error.code.replace(/^YARN_EXECUTOR_/, '')
    return refused(submission, code, error.message, error.fields)
  }
  return undefined
}
