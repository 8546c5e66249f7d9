import { Failure } from '@scheduler-task/envelope/errors'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { pause, TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import { notStarted } from '../errors.ts'
import type { Accepted } from './accept-job.ts'
import { ServiceEnds } from './background-work.ts'
import { QueueClosed, type Slot, Withdrawn } from './launch-queue.ts'
import type { Launcher, StartOutcome } from './launch-submission.ts'
import { NotStarted, type PreparedLaunch } from './launching.ts'
import type { Parts } from './parts.ts'
import { type Attempt, ImpossibleChange, type Submission } from './submission.ts'
import { refuseNameOnYarn } from './task-names.ts'

/** Its outcome; nobody needs to wait for it. */
export type Starting = Readonly<{ submission: Submission; outcome: Promise<StartOutcome> }>

/** Takes accepted jobs through the queue to their launch. What it begins goes on without the caller. */
export interface Starter {
  /**
   * Makes what the launcher needs and writes the attempt; nothing runs. Gives the submission up when that fails.
   * @throws Failure
   */
  prepare: (accepted: Accepted) => Promise<Prepared>
  /** Waits for a turn and launches. `launchBegins` is told right before, and may still throw `QueueClosed`. */
  start: (prepared: Prepared, launchBegins?: () => void) => Starting
  /** Gives an accepted job up that was not launched. Throws when that could not be kept; it is kept as soon as it can be. */
  giveUp: (accepted: Accepted, reason: string, text: string) => Promise<void>
}

const OWN_FAULT = { code: 'INTERNAL_ERROR', text: 'the service met an error of its own' }

/** The ResourceManager is asked for the name once more when the first answer is older than this. */
const NAME_CHECK_MS = 500
const LONGEST_PAUSE_MS = 5000

export type Prepared = Accepted & Readonly<{ attempt: Attempt; launchable: PreparedLaunch }>

export function createStarter(parts: Parts, launcher: Launcher): Starter {
  const { store, launching, background, limits, log } = parts

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

  async function run(prepared: Prepared, launchBegins: () => void): Promise<StartOutcome> {
    const { submission, launchable, attempt } = prepared
    let slot: Slot | undefined
    let begun = false
    try {
      slot = await turnOf(prepared)
      await beforeDeadline(submission, (signal) => checkName(submission, signal))
      launchBegins()
      begun = true
      return await launcher.launch(submission, attempt, launchable, slot)
    } catch (error) {
      // What was spawned is the launcher's business.
      if (begun && !(error instanceof NotStarted)) throw error
      const refused = refusalOf(error, submission, limits)
      slot?.launched()
      slot?.ended()
      const { code, text } = refused ?? OWN_FAULT
      // The next process of this service launches it.
      if (submission.promised && refused && code === 'SHUTTING_DOWN') return refused
      await giveUp(prepared, code, text)
      if (!refused) throw error
      return refused
    }
  }

  async function checkName(submission: Submission, signal: AbortSignal): Promise<void> {
    const check = () => refuseNameOnYarn(parts, submission.taskName, signal)
    if (submission.promised) return await askUntilAnswered(submission, check, signal)
    if (Date.now() - submission.acceptedAt > NAME_CHECK_MS) await check()
  }

  /** An outage of the ResourceManager is no reason to reject what was accepted; a stop is one. */
  async function askUntilAnswered(
    { id }: Submission,
    ask: () => Promise<void>,
    signal: AbortSignal
  ): Promise<void> {
    for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof Failure && error.cause instanceof RmError)) throw error
        const { reason } = error.cause
        log.info({ submissionId: id, reason }, 'a start waits for the ResourceManager')
      }
      await pause(pauseMs, signal)
      if ((await store.find(id))?.state !== 'ACCEPTED') throw new Withdrawn('it was stopped')
    }
  }

  function turnOf({ submission, place, launchable }: Prepared): Promise<Slot> {
    return beforeDeadline(submission, (signal) =>
      place.turn({ driver: launchable.holdsDriver }, signal)
    )
  }

  function beforeDeadline<T>(
    { startDeadline }: Submission,
    work: (signal: AbortSignal) => Promise<T>
  ): Promise<T> {
    return withinTime(Math.max(1, startDeadline - Date.now()), background.signal, work)
  }

  return {
    prepare: async (accepted) => {
      const { submission, launch } = accepted
      try {
        const launchable = await launching.prepare(launch)
        const attempt =
          accepted.attempt ??
          (await store.addAttempt({
            id: launch.attemptId,
            submissionId: submission.id,
            tag: launch.tags[2],
            profile: launchable.profile,
            argv: launchable.argv,
            renderedDigest: launchable.renderedDigest,
            holdsDriver: launchable.holdsDriver,
            directory: launchable.directory
          }))
        return { ...accepted, attempt, launchable }
      } catch (error) {
        const why = error instanceof NotStarted ? error.message : 'its files could not be written'
        const text = `the launcher was not started: ${why}`
        const fields = { submissionId: submission.id }
        log.error({ ...fields, err: error }, text)
        await giveUp(accepted, 'NOT_PREPARED', text)
        throw notStarted('NOT_PREPARED', text, fields)
      }
    },
    start: (prepared, launchBegins = () => {}) => {
      const outcome = run(prepared, launchBegins)
      const { id: submissionId } = prepared.submission
      background.run('a start', { submissionId }, async () => void (await outcome))
      return { submission: prepared.submission, outcome }
    },
    giveUp
  }
}

/** The end of a start that was not launched; undefined for faults of ours. */
function refusalOf(
  error: unknown,
  { id, promised, acceptedAt, startDeadline }: Submission,
  { startTimeoutMs }: Parts['limits']
): Extract<StartOutcome, { kind: 'refused' }> | undefined {
  const fields = { submissionId: id }
  if (error instanceof TimeLimitReached) {
    const seconds = (promised ? startDeadline - acceptedAt : startTimeoutMs) / 1000
    const text = `no launcher was free ${seconds} s after the request; the start is cancelled for good`
    return { kind: 'refused', code: 'START_TIMEOUT', text, fields }
  }
  if (error instanceof NotStarted) {
    const text = `the launcher was not started: ${error.message}`
    return { kind: 'refused', code: 'NOT_STARTED', text, fields }
  }
  if (error instanceof Withdrawn) {
    const text = 'it was stopped before a launcher was started for it'
    return { kind: 'refused', code: 'STOPPED', text, fields }
  }
  if (error instanceof QueueClosed || error instanceof ServiceEnds) {
    const text = 'the service was shutting down before a launcher was free'
    return { kind: 'refused', code: 'SHUTTING_DOWN', text, fields }
  }
  if (error instanceof Failure) {
    const code = error.code.replace(/^YARN_EXECUTOR_/, '')
    return { kind: 'refused', code, text: error.message, fields: { ...error.fields, ...fields } }
  }
  return undefined
}
