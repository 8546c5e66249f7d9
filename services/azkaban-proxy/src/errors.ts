import { START_FAILED, STOP_FAILED } from '@scheduler-task/envelope/codes'
import { Failure, Refusal } from '@scheduler-task/envelope/errors'
import type { RmError } from '@scheduler-task/yarn-client/rm-errors'
import type { AzkabanError, Candidate, Flow } from './domain/azkaban.ts'

type Fields = Readonly<Record<string, unknown>>

/** Azkaban's own words where it has said some, byte for byte; else ours, which name it and not its address. */
export function azkabanFailed(error: AzkabanError, fields: Fields = {}): Failure {
  return new Failure(error.message, {
    code: `AZKABAN_PROXY_${error.reason}`,
    httpStatus: 502,
    fields,
    ...(error.text !== undefined && { upstreamText: error.text }),
    cause: error
  })
}

export function searchTookTooLong(limitMs: number): Failure {
  return new Failure(`the job's log could not be searched within ${limitMs} ms`, {
    code: 'AZKABAN_PROXY_SEARCH_TOO_LONG',
    httpStatus: 504
  })
}

/** The start was sent, and nobody knows what came of it. */
export function startUnknown(
  error: AzkabanError,
  { project, flow }: Flow,
  candidates: readonly Candidate[] | undefined
): Failure {
  const asked = `whether flow ${flow} of project ${project} was started is not known`
  const hint = !candidates
    ? 'its executions could not be looked up'
    : candidates.length > 0
      ? 'candidates are its newest executions'
      : 'none of its executions is that new'
  return new Failure(`${asked}: ${error.message}; ${hint}; it is not started again`, {
    code: 'AZKABAN_PROXY_START_UNKNOWN',
    httpStatus: 504,
    fields: { mayHaveStarted: true, ...(candidates && { candidates }) },
    cause: error
  })
}

export function resourceManagerMissing(): Failure {
  return new Failure(
    'applicationId is given, and no ResourceManager is configured to prove its end: YARN_RM_URL is missing; nothing was cancelled',
    { code: 'AZKABAN_PROXY_NO_RESOURCE_MANAGER', httpStatus: 503, fields: NOTHING_DONE }
  )
}

/** The ResourceManager gave no answer, or not the one that is needed. Names it, never its address. */
export function resourceManagerFailed(error: RmError, doing: string, fields: Fields): Failure {
  const what = error.message.startsWith('ResourceManager') ? `the ${error.message}` : error.message
  return new Failure(`${doing}: ${what}`, {
    code: `AZKABAN_PROXY_${error.reason}`,
    httpStatus: 502,
    fields,
    cause: error
  })
}

/** What texts of a stop say when nothing was done. */
export const NOTHING_DONE = { cancelSent: false } as const

export function applicationUnknown(applicationId: string): Failure {
  return new Failure(
    `the ResourceManager knows no ${applicationId}, and the execution's logs do not say that it was started; nothing was cancelled`,
    {
      code: 'AZKABAN_PROXY_APPLICATION_UNKNOWN',
      httpStatus: 404,
      fields: { applicationId, ...NOTHING_DONE }
    }
  )
}

export function applicationOfAnother(applicationId: string, execId: number): Failure {
  return new Failure(
    `${applicationId} is not of execution ${execId}: its logs name others; nothing was cancelled`,
    {
      code: 'AZKABAN_PROXY_APPLICATION_OF_ANOTHER',
      fields: { applicationId, ...NOTHING_DONE }
    }
  )
}

/** Where Azkaban's own text for it cannot be had. */
export function executionEnded(execId: number, state: string): Failure {
  return new Failure(`Execution ${execId} has already ended: ${state}`, {
    code: 'AZKABAN_PROXY_ALREADY_ENDED',
    fields: { state, ...NOTHING_DONE }
  })
}

/** No proof in time. */
export function stopPending(why: string, fields: Fields): Failure {
  return new Failure(why, { code: 'AZKABAN_PROXY_STOP_PENDING', httpStatus: 504, fields })
}

export function noSuchFlow({ project, flow }: Flow): Failure {
  return new Failure(`project ${project} has no flow ${flow}`, {
    code: 'AZKABAN_PROXY_FLOW_UNKNOWN',
    httpStatus: 404
  })
}

export function shuttingDown(fields: Fields = {}): Refusal {
  return new Refusal(503, 'the service is shutting down', {
    code: 'AZKABAN_PROXY_SHUTTING_DOWN',
    fields
  })
}

export function callerLeft(): Refusal {
  return new Refusal(499, 'the caller has left', { code: 'AZKABAN_PROXY_CALLER_LEFT' })
}

/**
 * The same failure as part of a restart: as which half it failed, and whether the old execution was stopped. A start that
 * was refused before the stop is told in our words: Azkaban's alone would look like those of a start after it.
 */
export function inRestart(failure: Failure, half: 'stop' | 'start', stopped: boolean): Failure {
  const isEarly = half === 'start' && !stopped
  return new Failure(isEarly ? `${failure.message}; nothing was stopped` : failure.message, {
    code: failure.code,
    fields: { ...failure.fields, stopped },
    httpStatus: failure.httpStatus,
    documented: half === 'stop' ? STOP_FAILED : START_FAILED,
    ...(failure.upstreamText !== undefined && !isEarly && { upstreamText: failure.upstreamText }),
    cause: failure.cause
  })
}

/** The same failure with its texts changed by `change`. */
export function rewritten(failure: Failure, change: (text: string) => string): Failure {
  const { upstreamText, documented } = failure
  return new Failure(change(failure.message), {
    code: failure.code,
    fields: failure.fields,
    httpStatus: failure.httpStatus,
    ...(upstreamText !== undefined && { upstreamText: change(upstreamText) }),
    ...(documented && { documented }),
    cause: failure.cause
  })
}
