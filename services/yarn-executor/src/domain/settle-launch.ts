import { type Application, isFinal, isLive } from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import type { Launched } from './find-launched.ts'
import { withoutReason } from './launcher-failure.ts'
import { refOf } from './launcher-watch.ts'
import type { LauncherExit } from './launching.ts'
import { applyObservation, changeTo, wasRefused } from './observation.ts'
import type { Parts } from './parts.ts'
import { refused, type StartOutcome, startTimeOf } from './start-outcome.ts'
import type { Stops } from './stop-submission.ts'
import type { Attempt, JobWarning, Submission } from './submission.ts'

/** Attempts that began and were lost; and all together, those that never began included. */
const MOST_LOST = 3
const MOST_ATTEMPTS = 20
const KILL_MS = 30_000
const TAIL_BYTES = 4096

/** The ends that a launch may come to. Each is durable when it is answered. */
export interface Settling {
  /** The ResourceManager has taken the application. */
  accept: (submission: Submission, application: Application) => Promise<StartOutcome>
  /**
   * Nobody of the attempt is left, and there is no application. `lost`: the launcher did not end by itself, so that
   * another attempt is to be made. `named`: the application that its output names, and why it is not its own.
   */
  withoutApplication: (
    submission: Submission,
    attempt: Attempt,
    named?: string
  ) => Promise<StartOutcome | 'lost'>
  reject: (submission: Submission, code: string, text: string) => Promise<StartOutcome>
  /** Its time is over: it will not run, whatever appears. */
  cancel: (submission: Submission) => Promise<StartOutcome>
  /** Ends what lives beside the application that is kept; false when there was nothing. */
  endOthers: (submission: Submission, launched: Launched, signal: AbortSignal) => Promise<boolean>
}

export function createSettling(parts: Parts, stops: Pick<Stops, 'begin'>): Settling {
  const { store, rm, live, launching, log } = parts

  async function accept(submission: Submission, application: Application): Promise<StartOutcome> {
    const { id } = submission
    // Before the job can be over: afterwards nothing is added to it.
    for (const warning of await mismatchesOf(submission, application)) await store.warn(id, warning)
    const wasNotTaken = wasRefused(application)
    const change = changeTo('SUBMITTED', application, Date.now())
    const startedAt = wasNotTaken ? null : Date.now()
    const submitted = await store.change(id, { ...change, also: { ...change.also, startedAt } })
    live.invalidate()
    if (isFinal(application.state) || application.state === 'RUNNING') {
      // Else the watcher sees it.
      await applyObservation(store, submitted, application).catch((error: unknown) => {
        log.error({ submissionId: id, err: error }, 'what an application does was not kept')
      })
    }
    if (!wasNotTaken) return { kind: 'started', applicationId: application.id }
    const why = application.diagnostics.trim() || 'it gave no reason'
    const text = `the ResourceManager refused ${application.id}: ${why}`
    const { id: applicationId, state } = application
    return refused(submission, 'APPLICATION_REFUSED', text, { applicationId, state })
  }

  /** What has not reached YARN as it was asked for; tags by any case, since YARN lowers it. */
  async function mismatchesOf(
    { id, taskName, installationTag, submissionTag }: Submission,
    { id: applicationId, name, applicationTags }: Application
  ): Promise<JobWarning[]> {
    const warnings: JobWarning[] = []
    if (name !== taskName) {
      const text = `${applicationId} is named ${name.slice(0, 200)}: the launcher or the job itself gave it another name than ${taskName}`
      warnings.push({ code: 'NAME_DIFFERS', text })
    }
    const attempts = (await store.attemptsOf(id)).map(({ tag }) => tag)
    const has = new Set(applicationTags.map((tag) => tag.toLowerCase()))
    const missing = [installationTag, submissionTag].filter((tag) => !has.has(tag.toLowerCase()))
    if (!attempts.some((tag) => has.has(tag.toLowerCase()))) missing.push(...attempts.slice(-1))
    if (missing.length > 0) {
      const text = `${applicationId} does not bear ${missing.join(', ')}: the job itself or the site’s settings gave it other tags, so it is known by its id alone`
      warnings.push({ code: 'TAGS_MISSING', text })
    }
    return warnings
  }

  async function withoutApplication(
    submission: Submission,
    attempt: Attempt,
    named?: string
  ): Promise<StartOutcome | 'lost'> {
    const ref = refOf(attempt)
    const exit = (await launching.exitOf(ref)) ?? attempt.exit ?? undefined
    if (!exit || isLost(exit, launching.isOfThisBoot(ref))) return await another(submission, exit)
    const [failure, tail] = [
      await launching.failureOf(ref),
      await launching.outputTail(ref, TAIL_BYTES)
    ]
    const { code, sentence } = failure ?? withoutReason(exit)
    const text = named === undefined ? sentence : `${sentence}; its output names ${named}`
    const outcome = await reject(submission, code, text)
    const found = failure ? { lines: failure.lines } : { output: tail }
    return { ...outcome, fields: { ...outcome.fields, exit, ...found } }
  }

  /** Bounded: what takes its launcher along each time it is tried is not tried for ever. */
  async function another(
    submission: Submission,
    exit: LauncherExit | undefined
  ): Promise<StartOutcome | 'lost'> {
    const attempts = await store.attemptsOf(submission.id)
    const begun = attempts.slice(0, -1).filter((one) => one.exit?.kind !== 'not-started').length
    const lost = begun + (exit?.kind === 'not-started' ? 0 : 1)
    if (lost < MOST_LOST && attempts.length < MOST_ATTEMPTS) return 'lost'
    const why = exit && 'reason' in exit ? exit.reason : 'the host went down'
    const text = `${attempts.length} launchers were lost before there was an application, the last one: ${why}`
    return await reject(submission, 'LAUNCHER_LOST', text)
  }

  async function reject(submission: Submission, code: string, text: string) {
    await store.change(submission.id, { to: 'REJECTED', who: 'executor', reason: code, text })
    return refused(submission, code, text)
  }

  return {
    accept,
    withoutApplication,
    reject,
    cancel: async (submission) => {
      const text = `the ResourceManager had not accepted the application ${startTimeOf(submission)} after the request; the start is cancelled for good`
      await stops.begin(submission.id, { who: 'executor', reason: 'START_TIMEOUT', text })
      return refused(submission, 'START_TIMEOUT', text)
    },
    endOthers: async ({ id: submissionId }, { application, others }, signal) => {
      const alive = others.filter(({ state }) => isLive(state))
      await Promise.all(
        alive.map(async ({ id }) => {
          const detail = `${id} is killed, ${application?.id} is kept`
          await store.note({ submissionId, who: 'executor', what: 'second-application', detail })
          const diagnostics = `a second application of submission ${submissionId}`
          await rm.kill(id, { diagnostics, signal, deadlineMs: KILL_MS }).catch((error) => {
            // Looked for again before anything is told.
            if (!(error instanceof RmError)) throw error
          })
        })
      )
      return alive.length > 0
    }
  }
}

/** Gone without having ended by itself: nothing of it ever ran, its shim was killed, or the host went down. */
function isLost(exit: LauncherExit, isOfThisBoot: boolean): boolean {
  if (exit.kind === 'exited') return false
  return exit.kind === 'signalled' ? !isOfThisBoot : true
}
