import { isLive } from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { pause } from '@scheduler-task/yarn-client/time-limit'
import { describeExit, endedWell, roleOf } from './outcome.ts'
import type { Parts } from './parts.ts'
import type { Attempt, JobWarning, Submission } from './submission.ts'

/** The states of the jobs that an engine's own interface tells of; undefined when it cannot be asked. */
export type JobsOfEngine = (
  applicationId: string,
  signal: AbortSignal
) => Promise<readonly string[] | undefined>

/** Notices applications that go on although their launcher has ended as it should not have. */
export interface LeftBehind {
  /** Its application lives as far as is known, and nobody has asked for its end. */
  concerns: (submission: Submission) => boolean
  /** Looks after a while whether the application goes on, and keeps a warning then. */
  notice: (submission: Submission, attempt: Attempt | undefined) => void
}

/** An application that follows its launcher into the end has this many polls' time. */
const POLLS_TO_END = 2
/** The engine is asked so many times less often than the ResourceManager. */
const POLLS_PER_LOOK = 6
/** Of a Flink job (`JobStatus`, those that are globally terminal). */
const ENDED_JOB = new Set(['FINISHED', 'FAILED', 'CANCELED'])

export function createLeftBehind(parts: Parts, jobsOfEngine: JobsOfEngine): LeftBehind {
  const { store, rm, background, limits, log } = parts
  const { signal } = background
  const followed = new Set<string>()

  const concerns = ({ state }: Submission) => state === 'SUBMITTED' || state === 'RUNNING'

  async function follow(id: string, attempt: Attempt, warning: JobWarning): Promise<void> {
    for (let isKnown = false; ; ) {
      const polls = isKnown ? POLLS_PER_LOOK : POLLS_TO_END
      await pause(polls * limits.pollIntervalMs, signal)
      const submission = await store.find(id)
      if (!submission?.applicationId || !concerns(submission)) return
      if (!isKnown) {
        if (!(await isAlive(submission.applicationId))) continue
        isKnown = true
        const known = !(await store.warn(id, warning))
        if (!known) log.warn({ submissionId: id, ...warning }, 'an application was left behind')
      }
      if (roleOf(submission, attempt) !== 'attached') return
      const states = await jobsOfEngine(submission.applicationId, signal)
      if (states?.length && states.every((state) => ENDED_JOB.has(state))) {
        await store.warn(id, jobEnded(submission.applicationId, states))
        return
      }
    }
  }

  /** False also while the ResourceManager cannot be asked: what nobody knows is no reason for a warning. */
  async function isAlive(applicationId: string): Promise<boolean> {
    try {
      const application = await rm.application(applicationId, signal)
      return application !== undefined && isLive(application.state)
    } catch (error) {
      if (!(error instanceof RmError)) throw error
      return false
    }
  }

  return {
    concerns,
    notice: (submission, attempt) => {
      const { id: submissionId } = submission
      const warning = attempt && concerns(submission) && warningOf(submission, attempt)
      if (!attempt || !warning || followed.has(submissionId)) return
      followed.add(submissionId)
      const work = () => follow(submissionId, attempt, warning)
      background.run('looking after an application', { submissionId }, () =>
        background
          .insist('looking after an application', { submissionId }, work)
          .finally(() => followed.delete(submissionId))
      )
    }
  }
}

/** What is out of order when the application goes on; undefined when nothing is. */
export function warningOf(
  submission: Pick<Submission, 'engine' | 'deployMode' | 'applicationId'>,
  attempt: Pick<Attempt, 'exit' | 'failure' | 'holdsDriver'>
): JobWarning | undefined {
  const { exit } = attempt
  if (exit === null || exit.kind === 'not-started') return undefined
  const goesOn = `${describeExit(exit)}; ${submission.applicationId ?? 'the application'} goes on`
  switch (roleOf(submission, attempt)) {
    case 'driver':
      // A driver that outlives its wrapper is no news: its application lives with it.
      if ('outlived' in exit && exit.outlived) return undefined
      return { code: 'DRIVER_GONE', text: `${goesOn} without its driver` }
    case 'attached':
      if (endedWell(attempt)) return undefined
      return {
        code: 'CLIENT_GONE',
        text: `${goesOn}, and may stay RUNNING for good after its job has ended: a Flink cluster waits for its client`
      }
    case 'submits':
      if (endedWell(attempt)) return undefined
      return { code: 'LAUNCHER_FAILED', text: `${goesOn}, and how the job ends is what YARN says` }
  }
}

function jobEnded(applicationId: string, states: readonly string[]): JobWarning {
  const ended = [...new Set(states)].join(', ')
  return {
    code: 'JOB_ENDED',
    text: `Flink says that the job of ${applicationId} is ${ended}; the application stays RUNNING until it is stopped`
  }
}
