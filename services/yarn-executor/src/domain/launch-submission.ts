import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import { findLaunched, findNamed, findUntagged } from './find-launched.ts'
import { LeaseLost } from './job-store.ts'
import { type Slot, Withdrawn } from './launch-queue.ts'
import { type LauncherNews, refOf, watchLauncher } from './launcher-watch.ts'
import { NotStarted, NotStartedForNow, type ProcessIdentity } from './launching.ts'
import { isAccepted } from './observation.ts'
import { requireMine } from './ownership.ts'
import { ABSENT_POLLS, type Parts } from './parts.ts'
import { NotPrepared, type PreparedAttempt, prepareAttempt } from './prepare-attempt.ts'
import { requireActive } from './require-active.ts'
import { createSettling } from './settle-launch.ts'
import { type StartObstacles, WaitedInVain } from './start-obstacles.ts'
import { type StartOutcome, stoppedMeanwhile } from './start-outcome.ts'
import type { Stops } from './stop-submission.ts'
import { type Attempt, ImpossibleChange, type Submission } from './submission.ts'
import { createWake } from './wake.ts'

/** What is launched, the right to do so, and what ends the work for it. */
export type LaunchTerms = Readonly<{ slot: Slot; signal: AbortSignal }>

export interface Launcher {
  /**
   * Spawns the launcher of an ACCEPTED submission, and follows it until the ResourceManager has accepted the
   * application, or it is certain that it will not run. A launcher that is lost on the way is replaced by another
   * attempt, once it is proven that it has left no application. Throws {@link NotStarted}: nothing was spawned, and the
   * submission is still to be given up.
   */
  launch: (
    submission: Submission,
    prepared: PreparedAttempt,
    terms: LaunchTerms
  ) => Promise<StartOutcome>
  /** The same from the middle on, for one that a former process of this service may have spawned. */
  resume: (
    submission: Submission,
    attempt: Attempt | undefined,
    terms: LaunchTerms
  ) => Promise<StartOutcome>
}

/** `adopted`: nobody knows whether it runs, or what it had sent when it ended. */
type Followed = Readonly<{ attempt: Attempt; adopted: boolean }>

/** What is thrown while it is certain that no launcher was spawned. */
const NOTHING_RUNS = [NotStarted, NotStartedForNow, Withdrawn, WaitedInVain, LeaseLost]

const QUICK_LOOK_UP_MS = 200
/** What has been submitted is accepted soon, as a rule: looks follow each other at this share of the time so far. */
const SOON = { leastMs: 10, share: 0.2 }

type Needs = Readonly<{ stops: Pick<Stops, 'begin' | 'proof'>; obstacles: StartObstacles }>

export function createLauncher(parts: Parts, { stops, obstacles }: Needs): Launcher {
  const { store, launching, limits, log, background, queue, ownership } = parts
  const settling = createSettling(parts, stops)

  /** Waits while the host cannot start anything. @throws NotStarted and what `outlast` throws: nothing runs */
  async function spawn(
    submission: Submission,
    { attempt, launchable }: PreparedAttempt,
    { slot, signal }: LaunchTerms
  ): Promise<Followed> {
    const ids = { attemptId: attempt.id }
    let identity: ProcessIdentity
    try {
      identity = await obstacles.outlast(submission, () => launching.start(launchable), signal)
    } catch (error) {
      const nothingRuns = NOTHING_RUNS.some((kind) => error instanceof kind)
      if (nothingRuns) slot.ended()
      if (nothingRuns || signal.aborted) throw error
      log.error({ ...ids, err: error }, 'whether a launcher runs is not known')
      return { attempt, adopted: true }
    }
    await store.attemptStarted(attempt.id, identity).catch((error: unknown) => {
      // It runs all the same; after a crash its marker and its lock tell of it.
      log.error({ ...ids, err: error }, 'the number of a process was not kept')
    })
    return { attempt: { ...attempt, identity }, adopted: false }
  }

  async function markLaunching(submission: Submission, signal: AbortSignal): Promise<Submission> {
    const { id } = submission
    let isRepeated = false
    const mark = async () => {
      const before = isRepeated ? await store.find(id) : undefined
      // Of a write whose answer was lost nobody knows whether it was done; nobody else makes this one.
      if (before?.state === 'LAUNCHING') return before
      isRepeated = true
      return await store.change(id, { to: 'LAUNCHING', who: 'executor' })
    }
    try {
      return await obstacles.outlast(submission, mark, signal)
    } catch (cause) {
      signal.throwIfAborted()
      const isAnswer = [ImpossibleChange, LeaseLost, Withdrawn, WaitedInVain]
      if (isAnswer.some((kind) => cause instanceof kind)) throw cause
      log.error({ submissionId: id, err: cause }, 'a launcher was not started')
      throw new NotStarted('the service met an error of its own', { cause })
    }
  }

  /** One attempt after the other, until one decides it. */
  async function settle(
    submission: Submission,
    first: Followed | undefined,
    terms: LaunchTerms
  ): Promise<StartOutcome> {
    let followed = first
    let { slot } = terms
    for (;;) {
      const outcome = followed ? await follow(submission, followed, { ...terms, slot }) : 'lost'
      if (outcome !== 'lost') return outcome
      const patiently = <T>(work: () => Promise<T>) =>
        obstacles.outlast(submission, work, terms.signal)
      try {
        const next = await patiently(() => prepareAttempt(parts, submission))
        // A stop from now on sees this attempt, and voids it; one from before is seen here.
        const now = await patiently(() => store.find(submission.id))
        if (now?.state !== 'LAUNCHING') {
          const reason = 'it was stopped before the launcher was started'
          await store.attemptEnded(next.attempt.id, { kind: 'not-started', reason })
          return stoppedMeanwhile(submission)
        }
        await tellOfAnother(submission, followed?.attempt, next.attempt)
        const own = queue.adopt({ launching: false, driver: next.attempt.holdsDriver })
        slot = { ...own, launched: () => {} }
        followed = await spawn(submission, next, { ...terms, slot })
      } catch (error) {
        if (error instanceof ImpossibleChange || error instanceof Withdrawn) {
          return stoppedMeanwhile(submission)
        }
        if (error instanceof WaitedInVain) return await settling.cancel(submission)
        if (error instanceof NotPrepared) {
          return await settling.reject(submission, error.code, error.message)
        }
        if (!(error instanceof NotStarted)) throw error
        return await settling.reject(submission, 'NOT_STARTED', error.message)
      }
    }
  }

  async function tellOfAnother(
    { id: submissionId }: Submission,
    lost: Attempt | undefined,
    { id }: Attempt
  ): Promise<void> {
    const detail = lost
      ? `${id}, since ${lost.id} was lost and has left no application`
      : `${id}, since none was made before`
    log.warn({ submissionId, attemptId: id }, 'a lost launcher is replaced')
    const event = { submissionId, who: 'executor', what: 'another-attempt', detail }
    await store.note(event).catch((error: unknown) => {
      log.error({ submissionId, err: error }, 'that there is another attempt was not kept')
    })
  }

  /** Until the deadline; then it is cancelled for good. */
  async function follow(
    submission: Submission,
    followed: Followed,
    { slot, signal }: LaunchTerms
  ): Promise<StartOutcome | 'lost'> {
    const wake = createWake()
    const news = watchLauncher(parts, followed.attempt, slot, wake.now)
    const watched = (limit: AbortSignal) => pursue(submission, followed, { news, wake }, limit)
    const remaining = submission.startDeadline - Date.now()
    try {
      // One whose deadline passed while nobody looked may have made it in time: the ResourceManager knows.
      if (followed.adopted && remaining <= 0) return await watched(signal)
      return await withinTime(Math.max(1, remaining), signal, watched)
    } catch (error) {
      if (error instanceof ImpossibleChange) return stoppedMeanwhile(submission)
      if (!(error instanceof TimeLimitReached)) throw error
      return await settling.cancel(submission)
    }
  }

  async function pursue(
    submission: Submission,
    { attempt, adopted }: Followed,
    { news, wake }: Readonly<{ news: LauncherNews; wake: ReturnType<typeof createWake> }>,
    signal: AbortSignal
  ): Promise<StartOutcome | 'lost'> {
    const ref = refOf(attempt)
    let voided = false
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

    async function look(): Promise<StartOutcome | 'lost' | undefined> {
      soon = false
      // Most launchers say what they have submitted; whether they live is no matter then, and costly to find out.
      const named = adopted ? undefined : news.applicationId
      const early = named && (await findNamed(parts, submission, named, signal))
      // Read before the question: whoever could submit is gone when it is asked.
      const free = !early && (news.exit !== undefined || adopted) && (await nobodyIsLeft())
      freeSince = free ? (freeSince ?? performance.now()) : undefined

      const launched = early
        ? { application: early, others: [] }
        : await findLaunched(parts, submission, named, signal)
      if (launched === 'unanswered') {
        absences = 0
        return undefined
      }
      // Only the output may name one whose tags the job itself has replaced.
      const told = launched.application ? undefined : news.applicationId
      const untagged = told
        ? await findUntagged(parts, submission, attempt, told, signal)
        : undefined
      const application = launched.application ?? untagged?.application
      absences = free && !application ? absences + 1 : 0
      if (application) {
        if (!inTime(submission, application)) return await settling.cancel(submission)
        if (adopted && (await settling.endOthers(submission, launched, signal))) return undefined
        if (isAccepted(application)) return await settling.accept(submission, application)
        submittedSince ??= performance.now()
      }
      const freeForMs = freeSince === undefined ? 0 : performance.now() - freeSince
      if (absences >= ABSENT_POLLS && freeForMs >= horizonMs()) {
        if (!(await isAbsent(submission, named))) {
          absences = 0
          return undefined
        }
        const stranger = untagged?.whyNot && `${told}, which ${untagged.whyNot}`
        return await settling.withoutApplication(submission, attempt, stranger)
      }
      const late = Date.now() > submission.startDeadline
      if (late && !application && !free) return await settling.cancel(submission)
      soon = application !== undefined || (free && horizonMs() === 0)
      return undefined
    }

    /** Nobody of the attempt can submit any more, nor begin to. */
    async function nobodyIsLeft(): Promise<boolean> {
      if ((await launching.fence(ref)) !== 'free') return false
      if (voided) return true
      voided = await launching.void(ref)
      return voided && (await launching.fence(ref)) === 'free'
    }

    /** Asked of one that is active, so that its answer is a proof. */
    async function isAbsent(submission: Submission, named: string | undefined): Promise<boolean> {
      try {
        await requireActive(parts.rm, signal)
      } catch (error) {
        if (!(error instanceof RmError)) throw error
        return false
      }
      const launched = await findLaunched(parts, submission, named, signal)
      return launched !== 'unanswered' && launched.application === undefined
    }

    /** A request of a launcher that ended by itself was answered; of any other it may still be on its way. */
    function horizonMs(): number {
      return adopted || news.exit?.kind !== 'exited' ? limits.submitHorizonMs : 0
    }
  }

  /** Counts against `MAX_LAUNCHERS` until nothing can come of the launcher any more. */
  async function andLetGo(
    submission: Submission,
    { slot, signal }: LaunchTerms,
    work: () => Promise<StartOutcome>
  ): Promise<StartOutcome> {
    let over = false
    try {
      const outcome = await work()
      over = outcome.kind !== 'refused' || outcome.code !== 'START_TIMEOUT'
      return outcome
    } catch (error) {
      over = signal.aborted || error instanceof LeaseLost
      throw error
    } finally {
      if (over) slot.launched()
      else cancelWithProof(submission, slot)
    }
  }

  /** Also when the store could not keep at once that it is cancelled. */
  function cancelWithProof(submission: Submission, slot: Slot): void {
    const ids = { submissionId: submission.id }
    background.run('a cancelled start', ids, async () => {
      await background.insist('cancelling a start', ids, () =>
        settling.cancel(submission).catch(unlessOver)
      )
      await stops.proof(submission.id)
      slot.launched()
    })
  }

  return {
    launch: async (submission, prepared, terms) => {
      const launched = await markLaunching(submission, terms.signal)
      const followed = await spawn(launched, prepared, terms)
      return await andLetGo(launched, terms, () => settle(launched, followed, terms))
    },
    resume: (submission, attempt, terms) =>
      andLetGo(submission, terms, () =>
        settle(submission, attempt && { attempt, adopted: true }, terms)
      )
  }
}

/** The start's time is not over, or the ResourceManager had the application before it was. */
function inTime(
  { startDeadline }: Submission,
  { startedTime }: Readonly<{ startedTime: number }>
): boolean {
  return Date.now() <= startDeadline || (startedTime > 0 && startedTime <= startDeadline)
}

/** There is nothing to stop any more. */
function unlessOver(error: unknown): void {
  if (!(error instanceof ImpossibleChange)) throw error
}
