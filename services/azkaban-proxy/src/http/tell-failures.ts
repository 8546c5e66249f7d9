import { Failure } from '@scheduler-task/envelope/errors'
import { TimeLimitReached } from '@scheduler-task/yarn-client/time-limit'
import { AzkabanError } from '../domain/azkaban.ts'
import { redactedText } from '../domain/redacted-text.ts'
import { azkabanFailed, rewritten, searchTookTooLong } from '../errors.ts'

/** Waits for work and turns what went wrong into what callers are told. */
export type TellFailures = <T>(work: Promise<T>) => Promise<T>

export function createTellFailures(options: {
  redact: boolean
  searchLimitMs: number
}): TellFailures {
  return async (work) => {
    try {
      return await work
    } catch (error) {
      throw shown(failureOf(error))
    }
  }

  function failureOf(error: unknown): unknown {
    if (error instanceof AzkabanError) return azkabanFailed(error)
    return error instanceof TimeLimitReached ? searchTookTooLong(options.searchLimitMs) : error
  }

  function shown(error: unknown): unknown {
    if (!options.redact || !(error instanceof Failure)) return error
    return rewritten(error, redactedText)
  }
}
