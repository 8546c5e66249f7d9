import { type Application, isFinal } from './application.ts'
import { isPassing, RmError } from './rm-errors.ts'
import { pause, TimeLimitReached, withinTime } from './time-limit.ts'

export interface KillOptions {
  /** Why, shown in the application's diagnostics from Hadoop 2.8; cut at 1 000 characters. */
  diagnostics?: string
  signal?: AbortSignal
  /** How long to go on asking, from the call; 60 000 ms. */
  deadlineMs?: number
  /** Between the first question and the second; doubled after each; 100 ms. */
  firstDelayMs?: number
  /** 2 000 ms. */
  longestDelayMs?: number
}

/** The two calls a kill is made of. */
export interface KillCalls {
  /** `accepted`: 202, the kill is under way; otherwise 200, the end is decided. */
  putKilled: (
    id: string,
    diagnostics: string | undefined,
    signal: AbortSignal
  ) => Promise<{ accepted: boolean }>
  application: (id: string, signal: AbortSignal) => Promise<Application | undefined>
}

/** Errors of the ResourceManager itself in a row: 503 can be a lasting one from Hadoop 3.4. */
const MAX_ERRORS = 5

/**
 * PUT until 200, then read; until the state read is final: 200 may stand for an end of its own
 * (FINISHING, FINISHED, FAILED), and for an unmanaged application it comes before the end.
 *
 * Both are safe to repeat, so what passes (a restart, a failover, no answer) is waited out up to
 * the deadline. Rejects then with the last such error, or with `RM_KILL_PENDING`; with
 * `RM_NOT_FOUND` when the id is unknown; with `RM_REFUSED` when this user may not kill it.
 */
export async function killApplication(
  calls: KillCalls,
  id: string,
  options: KillOptions
): Promise<Application> {
  const { diagnostics, signal, deadlineMs = 60_000 } = options
  const { firstDelayMs = 100, longestDelayMs = 2000 } = options
  let lastState: string | undefined
  let lastError: RmError | undefined
  let errorsInARow = 0

  /**
   * One step towards the end; the application once it is final. Nothing is kept from the step
   * before: a failover may have forgotten the kill.
   */
  async function step(limit: AbortSignal): Promise<Application | undefined> {
    const { accepted } = await calls.putKilled(id, diagnostics?.slice(0, 1000), limit)
    if (accepted) return undefined
    const application = await calls.application(id, limit)
    if (!application) throw new RmError('RM_NOT_FOUND', 'ResourceManager knows no such application')
    lastState = application.state
    return isFinal(application.state) ? application : undefined
  }

  async function repeat(limit: AbortSignal): Promise<Application> {
    for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
      try {
        const ended = await step(limit)
        if (ended) return ended
        errorsInARow = 0
        lastError = undefined
      } catch (error) {
        limit.throwIfAborted()
        const again = isPassing(error) || (isRmError(error) && ++errorsInARow < MAX_ERRORS)
        if (!again) throw error
        lastError = error
      }
      await pause(delayMs, limit)
    }
  }

  try {
    return await withinTime(deadlineMs, signal, repeat)
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof TimeLimitReached)) throw error
    throw lastError ?? pending(deadlineMs, lastState, error)
  }
}

function isRmError(error: unknown): error is RmError {
  return error instanceof RmError && error.reason === 'RM_ERROR'
}

function pending(deadlineMs: number, state: string | undefined, cause: unknown): RmError {
  const still = state === undefined ? 'the kill was not confirmed' : `it was still ${state}`
  return new RmError('RM_KILL_PENDING', `${still} ${deadlineMs} ms after the kill`, { cause })
}
