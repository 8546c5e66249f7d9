import { Failure } from '@scheduler-task/envelope/errors'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { applicationUnknown, engineMismatch, inRestart, resourceManagerFailed } from '../errors.ts'
import type { Acceptance, Accepted } from './accept-job.ts'
import type { EndReplaced } from './end-replaced.ts'
import { findTarget, type Target } from './find-target.ts'
import type { JobRequest } from './launch-request.ts'
import type { Engine } from './launching.ts'
import type { Parts } from './parts.ts'
import { type Before, NotEnded, type Starter } from './start-job.ts'
import type { StartObstacles } from './start-obstacles.ts'

export interface Restart {
  /**
   * Checks everything and takes the name for the new submission; the old application is not touched. What it answers is
   * durable as a whole: the stop, and then the start. `onAccept` is told right before that is written.
   * @throws Failure with `stopped: false`, BadParameters, Refusal
   */
  accept: (
    applicationId: string,
    job: JobRequest,
    onAccept: (submissionId: string) => void
  ) => Promise<Readonly<{ target: Target; accepted: Accepted }>>
  /** The first half, for `Starter.start`: a stop without proof in time ends it. */
  stopFirst: (target: Target, accepted: Accepted) => Before
}

type Needs = Readonly<{
  acceptance: Acceptance
  starter: Starter
  replaced: EndReplaced
  obstacles: StartObstacles
}>

/** How YARN calls the engines' applications. */
const TYPES: Readonly<Record<Engine, RegExp>> = { spark: /^spark$/i, flink: /flink/i }

/** A new submission in place of an application, in two steps: everything that may fail early is in the first. */
export function createRestart(
  parts: Parts,
  { acceptance, starter, replaced, obstacles }: Needs
): Restart {
  const { store, limits } = parts

  async function accept(
    applicationId: string,
    job: JobRequest,
    onAccept: (submissionId: string) => void
  ) {
    const draft = await acceptance.draft(job)
    const target = await lookUp(applicationId)
    const submissionTag = target?.submission?.submissionTag
    await acceptance.checkName(job.taskName, {
      applicationId,
      ...(submissionTag && { submissionTag })
    })
    if (!target) throw inRestart(applicationUnknown(applicationId), 'stop', false)
    refuseOtherEngine(target, applicationId, job.engine)
    const replaces = target.submission?.id
    onAccept(draft.launch.submissionId)
    const accepted = await acceptance.accept(draft, {
      startDeadline: Date.now() + limits.stopTimeoutMs + limits.startTimeoutMs,
      replacesApplication: applicationId,
      ...(replaces && { replaces })
    })
    await starter.rehearse(accepted, draft.launch)
    return { target, accepted }
  }

  async function lookUp(applicationId: string): Promise<Target | undefined> {
    try {
      return await findTarget(parts, applicationId)
    } catch (error) {
      if (!(error instanceof RmError)) throw error
      throw resourceManagerFailed(error, `${applicationId} cannot be looked up`)
    }
  }

  return {
    accept: async (applicationId, job, onAccept) => {
      try {
        return await accept(applicationId, job, onAccept)
      } catch (error) {
        if (error instanceof Failure && !error.documented) throw inRestart(error, 'start', false)
        throw error
      }
    },
    stopFirst:
      (target, { submission }) =>
      async (signal) => {
        try {
          await replaced.soon(submission, target)
        } catch (error) {
          signal.throwIfAborted()
          throw error instanceof Failure ? new NotEnded(inRestart(error, 'stop', false)) : error
        }
        const startDeadline = Date.now() + limits.startTimeoutMs
        const keep = () => store.setStartDeadline(submission.id, startDeadline)
        await obstacles.outlast(submission, keep, signal)
        return { ...submission, startDeadline }
      }
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
