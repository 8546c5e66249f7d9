import { type Application, isFinal } from '@scheduler-task/yarn-client/application'
import type { JobStore, Observation } from './job-store.ts'
import { ImpossibleChange, type StateChange, type Submission } from './submission.ts'

/** What an answer of the ResourceManager says about a submission's application. */
export function observationOf(application: Application, observedAt: number): Observation {
  return { yarnState: application.state, finalStatus: application.finalStatus, observedAt }
}

/** The ResourceManager has taken it: it can be told to whoever started it. */
export function isAccepted({ state }: Application): boolean {
  return state === 'ACCEPTED' || state === 'RUNNING' || isFinal(state)
}

/** It ended before any container of it was started: a queue or a limit refused it. */
export function wasRefused(application: Application): boolean {
  return application.state === 'FAILED' && !application.amContainerLogs
}

export type FinalYarnState = 'FINISHED' | 'FAILED' | 'KILLED'

/** The final state that an application is in; undefined while it lives. */
export function finalStateOf({ state }: Application): FinalYarnState | undefined {
  return state === 'FINISHED' || state === 'FAILED' || state === 'KILLED'
    ? (state as FinalYarnState)
    : undefined
}

/** The state that a live submission goes into by what its application does now; undefined when it stays. */
export function nextState(
  submission: Pick<Submission, 'state'>,
  application: Application
): 'RUNNING' | FinalYarnState | undefined {
  if (submission.state !== 'SUBMITTED' && submission.state !== 'RUNNING') return undefined
  const ended = finalStateOf(application)
  if (ended) return ended
  return application.state === 'RUNNING' && submission.state === 'SUBMITTED' ? 'RUNNING' : undefined
}

/** The same as a change to be made, with what was seen. */
export function changeTo(
  to: StateChange['to'],
  application: Application,
  observedAt: number
): StateChange {
  const text = application.diagnostics.trim().slice(0, 4000)
  return {
    to,
    who: 'resource-manager',
    ...(text && isFinal(application.state) && { text }),
    also: { applicationId: application.id, ...observationOf(application, observedAt) }
  }
}

/**
 * Makes the change that an answer asks for. A submission that meanwhile went elsewhere (a stop was faster) stays there.
 */
export async function applyObservation(
  store: JobStore,
  submission: Submission,
  application: Application
): Promise<Submission> {
  const to = nextState(submission, application)
  if (!to) return submission
  try {
    return await store.change(submission.id, changeTo(to, application, Date.now()))
  } catch (error) {
    if (!(error instanceof ImpossibleChange)) throw error
    return (await store.find(submission.id)) ?? submission
  }
}
