/**
 * Why a ResourceManager could not be asked, or what it answered instead.
 *
 * - `RM_UNREACHABLE`: nothing answers, or only a proxy does (502, 503, 504).
 * - `RM_TIMEOUT`: no whole answer within the limit.
 * - `RM_STANDBY`: some answer, none of them is active.
 * - `RM_NONSENSE`: what came is not an answer of a ResourceManager (HTML, half a JSON, another id).
 * - `RM_TOO_LARGE`: the answer is larger than allowed and was cut off.
 * - `RM_KERBEROS`: it demands SPNEGO, which is not supported.
 * - `RM_REFUSED`: 401 or 403: this user may not do that.
 * - `RM_NOT_FOUND`: the active ResourceManager does not know the application (any more).
 * - `RM_ERROR`: it understood and failed: 400, 500, and 503 from Hadoop 3.4.
 * - `RM_KILL_PENDING`: the application was asked to end and had not by the deadline.
 */
export type RmReason =
  | 'RM_UNREACHABLE'
  | 'RM_TIMEOUT'
  | 'RM_STANDBY'
  | 'RM_NONSENSE'
  | 'RM_TOO_LARGE'
  | 'RM_KERBEROS'
  | 'RM_REFUSED'
  | 'RM_NOT_FOUND'
  | 'RM_ERROR'
  | 'RM_KILL_PENDING'

export interface RmErrorDetails {
  status?: number | undefined
  text?: string | undefined
  cause?: unknown
}

/** The message says "ResourceManager" and never an address; the cause, for logs, may hold one. */
export class RmError extends Error {
  override readonly name = 'RmError'
  readonly reason: RmReason
  /** HTTP status of the answer, when there was one. */
  readonly status: number | undefined
  /** The answer's own body as text, at most 64 KiB, when there was one. */
  readonly text: string | undefined

  constructor(reason: RmReason, message: string, details: RmErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.reason = reason
    this.status = details.status
    this.text = details.text
  }
}

const PASSING: ReadonlySet<RmReason> = new Set([
  'RM_UNREACHABLE',
  'RM_TIMEOUT',
  'RM_STANDBY',
  'RM_NONSENSE'
])

/** Whether the same question may well be answered a little later: a restart, a failover. */
export function isPassing(error: unknown): error is RmError {
  return error instanceof RmError && PASSING.has(error.reason)
}
