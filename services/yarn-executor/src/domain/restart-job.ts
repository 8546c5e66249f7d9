import { Failure } from '@scheduler-task/envelope/errors'
import { type Application, isLive } from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { applicationUnknown, engineMismatch, inRestart, resourceManagerFailed } from '../errors.ts'
import type { Acceptance, JobRequest } from './accept-job.ts'
import { findTarget, type Target } from './find-target.ts'
import type { Halt } from './halt-target.ts'
import type { Engine } from './launching.ts'
import type { Parts } from './parts.ts'
import type { Prepared, Starter, Starting } from './start-job.ts'
import { isOver } from './submission.ts'
import { refuseUsedName } from './task-names.ts'

export interface Restart {
  /**
   * Checks everything and takes the name for the new submission; the old application is not touched.
   * @throws Failure with `stopped: false`, BadParameters, Refusal
   */
  check: (
    applicationId: string,
    job: JobRequest
  ) => Promise<Readonly<{ target: Target; prepared: Prepared }>>
  /**
   * Stops the old one with proof, then starts the new one (see `Starter.start`); never are both alive.
   * @throws Failure with `stopped: false`: nothing will be started
   */
  carryOut: (
    target: Target,
    prepared: Prepared,
    applicationId: string,
    launchBegins: () => void
  ) => Promise<Starting>
}

/** How YARN calls the engines' applications. */
const TYPES: Readonly<Record<Engine, RegExp>> = { spark: /^spark$/i, flink: /flink/i }

/** A new submission in place of an application, in two steps: everything that may fail early is in the first. */
export function createRestart(
  parts: Parts,
  { acceptance, starter, halt }: Readonly<{ acceptance: Acceptance; starter: Starter; halt: Halt }>
): Restart {
  const { store, background, limits } = parts

  async function check(
    applicationId: string,
    job: JobRequest
  ): Promise<Readonly<{ target: Target; prepared: Prepared }>> {
    const draft = await acceptance.draft(job)
    const target = await lookUp(applicationId)
    const submissionTag = target?.submission?.submissionTag
    await refuseUsedName(parts, job.taskName, background.signal, {
      applicationId,
      ...(submissionTag && { submissionTag })
    })
    if (!target) throw inRestart(applicationUnknown(applicationId), 'stop', false)
    refuseOtherEngine(target, applicationId, job.engine)
    const replaces = target.submission?.id
    const accepted = await acceptance.accept(draft, {
      startDeadline: Date.now() + limits.stopTimeoutMs + limits.startTimeoutMs,
      ...(replaces && { replaces })
    })
    return { target, prepared: await starter.prepare(accepted) }
  }

  async function lookUp(applicationId: string): Promise<Target | undefined> {
    try {
      return await findTarget(parts, applicationId)
    } catch (error) {
      if (!(error instanceof RmError)) throw error
      throw resourceManagerFailed(error, `${applicationId} cannot be looked up`)
    }
  }

  async function carryOut(
    target: Target,
    prepared: Prepared,
    applicationId: string,
    launchBegins: () => void
  ): Promise<Starting> {
    const { submission } = prepared
    try {
      if (isAlive(target)) await halt(target, applicationId, submission.owner)
    } catch (error) {
      if (!endedByItself(error)) {
        const why = error instanceof Error ? error.message : String(error)
        if (!background.signal.aborted) await starter.giveUp(prepared, 'STOP_FAILED', why)
        throw error instanceof Failure ? inRestart(error, 'stop', false) : error
      }
    }
    const startDeadline = Date.now() + limits.startTimeoutMs
    try {
      await store.setStartDeadline(submission.id, startDeadline)
    } catch (error) {
      await starter.giveUp(prepared, 'INTERNAL_ERROR', 'the new deadline could not be kept')
      throw error
    }
    const postponed = { ...prepared, submission: { ...submission, startDeadline } }
    return starter.start(postponed, launchBegins)
  }

  return {
    check: async (applicationId, job) => {
      try {
        return await check(applicationId, job)
      } catch (error) {
        if (error instanceof Failure && !error.documented) throw inRestart(error, 'start', false)
        throw error
      }
    },
    carryOut
  }
}

function refuseOtherEngine(
  { application, submission }: Target,
  applicationId: string,
  engine: Engine
): void {
  const type = application?.applicationType || submission?.engine || ''
  if (!TYPES[engine].test(type)) throw engineMismatch(applicationId, type, engine)
}

function isAlive({ submission, application }: Target): boolean {
  return (submission && !isOver(submission)) || isLiveApplication(application)
}

function isLiveApplication(application: Application | undefined): boolean {
  return application !== undefined && isLive(application.state)
}

/** No obstacle: it ended, or was forgotten, between the check and the stop. */
function endedByItself(error: unknown): boolean {
  return (
    error instanceof Failure &&
    (error.code === 'YARN_EXECUTOR_ALREADY_ENDED' ||
      error.code === 'YARN_EXECUTOR_APPLICATION_LOST')
  )
}
