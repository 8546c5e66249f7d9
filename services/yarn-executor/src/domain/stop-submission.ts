import { type Application, isLive } from '@scheduler-task/yarn-client/application'
import { isPassing, RmError } from '@scheduler-task/yarn-client/rm-errors'
import { pause, withinTime } from '@scheduler-task/yarn-client/time-limit'
import { LeaseLost } from './job-store.ts'
import { refOf } from './launcher-watch.ts'
import { HOST_UNREACHABLE, HostUnreachable } from './launching.ts'
import { changeTo, type FinalYarnState, finalStateOf } from './observation.ts'
import { requireMine } from './ownership.ts'
import { ABSENT_POLLS, type Parts } from './parts.ts'
import { requireActive } from './require-active.ts'
import { type Attempt, isOver, type StateChange, type Submission } from './submission.ts'
import { createWake } from './wake.ts'

export type StopIntent = Readonly<{ who: string; reason: string; text?: string }>

/**
 * Ends submissions, with proof: every application of the tag has a final state *and* nobody is left who could submit
 * another one. Applications are killed through the ResourceManager first, because a Spark client that gets a signal
 * first ends its application as SUCCEEDED.
 */
export interface Stops {
  /**
   * The wish is durable when this resolves; from then on the stop goes on, also after a restart of this service, until
   * it is proven. One that is under way already is joined. Throws `ImpossibleChange` when the submission is over.
   */
  begin: (submissionId: string, intent: StopIntent) => Promise<Submission>
  /** Goes on with what a former process of this service began. */
  resume: (submission: Submission) => void
  /** The submission once the stop is proven. Rejects when the service ends. */
  proof: (submissionId: string) => Promise<Submission>
  /** How far the stop is; undefined when it is not carried on here. */
  progressOf: (submissionId: string) => Readonly<StopProgress> | undefined
}

/**
 * What a stop waits for: final states of its applications, the end of its processes, that a request on its way is ruled
 * out (the ResourceManager has no application and none shows up), or the ResourceManager itself.
 */
export type StopWait = 'APPLICATIONS' | 'PROCESSES' | 'ABSENCE' | 'RESOURCE_MANAGER'

export type StopProgress = {
  waitsFor: StopWait
  /** What keeps it from being proven, in words; undefined when it just takes its time. */
  problem: string | undefined
  /** The ResourceManager does not let this service kill it: that may last. */
  refused: RmError | undefined
}
type Stop = Readonly<{ done: Promise<Submission>; progress: StopProgress }>

/** How often, and since when by a clock that never jumps, no application was found; and that nothing begins any more. */
type Absence = { polls: number; since: number; voided: boolean }

const REFUSALS: ReadonlySet<string> = new Set(['RM_REFUSED', 'RM_KERBEROS'])
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5000
/** News of another instance may be lost on its way. */
const LOOK_MS = 1000
/** One round of asking for the end; the next begins with a fresh look. */
const KILL_ROUND_MS = 10_000

export function createStops(parts: Parts): Stops {
  const { store, rm, live, launching, limits, background, ownership, log } = parts
  const stops = new Map<string, Stop>()

  function run(submission: Submission): Stop {
    const known = stops.get(submission.id)
    if (known) return known
    const progress: StopProgress = {
      waitsFor: 'RESOURCE_MANAGER',
      problem: undefined,
      refused: undefined
    }
    const done = prove(submission, progress).finally(() => stops.delete(submission.id))
    const stop = { done, progress }
    stops.set(submission.id, stop)
    background.run('a stop', { submissionId: submission.id }, async () => void (await done))
    return stop
  }

  async function prove(submission: Submission, progress: StopProgress): Promise<Submission> {
    const { signal } = background
    const absence: Absence = { polls: 0, since: 0, voided: false }
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        requireMine(ownership, submission.id)
        const last = await step(submission, { absence, progress }, signal)
        if (last) return await store.change(submission.id, last)
        progress.problem = undefined
        progress.refused = undefined
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof LeaseLost) throw error
        absence.polls = 0
        if (error instanceof RmError) {
          if (isPassing(error)) progress.waitsFor = 'RESOURCE_MANAGER'
          progress.refused = REFUSALS.has(error.reason) ? error : undefined
        }
        const closed = await closedMeanwhile(submission)
        if (closed) return closed
        progress.problem = error instanceof Error ? error.message : String(error)
        const fields = { submissionId: submission.id, reason: progress.problem }
        if (error instanceof RmError) log.info(fields, 'a stop waits for the ResourceManager')
        else if (error instanceof HostUnreachable) {
          log.info(fields, 'a stop waits for the host of its launcher')
          await store.markStale(HOST_UNREACHABLE, [submission.id]).catch(() => {})
        } else log.error({ ...fields, err: error }, 'a stop met an error and goes on')
      }
      await pause(pauseMs, signal)
    }
  }

  /** What another instance proves, as the store tells of it. */
  async function provenElsewhere(id: string): Promise<Submission> {
    const { signal } = background
    const wake = createWake()
    const end = store.onChange(wake.now)
    try {
      for (;;) {
        const now = await store.find(id)
        if (!now) throw new Error(`there is no submission ${id}`)
        if (now.state !== 'STOPPING') return now
        if (ownership.isMine(id)) return await run(now).done
        await wake.wait(LOOK_MS, signal)
        await pause(FIRST_PAUSE_MS, signal)
      }
    } finally {
      end()
    }
  }

  /** Somebody has closed the record by hand: there is nothing left to prove. */
  async function closedMeanwhile({ id }: Submission): Promise<Submission | undefined> {
    const now = await store.find(id).catch(() => undefined)
    return now && isOver(now) ? now : undefined
  }

  /** One round; answers the last change of state once everything is proven. */
  async function step(
    submission: Submission,
    { absence, progress }: Readonly<{ absence: Absence; progress: StopProgress }>,
    signal: AbortSignal
  ): Promise<StateChange | undefined> {
    const attempts = await store.attemptsOf(submission.id)
    // Read before the applications: what is listed then is all that there will be.
    const held = await heldOf(attempts, absence)
    const applications = await applicationsOf(submission, signal)
    const alive = applications.filter(({ state }) => isLive(state))
    if (alive.length > 0) {
      absence.polls = 0
      progress.waitsFor = 'APPLICATIONS'
      await killAll(submission, alive, signal)
      return undefined
    }
    if (held.length > 0) {
      absence.polls = 0
      progress.waitsFor = 'PROCESSES'
      await endProcesses(submission, held, signal)
      return undefined
    }
    const main = applications.find(({ id }) => id === submission.applicationId) ?? applications[0]
    const ended = main && finalStateOf(main)
    if (ended) return finalChange(submission, main, ended)
    progress.waitsFor = 'ABSENCE'
    const { applicationId } = submission
    if (applicationId === null && (await nothingWasSent(attempts))) return cancelled(submission)
    if (absence.polls === 0) absence.since = performance.now()
    absence.polls += 1
    const proven = performance.now() - absence.since >= limits.submitHorizonMs
    if (absence.polls < ABSENT_POLLS || !proven) return undefined
    await requireActive(rm, signal)
    if ((await applicationsOf(submission, signal)).length > 0) return undefined
    if (applicationId === null) return cancelled(submission)
    const text = `the ResourceManager knows no ${applicationId} any more; how it ended is unknown`
    return { to: 'LOST', who: 'resource-manager', reason: 'RM_FORGOT', text }
  }

  /** Those of which something may still submit; the others never will, also when they have not begun. */
  async function heldOf(
    attempts: readonly Attempt[],
    absence: Absence
  ): Promise<readonly Attempt[]> {
    if (!absence.voided) {
      const voided = await Promise.all(attempts.map((one) => launching.void(refOf(one))))
      absence.voided = voided.every(Boolean)
    }
    const fences = await Promise.all(attempts.map((one) => launching.fence(refOf(one))))
    return attempts.filter((_one, at) => !absence.voided || fences[at] !== 'free')
  }

  /** No launcher ever ran: no request of it can be on its way. */
  async function nothingWasSent(attempts: readonly Attempt[]): Promise<boolean> {
    for (const attempt of attempts) {
      const exit = attempt.exit ?? (await launching.exitOf(refOf(attempt)))
      if (exit?.kind !== 'not-started') return false
    }
    return true
  }

  /** By tag, and by the id that is known: a job may have overridden its tags. */
  async function applicationsOf(
    { submissionTag, applicationId }: Submission,
    signal: AbortSignal
  ): Promise<Application[]> {
    const tagged = await rm.applications({ tags: [submissionTag] }, signal)
    if (applicationId === null || tagged.some(({ id }) => id === applicationId)) return tagged
    const known = await rm.application(applicationId, signal)
    return known ? [known, ...tagged] : tagged
  }

  /** All of them are asked for, also when one is refused. */
  async function killAll(
    submission: Submission,
    alive: readonly Application[],
    signal: AbortSignal
  ): Promise<void> {
    const kills = await Promise.allSettled(alive.map(({ id }) => kill(submission, id, signal)))
    live.invalidate()
    const failed = kills.find((one) => one.status === 'rejected')
    if (failed) throw failed.reason
  }

  async function kill(submission: Submission, id: string, signal: AbortSignal): Promise<void> {
    const diagnostics = `stopped by ${submission.stopRequestedBy ?? 'scheduler-task'} (submission ${submission.id})`
    try {
      const longestDelayMs = limits.lookUpIntervalMs
      await rm.kill(id, { diagnostics, signal, deadlineMs: KILL_ROUND_MS, longestDelayMs })
    } catch (error) {
      if (!(error instanceof RmError && error.reason === 'RM_NOT_FOUND')) throw error
    }
  }

  /** Until none is left, or one of them has submitted an application after all: that is killed first. */
  async function endProcesses(
    submission: Submission,
    held: readonly Attempt[],
    signal: AbortSignal
  ): Promise<void> {
    const { killGraceMs: graceMs } = limits
    const round = new AbortController()
    try {
      await withinTime(graceMs + KILL_ROUND_MS, signal, async (limit) => {
        const both = AbortSignal.any([limit, round.signal])
        const ends = held.map((one) => launching.end(refOf(one), { graceMs, signal: both }))
        await Promise.race([Promise.all(ends), appearance(submission, both)])
      })
    } finally {
      round.abort()
    }
  }

  /** Resolves when an application of the submission lives. */
  async function appearance(submission: Submission, signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(limits.lookUpIntervalMs, signal)
      try {
        const applications = await applicationsOf(submission, signal)
        if (applications.some(({ state }) => isLive(state))) return
      } catch (error) {
        if (!(error instanceof RmError)) throw error
      }
    }
  }

  return {
    begin: async (id, intent) => {
      const { who, reason, text } = intent
      const before = await store.find(id)
      const stopping =
        before?.state === 'STOPPING'
          ? before
          : await store.change(id, { to: 'STOPPING', who, reason, ...(text && { text }) })
      // Else its owner sees it in the store.
      if (ownership.isMine(id)) run(stopping)
      return stopping
    },
    resume: run,
    proof: async (id) => {
      try {
        const stop = stops.get(id)
        if (stop) return await stop.done
      } catch (error) {
        background.signal.throwIfAborted()
        if (!(error instanceof LeaseLost)) throw error
      }
      return await provenElsewhere(id)
    },
    progressOf: (id) => stops.get(id)?.progress
  }
}

function cancelled({ reasonText }: Submission): StateChange {
  const text = reasonText ?? 'stopped before there was an application'
  return { to: 'KILLED', who: 'executor', reason: 'CANCELLED', text }
}

function finalChange(
  { reason }: Submission,
  application: Application,
  state: FinalYarnState
): StateChange {
  const change = changeTo(state, application, Date.now())
  return reason === null ? change : { ...change, reason }
}
