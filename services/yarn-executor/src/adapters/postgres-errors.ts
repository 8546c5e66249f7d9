import { StoreUnavailable, type UnavailableReason } from '../domain/job-store.ts'

/**
 * What is said of the server or the connection, by class of SQLSTATE
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const OF_THE_SERVER: readonly (readonly [prefix: string, reason: UnavailableReason])[] = [
  ['08', 'UNREACHABLE'], // connection exceptions
  ['28', 'UNREACHABLE'], // authorization
  ['3D', 'UNREACHABLE'], // no such database
  ['53100', 'FULL'], // disk full
  ['53', 'UNREACHABLE'], // out of memory, too many connections
  ['55P03', 'BUSY'], // a lock could not be had in time
  ['57014', 'BUSY'], // the statement took too long
  ['57P', 'UNREACHABLE'], // shutting down, starting up
  ['25P03', 'UNREACHABLE'], // idle in a transaction for too long
  ['25006', 'UNREACHABLE'], // read only: no longer the primary
  ['58', 'UNREACHABLE'], // system errors
  ['XX', 'UNREACHABLE'] // internal errors
]

/** After these the connection goes on as if nothing had happened. */
const LEAVE_CONNECTION = ['55P03', '57014', '53100']

/** A transaction that may be tried again as a whole: not serializable, or a deadlock. */
export function isConflict(error: unknown): boolean {
  return ['40001', '40P01'].includes(sqlState(error) ?? '')
}

/** What a connection must not be used after. */
export function breaksConnection(error: unknown): error is Error {
  const state = sqlState(error)
  if (state === undefined) return true
  return reasonOf(state) !== undefined && !LEAVE_CONNECTION.includes(state)
}

/** What the server said of itself, or that it said nothing, as `StoreUnavailable`; other errors as they are. */
export function unavailable(error: unknown): unknown {
  const state = sqlState(error)
  const reason = state === undefined ? 'UNREACHABLE' : reasonOf(state)
  // Of a name with several addresses each one has failed.
  const cause = error instanceof AggregateError ? error.errors[0] : error
  return reason ? new StoreUnavailable(reason, { cause }) : error
}

function reasonOf(state: string): UnavailableReason | undefined {
  return OF_THE_SERVER.find(([prefix]) => state.startsWith(prefix))?.[1]
}

/** Only errors that the server has sent have one. */
function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined
  return String(error.code)
}
