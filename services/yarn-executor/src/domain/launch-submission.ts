import {
  type Application,
  compareApplicationIds,
  isApplicationId,
  isFinal
} from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import { LeaseLost } from './job-store.ts'
import type { Slot } from './launch-queue.ts'
import { withoutReason } from './launcher-failure.ts'
import { type LauncherNews, refOf, watchLauncher } from './launcher-watch.ts'
import { NotStarted, type PreparedLaunch, type ProcessIdentity } from './launching.ts'
import { applyObservation, changeTo, isAccepted, wasRefused } from './observation.ts'
import { requireMine } from './ownership.ts'
import { ABSENT_POLLS, type Parts } from './parts.ts'
import type { Stops } from './stop-submission.ts'
import { type Attempt, ImpossibleChange, type Submission } from './submission.ts'
import { createWake } from './wake.ts'

/** How a start ended. `refused`: this submission will not run. */
export type StartOutcome =
  | Readonly<{ kind: 'started'; applicationId: string }>
  | Readonly<{
      kind: 'refused'
      code: string
      text: string
      fields: Readonly<Record<string, unknown>>
    }>

export interface Launcher {
  /**
   * Spawns the launcher of an ACCEPTED submission whose attempt is stored, and follows it until the ResourceManager has
   * accepted the application, or it is certain that it will not run. Throws {@link NotStarted}: nothing was spawned, and
   * the submission is still to be given up.
   */
  launch: (
    submission: Submission,
    attempt: Attempt,
    prepared: PreparedLaunch,
    slot: Slot
  ) => Promise<StartOutcome>
  /** The same from the middle on, for one that a former process of this service may have spawned. */
  resume: (submission: Submission, attempt: Attempt, slot: Slot) => Promise<StartOutcome>
}

const QUICK_LOOK_UP_MS = 200
/** What has been submitted is accepted soon, as a rule: looks follow each other at this share of the time so far. */
const SOON = { leastMs: 10, share: 0.2 }

export function createLauncher(parts: Parts, stops: Pick<Stops, 'begin' | 'proof'>): Launcher {
  const { store, rm, live, launching, limits, log, background, ownership } = parts

  async function launch(
    submission: Submission,
    attempt: Attempt,
    prepared: PreparedLaunch,
    slot: Slot
  ): Promise<StartOutcome> {
    const launched = await markLaunching(submission)
    let identity: ProcessIdentity
    try {
      identity = await launching.start(prepared)
    } catch (error) {
      if (error instanceof NotStarted) throw error
      log.error({ submissionId: submission.id, err: error }, 'whether a launcher runs is not known')
      return await follow(launched, attempt, slot, { adopted: true })
    }
    try {
      await store.attemptStarted(attempt.id, identity)
    } catch (error) {
      // It runs all the same; after a crash its marker and its lock tell of it.
      log.error({ submissionId: submission.id, err: error }, 'the number of a process was not kept')
    }
    return await follow(launched, { ...attempt, identity }, slot, { adopted: false })
  }

  async function markLaunching({ id }: Submission): Promise<Submission> {
    try {
      return await store.change(id, { to: 'LAUNCHING', who: 'executor' })
    } catch (cause) {
      log.error({ submissionId: id, err: cause }, 'a launcher was not started')
      throw new NotStarted('the service met an error of its own', { cause })
    }
  }

  /** Until the deadline; then it is cancelled for good. */
  async function follow(
    submission: Submission,
    attempt: Attempt,
    slot: Slot,
    options: { adopted: boolean }
  ): Promise<StartOutcome> {
    const wake = createWake()
    const news = watchLauncher(parts, attempt, slot, wake.now)
    const watched = (signal: AbortSignal) =>
      pursue(submission, attempt, news, options, wake, signal)
    const remaining = submission.startDeadline - Date.now()
    try {
      // One whose deadline passed while nobody looked may have made it in time: the ResourceManager knows.
      if (options.adopted && remaining <= 0) return await watched(background.signal)
      return await withinTime(Math.max(1, remaining), background.signal, watched)
    } catch (error) {
      if (error instanceof ImpossibleChange) return stoppedMeanwhile(submission)
      if (!(error instanceof TimeLimitReached)) throw error
      return await cancelForGood(submission)
    }
  }

  async function pursue(
    submission: Submission,
    attempt: Attempt,
    news: LauncherNews,
    { adopted }: { adopted: boolean },
    wake: ReturnType<typeof createWake>,
    signal: AbortSignal
  ): Promise<StartOutcome> {
    let freeSince: number | undefined
    let absences = 0
    let soon = false
    let submittedSince: number | undefined
    for (;;) {
      signal.throwIfAborted()
      try {
        requireMine(ownership, submission.id)
        const outcome = await look()
        if (outcome) return outcome
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof ImpossibleChange || error instanceof LeaseLost) throw error
        log.error({ submissionId: submission.id, err: error }, 'a launch met an error and goes on')
      }
      await wake.wait(nextLookMs(), signal)
    }

    function nextLookMs(): number {
      if (!soon) return limits.lookUpIntervalMs
      if (submittedSince === undefined) return QUICK_LOOK_UP_MS
      const shareMs = (performance.now() - submittedSince) * SOON.share
      return Math.min(QUICK_LOOK_UP_MS, Math.max(SOON.leastMs, shareMs))
    }

    async function look(): Promise<StartOutcome | undefined> {
      soon = false
      // Most launchers say what they have submitted; whether they live is no matter then, and costly to find out.
      const named =
        news.applicationId === undefined
          ? undefined
          : await lookUp(submission, news.applicationId, signal)
      const isThere = named !== undefined && named !== 'unanswered'
      const looked = !isThere && (news.exit !== undefined || adopted)
      // Read before the question: whoever could submit is gone when it is asked.
      const free = looked && (await launching.fence(refOf(attempt))) === 'free'
      freeSince = free ? (freeSince ?? Date.now()) : undefined

      const application = isThere ? named : await lookUp(submission, news.applicationId, signal)
      absences = free && application === undefined ? absences + 1 : 0
      if (application !== undefined && application !== 'unanswered') {
        if (!inTime(submission, application)) return await cancel(submission)
        if (isAccepted(application)) return await accept(submission, application)
        submittedSince ??= performance.now()
      }
      const freeForMs = freeSince === undefined ? 0 : Date.now() - freeSince
      if (absences >= ABSENT_POLLS && freeForMs >= (adopted ? limits.submitHorizonMs : 0)) {
        return await giveUp(submission, attempt)
      }
      const late = Date.now() > submission.startDeadline
      if (late && application === undefined && !free) return await cancel(submission)
      soon = application !== undefined || (free && !adopted)
      return undefined
    }
  }

  /** The application of the submission's tag; of several the one that the output names, else the oldest. */
  async function lookUp(
    submission: Submission,
    named: string | undefined,
    signal: AbortSignal
  ): Promise<Application | undefined | 'unanswered'> {
    const tag = submission.submissionTag
    try {
      const direct = named === undefined ? undefined : await lookUpNamed(named, signal)
      if (direct?.applicationTags.includes(tag)) return direct
      const tagged = await rm.applications({ tags: [tag] }, signal)
      tagged.sort((a, b) => compareApplicationIds(a.id, b.id))
      if (named !== undefined && tagged[0] && tagged[0].id !== named) {
        log.info(
          { submissionId: submission.id, named, applicationId: tagged[0].id },
          'the launcher names another application than the one with its tag'
        )
      }
      return tagged[0]
    } catch (error) {
      if (!(error instanceof RmError)) throw error
      log.debug(
        { submissionId: submission.id, reason: error.reason },
        'a launch waits for the ResourceManager'
      )
      return 'unanswered'
    }
  }

  /** Undefined also when it cannot be asked for: a job may print any id, or that of somebody else's application. */
  async function lookUpNamed(id: string, signal: AbortSignal): Promise<Application | undefined> {
    if (!isApplicationId(id)) return undefined
    try {
      return await rm.application(id, signal)
    } catch (error) {
      if (!(error instanceof RmError)) throw error
      return undefined
    }
  }

  async function accept(submission: Submission, application: Application): Promise<StartOutcome> {
    const { id, taskName } = submission
    if (application.name !== taskName) {
      const detail = `${application.id} is named ${application.name.slice(0, 200)}`
      await store.note({ submissionId: id, who: 'resource-manager', what: 'name-differs', detail })
    }
    const refused = wasRefused(application)
    const change = changeTo('SUBMITTED', application, Date.now())
    const startedAt = refused ? null : Date.now()
    const submitted = await store.change(id, { ...change, also: { ...change.also, startedAt } })
    live.invalidate()
    if (isFinal(application.state) || application.state === 'RUNNING') {
      // Else the watcher sees it.
      await applyObservation(store, submitted, application).catch((error: unknown) => {
        log.error({ submissionId: id, err: error }, 'what an application does was not kept')
      })
    }
    if (!refused) return { kind: 'started', applicationId: application.id }
    return {
      kind: 'refused',
      code: 'APPLICATION_REFUSED',
      text: `the ResourceManager refused ${application.id}: ${application.diagnostics.trim() || 'it gave no reason'}`,
      fields: { submissionId: id, applicationId: application.id, state: application.state }
    }
  }

  /** The launcher has ended, and there is no application. */
  async function giveUp(submission: Submission, attempt: Attempt): Promise<StartOutcome> {
    const ref = refOf(attempt)
    const [failure, tail] = [await launching.failureOf(ref), await launching.outputTail(ref, 4096)]
    const exit = (await launching.exitOf(ref)) ?? attempt.exit ?? undefined
    const { code, sentence } = failure ?? withoutReason(exit)
    return await reject(submission, code, sentence, {
      exit,
      ...(failure ? { lines: failure.lines } : { output: tail })
    })
  }

  async function reject(
    submission: Submission,
    code: string,
    text: string,
    fields: Readonly<Record<string, unknown>> = {}
  ): Promise<StartOutcome> {
    await store.change(submission.id, { to: 'REJECTED', who: 'executor', reason: code, text })
    return { kind: 'refused', code, text, fields: { submissionId: submission.id, ...fields } }
  }

  async function cancel(submission: Submission): Promise<StartOutcome> {
    const { promised, startDeadline, acceptedAt } = submission
    const waited = (promised ? startDeadline - acceptedAt : limits.startTimeoutMs) / 1000
    const text = `the ResourceManager had not accepted the application ${waited} s after the request; the start is cancelled for good`
    await stops.begin(submission.id, { who: 'executor', reason: 'START_TIMEOUT', text })
    return { kind: 'refused', code: 'START_TIMEOUT', text, fields: { submissionId: submission.id } }
  }

  /** Throws when that could not be kept; it is done as soon as it can be. */
  async function cancelForGood(submission: Submission): Promise<StartOutcome> {
    try {
      return await cancel(submission)
    } catch (error) {
      if (error instanceof ImpossibleChange) return stoppedMeanwhile(submission)
      if (error instanceof LeaseLost) throw error
      const ids = { submissionId: submission.id }
      background.run('cancelling a start', ids, () =>
        background.insist('cancelling a start', ids, async () => {
          await cancel(submission).catch(unlessOver)
        })
      )
      throw error
    }
  }

  function stoppedMeanwhile(submission: Submission): StartOutcome {
    const text =
      'the submission was stopped before the ResourceManager had accepted its application'
    return { kind: 'refused', code: 'STOPPED', text, fields: { submissionId: submission.id } }
  }

  /** Counts against `MAX_LAUNCHERS` until nothing can come of the launcher any more. */
  async function andLetGo(
    submission: Submission,
    slot: Slot,
    work: () => Promise<StartOutcome>
  ): Promise<StartOutcome> {
    let cancelled = false
    try {
      const outcome = await work()
      cancelled = outcome.kind === 'refused' && outcome.code === 'START_TIMEOUT'
      return outcome
    } finally {
      if (!cancelled) slot.launched()
      else {
        background.run('a cancelled start', { submissionId: submission.id }, async () => {
          await stops.proof(submission.id)
          slot.launched()
        })
      }
    }
  }

  return {
    launch: (submission, attempt, prepared, slot) =>
      andLetGo(submission, slot, () => launch(submission, attempt, prepared, slot)),
    resume: (submission, attempt, slot) =>
      andLetGo(submission, slot, () => follow(submission, attempt, slot, { adopted: true }))
  }
}

/** The start's time is not over, or the ResourceManager had the application before it was. */
function inTime({ startDeadline }: Submission, { startedTime }: Application): boolean {
  return Date.now() <= startDeadline || (startedTime > 0 && startedTime <= startDeadline)
}

/** There is nothing to stop any more. */
function unlessOver(error: unknown): void {
  if (!(error instanceof ImpossibleChange)) throw error
}
