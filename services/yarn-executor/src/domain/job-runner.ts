import type { Refusal } from '@scheduler-task/envelope/errors'
import type { Application } from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import {
  applicationUnknown,
  goesOnElsewhere,
  goesOnWithoutUs,
  inRestart,
  notStarted,
  perhapsAccepted,
  resourceManagerFailed,
  shuttingDown
} from '../errors.ts'
import { createAcceptance } from './accept-job.ts'
import { type Applications, createApplications } from './applications.ts'
import type { ConfigFiles } from './config-files.ts'
import type { Drain } from './drain.ts'
import { createEndReplaced } from './end-replaced.ts'
import { findTarget } from './find-target.ts'
import { createForeignApplications } from './foreign-application.ts'
import { createHalt } from './halt-target.ts'
import { LeaseLost } from './job-store.ts'
import { QueueClosed } from './launch-queue.ts'
import { createRequestMaking, type JobRequest } from './launch-request.ts'
import { createLauncher } from './launch-submission.ts'
import type { Parts } from './parts.ts'
import { createRecovery, type LeftWork } from './recover-jobs.ts'
import { createRestart } from './restart-job.ts'
import { createStarter } from './start-job.ts'
import { createStartObstacles } from './start-obstacles.ts'
import type { StartOutcome } from './start-outcome.ts'
import { createStops } from './stop-submission.ts'
import type { Submission } from './submission.ts'
import { createSubmissions, type Submissions } from './submissions.ts'
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
  /** The service is about to end: what waits for a launcher is launched by the next process. */
  closeQueue: () => void
  /** Ends all watching. Launchers live on. */
  close: (reason?: Error) => Promise<void>
}

export type JobRunnerOptions = Readonly<{
  configFiles: ConfigFiles
  installationId: string
  /** Once it has begun, nothing new is taken; who still waits at its end is turned away. */
  drain: Drain
  /** Told what the watcher sees of each application, again and again. */
  seen?: (submissionId: string, application: Application) => void
}>

/** Starts, stops and restarts jobs (public-api §4, design §2). All calls throw `Failure` and `Refusal`. */
export function createJobRunner(
  parts: Parts,
  { configFiles, installationId, drain, seen }: JobRunnerOptions
): JobRunner {
  const { store, background, limits, queue } = parts
  const stops = createStops(parts)
  const obstacles = createStartObstacles(parts)
  const launcher = createLauncher(parts, { stops, obstacles })
  const acceptance = createAcceptance(
    parts,
    createRequestMaking(parts.launching, configFiles, installationId)
  )
  const foreign = createForeignApplications(parts)
  const halt = createHalt(parts, stops, foreign)
  const replaced = createEndReplaced(parts, { stops, halt })
  const starter = createStarter(parts, { launcher, replaced, obstacles })
  const replacement = createRestart(parts, { acceptance, starter, replaced, obstacles })
  const submissions = createSubmissions(parts, {
    acceptance,
    starter,
    stops,
    foreign,
    drain,
    obstacles
  })
  const applications = createApplications(parts, { foreign, submissions, drain })
  const recovery = createRecovery(parts, { launcher, stops, starter })
  const poller = createPoller(parts, installationId, seen)

  function refuseWhenClosing(): void {
    if (drain.begun) throw shuttingDown()
  }

  function told(outcome: StartOutcome): string {
    if (outcome.kind === 'started') return outcome.applicationId
    if (outcome.kind === 'postponed') throw new QueueClosed('the next process of it goes on')
    throw outcome.failure ?? notStarted(outcome.code, outcome.text, outcome.fields)
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
    const known = createKnown()
    const leaves = () => known.leaving('the start goes on')
    const started = owned('a start request', { taskName: job.taskName }, async () => {
      const startDeadline = Date.now() + limits.startTimeoutMs
      const draft = await acceptance.draft(job)
      await acceptance.checkName(job.taskName)
      const nameWasFreeAt = performance.now()
      known.accepting(draft.launch.submissionId)
      const accepted = await known.accepted(acceptance.accept(draft, { startDeadline }))
      return told(await starter.start({ ...accepted, nameWasFreeAt }))
    }).catch((error: unknown) => {
      throw takenOver(error, 'the start goes on', known.fields)
    })
    return await drain.untilOver(unlessPostponed(started, leaves), leaves)
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
    const known = createKnown({ stopped: false })
    const leaves = () => known.leaving('the restart goes on')
    const restarted = owned('a restart request', { applicationId }, async () => {
      const { target, accepted } = await known.accepted(
        replacement.accept(applicationId, job, known.accepting)
      )
      const stopFirst = replacement.stopFirst(target, accepted)
      const outcome = await starter.start(accepted, async (signal) => {
        const next = await stopFirst(signal)
        known.fields.stopped = true
        return next
      })
      if (outcome.kind !== 'refused' || outcome.failure) return told(outcome)
      const failure = notStarted(outcome.code, outcome.text, outcome.fields)
      throw inRestart(failure, 'start', known.fields.stopped === true)
    }).catch((error: unknown) => {
      throw takenOver(error, 'the restart goes on', known.fields)
    })
    return await drain.untilOver(unlessPostponed(restarted, leaves), leaves)
  }

  return {
    start,
    stop,
    restart,
    submissions,
    applications,
    recover: recovery.takeUp,
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
function takenOver(error: unknown, what: string, known: Readonly<Record<string, unknown>>) {
  return error instanceof LeaseLost && known.submissionId ? goesOnElsewhere(what, known) : error
}

/** What a caller is told who is sent away while its job is being accepted, or was. */
function createKnown(fields: Record<string, unknown> = {}) {
  let state: 'nothing' | 'being-written' | 'accepted' = 'nothing'
  return {
    fields,
    accepting: (submissionId: string) => {
      state = 'being-written'
      fields.submissionId = submissionId
    },
    accepted: async <T>(acceptance: Promise<T>): Promise<T> => {
      try {
        const result = await acceptance
        state = 'accepted'
        return result
      } catch (error) {
        state = 'nothing'
        fields.submissionId = undefined
        throw error
      }
    },
    leaving: (what: string): Refusal => {
      if (state === 'accepted') return goesOnWithoutUs(what, fields)
      return state === 'nothing' ? shuttingDown(fields) : perhapsAccepted(fields)
    }
  }
}

/** The service ends before a launcher was free. */
async function unlessPostponed<T>(work: Promise<T>, refusal: () => Error): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof QueueClosed ? refusal() : error
  }
}
