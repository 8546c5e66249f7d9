import type { Failure } from '@scheduler-task/envelope/errors'
import type { Submission } from './submission.ts'

/** This submission will not run. `failure`: what kept the old application of a restart from being stopped. */
export type Refused = Readonly<{
  kind: 'refused'
  code: string
  text: string
  fields: Readonly<Record<string, unknown>>
  failure?: Failure
}>

/** How a start ended. `postponed`: the service ends; the next process of it goes on. */
export type StartOutcome =
  | Readonly<{ kind: 'started'; applicationId: string }>
  | Refused
  | Readonly<{ kind: 'postponed' }>

export function refused(
  { id: submissionId }: Pick<Submission, 'id'>,
  code: string,
  text: string,
  fields: Refused['fields'] = {}
): Refused {
  return { kind: 'refused', code, text, fields: { submissionId, ...fields } }
}

export function stoppedMeanwhile(submission: Submission): Refused {
  const text = 'the submission was stopped before the ResourceManager had accepted its application'
  return refused(submission, 'STOPPED', text)
}

/** How long the start was to take, in words. */
export function startTimeOf({ startDeadline, acceptedAt }: Submission): string {
  return `${Math.round((startDeadline - acceptedAt) / 100) / 10} s`
}
