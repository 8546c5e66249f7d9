import { type DocumentedFailure, START_FAILED, STOP_FAILED } from '@scheduler-task/envelope/codes'
import {
  BadParameters,
  Failure,
  type ParameterIssue,
  Refusal
} from '@scheduler-task/envelope/errors'
import type { RmError } from '@scheduler-task/yarn-client/rm-errors'
import type { StoreUnavailable } from './domain/job-store.ts'
import type { Submission } from './domain/submission.ts'

type Fields = Readonly<Record<string, unknown>>

/** The ResourceManager gave no answer, or not the one that is needed. Names it, never its address. */
export function resourceManagerFailed(error: RmError, doing: string): Failure {
  const what = error.message.startsWith('ResourceManager') ? `the ${error.message}` : error.message
  return new Failure(`${doing}: ${what}`, {
    code: `YARN_EXECUTOR_${error.reason}`,
    httpStatus: 502,
    cause: error
  })
}

/** What the ResourceManager itself said against it, byte for byte. */
export function resourceManagerSaid(error: RmError, text: string): Failure {
  return new Failure(error.message, {
    code: `YARN_EXECUTOR_${error.reason}`,
    httpStatus: 502,
    upstreamText: text,
    cause: error
  })
}

export function applicationUnknown(applicationId: string, fields: Fields = {}): Failure {
  return new Failure(`the ResourceManager knows no ${applicationId}, and it was not started here`, {
    code: 'YARN_EXECUTOR_APPLICATION_UNKNOWN',
    httpStatus: 404,
    fields: { applicationId, ...fields }
  })
}

export function nameHeldHere({ taskName, id, applicationId, state }: Submission): Failure {
  const by = applicationId ?? `submission ${id}, which has no application yet`
  return new Failure(`taskName ${taskName} is already in use by ${by}`, {
    code: 'YARN_EXECUTOR_TASK_NAME_IN_USE',
    fields: { taskName, ...(applicationId && { applicationId }), submissionId: id, state }
  })
}

export function nameHeldOnYarn(taskName: string, applicationId: string): Failure {
  return new Failure(`taskName ${taskName} is already in use by ${applicationId}`, {
    code: 'YARN_EXECUTOR_TASK_NAME_IN_USE',
    fields: { taskName, applicationId }
  })
}

export function configNotRead(configFile: string, reason: string, missing: boolean): Failure {
  return new Failure(`configFile ${configFile} cannot be read: ${reason}`, {
    code: missing ? 'YARN_EXECUTOR_CONFIG_NOT_FOUND' : 'YARN_EXECUTOR_CONFIG_NOT_READ',
    httpStatus: 422,
    fields: { configFile }
  })
}

export function configRefused(configFile: string, issues: readonly ParameterIssue[]): Failure {
  const what = configFile === '' ? 'config' : `configFile ${configFile}`
  return new Failure(`${what}: ${issues[0]?.message ?? 'is not usable'}`, {
    code: 'YARN_EXECUTOR_CONFIG_REFUSED',
    httpStatus: 422,
    fields:
      configFile === ''
        ? { errors: issues.map((issue) => ({ ...issue, path: 'config' })) }
        : { configFile, errors: issues }
  })
}

/** `variable`: what has to be set for it. */
export function profileMissing(
  profile: string,
  { variable, problem }: Readonly<{ variable: string; problem: string }>
): Failure {
  return new Failure(`the profile ${profile} is not configured here: ${variable}: ${problem}`, {
    code: 'YARN_EXECUTOR_PROFILE_NOT_CONFIGURED',
    httpStatus: 422,
    fields: { profile, variable }
  })
}

export function badConfigPath(reason: string): BadParameters {
  return new BadParameters([{ path: 'configFile', message: reason }])
}

/** A start that ended without success, for good. `code` is without the service's prefix. */
export function notStarted(code: string, text: string, fields: Fields): Failure {
  return new Failure(text, { code: `YARN_EXECUTOR_${code}`, fields })
}

export function engineMismatch(applicationId: string, type: string, engine: string): Failure {
  return new Failure(`${applicationId} is of type ${type}, it cannot be restarted as ${engine}`, {
    code: 'YARN_EXECUTOR_ENGINE_MISMATCH',
    fields: { applicationId, applicationType: type }
  })
}

export function alreadyEnded(applicationId: string, state: string, finalStatus?: string): Failure {
  return new Failure(`${applicationId} has already ended: ${state}`, {
    code: 'YARN_EXECUTOR_ALREADY_ENDED',
    fields: { applicationId, state, ...(finalStatus && { finalStatus }) }
  })
}

/** No proof of the stop in time; it goes on. */
export function stopPending(applicationId: string, state: string, why: string): Failure {
  return new Failure(
    `${applicationId} is not proven to have stopped yet: ${why}; the stop itself goes on`,
    { code: 'YARN_EXECUTOR_STOP_PENDING', fields: { applicationId, state } }
  )
}

export function lostWhileStopping(applicationId: string): Failure {
  return new Failure(
    `the ResourceManager has forgotten ${applicationId}; how it ended is unknown`,
    {
      code: 'YARN_EXECUTOR_APPLICATION_LOST',
      fields: { applicationId, state: 'LOST' }
    }
  )
}

/** Another instance does the work from now on: the call must not be repeated, so there is no `Retry-After`. */
export function goesOnElsewhere(what: string, fields: Fields): Refusal {
  return new Refusal(503, `another instance has taken over; ${what}`, {
    code: 'YARN_EXECUTOR_TAKEN_OVER',
    fields: { accepted: true, ...fields }
  })
}

/** This instance may not write at the moment, and has accepted nothing: the call may be repeated. */
export function leaseMissing(): Refusal {
  return new Refusal(503, 'this instance has no lease at the moment; nothing was accepted', {
    code: 'YARN_EXECUTOR_NO_LEASE',
    fields: { accepted: false },
    headers: { 'retry-after': '5' }
  })
}

const STORE_SAYS = {
  FULL: 'there is no room left in the store',
  BUSY: 'the store is busy',
  UNREACHABLE: 'the store cannot be reached'
} as const

/** Nothing was written, but for a write whose connection broke: of that nobody knows. */
function storeText({ reason }: StoreUnavailable, changes: boolean): string {
  if (!changes) return STORE_SAYS[reason]
  return reason === 'UNREACHABLE'
    ? `${STORE_SAYS[reason]}; whether this was accepted is not known`
    : `${STORE_SAYS[reason]}; nothing was accepted`
}

/** For a call with a documented code. `changes`: it asks for something to be done. */
export function storeFailed(error: StoreUnavailable, changes: boolean): Failure {
  return new Failure(storeText(error, changes), {
    code: `YARN_EXECUTOR_STORE_${error.reason}`,
    httpStatus: 503,
    ...(changes && error.reason !== 'UNREACHABLE' && { fields: { accepted: false } }),
    cause: error
  })
}

/** The same for a call that answers true HTTP statuses; `Retry-After` means that nothing was accepted. */
export function storeRefused(error: StoreUnavailable, changes: boolean): Refusal {
  const repeatable = !changes || error.reason !== 'UNREACHABLE'
  return new Refusal(503, storeText(error, changes), {
    code: `YARN_EXECUTOR_STORE_${error.reason}`,
    ...(changes && repeatable && { fields: { accepted: false } }),
    ...(repeatable && { headers: { 'retry-after': '5' } }),
    cause: error
  })
}

export function keyReused({ id }: Submission): Refusal {
  return new Refusal(422, 'this Idempotency-Key came with another body before', {
    code: 'YARN_EXECUTOR_KEY_REUSED',
    fields: { submissionId: id }
  })
}

export function jobUnknown(id: string): Refusal {
  return new Refusal(404, `there is no job ${id}`, { code: 'YARN_EXECUTOR_JOB_UNKNOWN' })
}

export function jobOver({ id, state }: Submission): Refusal {
  return new Refusal(409, `job ${id} is over: ${state}`, {
    code: 'YARN_EXECUTOR_ALREADY_ENDED',
    fields: { state }
  })
}

/** A job of before the configs were kept. */
export function configNotKept(id: string): Refusal {
  return new Refusal(404, `the config of job ${id} was not kept`, {
    code: 'YARN_EXECUTOR_CONFIG_NOT_KEPT'
  })
}

export function badCursor(): BadParameters {
  return new BadParameters([{ path: 'cursor', message: 'is not one that this list has answered' }])
}

export function tooManyWatchers(): Refusal {
  return new Refusal(503, 'too many follow the events of this service already', {
    code: 'YARN_EXECUTOR_TOO_MANY_WATCHERS',
    headers: { 'retry-after': '30' }
  })
}

/** Of a log, which has no such place. */
export function beyondLog(size: number): Refusal {
  return new Refusal(416, `the log ends at ${size}`, {
    code: 'YARN_EXECUTOR_BEYOND_LOG',
    fields: { size }
  })
}

/** What only the host of a job's launcher has. */
export function logElsewhere(hostId: string, why: string): Refusal {
  return new Refusal(503, `the log is on host ${hostId}, where the job was launched: ${why}`, {
    code: 'YARN_EXECUTOR_LOG_UNREACHABLE',
    fields: { hostId },
    headers: { 'retry-after': '10' }
  })
}

export function queueFull(): Refusal {
  return new Refusal(503, 'too many submissions wait for a launcher; nothing was accepted', {
    code: 'YARN_EXECUTOR_QUEUE_FULL',
    headers: { 'retry-after': '10' }
  })
}

/** The service ends and has accepted nothing: the call may be repeated. */
export function shuttingDown(fields: Fields = {}): Refusal {
  return new Refusal(503, 'the service is shutting down; nothing was accepted', {
    code: 'YARN_EXECUTOR_SHUTTING_DOWN',
    fields: { accepted: false, ...fields },
    headers: { 'retry-after': '5' }
  })
}

/** The service ends while this goes on: the call must not be repeated, so there is no `Retry-After`. */
export function goesOnWithoutUs(what: string, fields: Fields): Refusal {
  return new Refusal(503, `the service is shutting down; ${what}`, {
    code: 'YARN_EXECUTOR_SHUTTING_DOWN',
    fields: { accepted: true, ...fields }
  })
}

/** The service ends while the store has not answered: nobody knows, so there is no `Retry-After`. */
export function perhapsAccepted(fields: Fields): Refusal {
  const text = 'the service is shutting down; whether this was accepted is not known'
  return new Refusal(503, text, { code: 'YARN_EXECUTOR_SHUTTING_DOWN', fields })
}

/** The same failure as part of a restart: as which half it failed, and whether the old application was stopped. */
export function inRestart(failure: Failure, half: 'stop' | 'start', stopped: boolean): Failure {
  const documented: DocumentedFailure = half === 'stop' ? STOP_FAILED : START_FAILED
  return new Failure(failure.message, {
    code: failure.code,
    fields: { ...failure.fields, stopped },
    httpStatus: failure.httpStatus,
    documented,
    cause: failure.cause
  })
}
