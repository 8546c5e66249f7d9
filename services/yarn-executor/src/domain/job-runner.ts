import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import {
  applicationUnknown,
  goesOnElsewhere,
  goesOnWithoutUs,
  inRestart,
  notStarted,
  resourceManagerFailed,
  shuttingDown
} from '../errors.ts'
import { type Accepted, createAcceptance, type JobRequest } from './accept-job.ts'
import { type Applications, createApplications } from './applications.ts'
import type { ConfigFiles } from './config-files.ts'
import type { Drain } from './drain.ts'
import { findTarget } from './find-target.ts'
import { createForeignApplications } from './foreign-application.ts'
import { createHalt } from './halt-target.ts'
import { LeaseLost } from './job-store.ts'
import { QueueClosed } from './launch-queue.ts'
import { createLauncher, type StartOutcome } from './launch-submission.ts'
import type { Parts } from './parts.ts'
import { type LeftWork, recoverJobs } from './recover-jobs.ts'
import { createRestart } from './restart-job.ts'
import { createStarter } from './start-job.ts'
import { createStops } from './stop-submission.ts'
import type { Submission } from './submission.ts'
import { createSubmissions, type Submissions } from './submissions.ts'
import { refuseUsedName } from './task-names.ts'
import { createPoller } from './watcher/poller.ts'

export interface JobRunner {
  /** The id of the application once the ResourceManager has accepted it. */
  start: (job: JobRequest) => Promise<string>
  /** Resolves once it is proven that nothing of the application is left. */
  stop: (applicationId: string, who: string) => Promise<void>
  /** The id of the new application, in place of the old one. */
  restart: (applicationId: string, job: JobRequest) => Promise<string>
  /** The same jobs as v2 shows them. */
  submissions: Submissions
  /** What lives on the cluster, whoever started it. */
  applications: Applications
  /**
   * Goes on with what a former process of this service left; to be called once, before anything else. One of several
   * processes is given what has become its own, again and again.
   */
  recover: (left?: LeftWork) => Promise<void>
  /** Watches everything this installation has started. */
  watch: () => void
  /** Somebody wants the end of one, and has written that down. */
  endWanted: (submission: Submission) => void
  /** The service is about to end: what waits for a launcher is not launched any more. */
  closeQueue: () => void
  /** Ends all watching. Launchers live on. */
  close: (reason?: Error) => Promise<void>
}

export type JobRunnerOptions = Readonly<{
  configFiles: ConfigFiles
  installationId: string
  /** Once it has begun, nothing new is taken; who still waits at its end is turned away. */
  drain: Drain
}>

/** Starts, stops and restarts jobs (public-api §4, design §2). All calls throw `Failure` and `Refusal`. */
export function createJobRunner(
  parts: Parts,
  { configFiles, installationId, drain }: JobRunnerOptions
): JobRunner {
  const { store, background, limits, queue } = parts
  const stops = createStops(parts)
  const launcher = createLauncher(parts, stops)
  const starter = createStarter(parts, launcher)
  const acceptance = createAcceptance(parts, configFiles, installationId)
  const foreign = createForeignApplications(parts)
  const halt = createHalt(parts, stops, foreign)
  const replacement = createRestart(parts, { acceptance, starter, halt })
  const submissions = createSubmissions(parts, { acceptance, starter, stops, foreign, drain })
  const applications = createApplications(parts, { foreign, submissions, drain })
  const poller = createPoller(parts, installationId)

  function refuseWhenClosing(): void {
    if (drain.begun) throw shuttingDown()
  }

  async function told(outcome: Promise<StartOutcome>): Promise<string> {
    const result = await outcome
    if (result.kind === 'started') return result.applicationId
    if (result.code === 'SHUTTING_DOWN') throw shuttingDown(result.fields)
    throw notStarted(result.code, result.text, result.fields)
  }

  /** Goes on when its caller has left, and is waited for when the service ends. */
  function owned<T>(
    what: string,
    ids: Readonly<Record<string, unknown>>,
    work: () => Promise<T>
  ): Promise<T> {
    const result = work()
    background.run(what, ids, async () => void (await Promise.allSettled([result])))
    return result
  }

  async function start(job: JobRequest): Promise<string> {
    refuseWhenClosing()
    const caller = createWaitingCaller()
    let known: { submissionId?: string } = {}
    const started = owned('a start request', { taskName: job.taskName }, async () => {
      const accepted = await accept(job)
      known = { submissionId: accepted.submission.id }
      const { outcome } = starter.start(await starter.prepare(accepted), caller.launchBegins)
      return await told(outcome)
    }).catch((error: unknown) => {
      throw takenOver(error, 'the start goes on', known)
    })
    return await drain.untilOver(started, () =>
      caller.leaves() ? goesOnWithoutUs('the start goes on', known) : shuttingDown(known)
    )
  }

  async function accept(job: JobRequest): Promise<Accepted> {
    const startDeadline = Date.now() + limits.startTimeoutMs
    const draft = await acceptance.draft(job)
    try {
      await withinTime(limits.startTimeoutMs, background.signal, (limit) =>
        refuseUsedName(parts, job.taskName, limit)
      )
    } catch (error) {
      if (!(error instanceof TimeLimitReached)) throw error
      throw notStarted('START_TIMEOUT', 'whether taskName is free could not be asked in time', {})
    }
    return await acceptance.accept(draft, { startDeadline })
  }

  async function stop(applicationId: string, who: string): Promise<void> {
    refuseWhenClosing()
    const stopped = owned('a stop request', { applicationId }, () =>
      findAndHalt(applicationId, who)
    )
    await drain.untilOver(stopped, () => goesOnWithoutUs('the stop goes on', { applicationId }))
  }

  async function findAndHalt(applicationId: string, who: string): Promise<void> {
    try {
      const target = await findTarget(parts, applicationId)
      if (!target) throw applicationUnknown(applicationId)
      await halt(target, applicationId, who)
    } catch (error) {
      if (error instanceof LeaseLost) {
        const { id: submissionId, state } = (await store.findByApplication(applicationId)) ?? {}
        const known = state === 'STOPPING' ? { applicationId, submissionId } : {}
        throw takenOver(error, 'the stop goes on', known)
      }
      if (!(error instanceof RmError)) throw error
      throw resourceManagerFailed(error, `${applicationId} cannot be looked up`)
    }
  }

  async function restart(applicationId: string, job: JobRequest): Promise<string> {
    refuseWhenClosing()
    const caller = createWaitingCaller()
    let known: { submissionId?: string; stopped: boolean } = { stopped: false }
    const restarted = owned('a restart request', { applicationId }, async () => {
      const { target, prepared } = await replacement.check(applicationId, job)
      known = { submissionId: prepared.submission.id, stopped: false }
      const { launchBegins } = caller
      const carriedOut = replacement.carryOut(target, prepared, applicationId, launchBegins)
      const { outcome } = await carriedOut
      known = { ...known, stopped: true }
      const result = await outcome
      if (result.kind === 'started') return result.applicationId
      throw inRestart(notStarted(result.code, result.text, result.fields), 'start', true)
    }).catch((error: unknown) => {
      throw takenOver(error, 'the restart goes on', known)
    })
    return await drain.untilOver(restarted, () => {
      if (caller.leaves()) {
        return goesOnWithoutUs('the start of the new application goes on', known)
      }
      if (!known.submissionId) return shuttingDown(known)
      const fields = { ...known, accepted: false }
      const what = known.stopped ? 'the old one is stopped' : 'the stop goes on'
      return goesOnWithoutUs(`${what}, and nothing will be started`, fields)
    })
  }

  return {
    start,
    stop,
    restart,
    submissions,
    applications,
    recover: (left) =>
      recoverJobs(parts, { launcher, stops, relaunch: submissions.relaunch }, left),
    watch: () => {
      foreign.start()
      poller.start()
    },
    endWanted: (submission) => {
      queue.withdraw(submission.id)
      stops.resume(submission)
    },
    closeQueue: queue.close,
    close: async (reason) => {
      queue.close()
      await background.close(reason)
    }
  }
}

/** What another instance goes on with is told as such. */
function takenOver(error: unknown, what: string, known: { submissionId?: string | undefined }) {
  return error instanceof LeaseLost && known.submissionId ? goesOnElsewhere(what, known) : error
}

/**
 * Whoever waits for a start. One that leaves is told whether it goes on; that must not change behind its back.
 */
function createWaitingCaller(): { launchBegins: () => void; leaves: () => boolean } {
  let launching = false
  let left = false
  return {
    launchBegins: () => {
      if (left) throw new QueueClosed('its caller was told that nothing is started')
      launching = true
    },
    leaves: () => {
      left = true
      return launching
    }
  }
}
