import { StoreUnavailable, type UnavailableReason } from '../domain/job-store.ts'

/** By result code (https://www.sqlite.org/rescode.html), extended ones included. */
const OF_THE_FILE: readonly (readonly [prefix: string, reason: UnavailableReason])[] = [
  ['SQLITE_FULL', 'FULL'],
  ['SQLITE_BUSY', 'BUSY'],
  ['SQLITE_IOERR', 'UNREACHABLE'],
  ['SQLITE_READONLY', 'UNREACHABLE'],
  ['SQLITE_CANTOPEN', 'UNREACHABLE']
]

/** Runs `work`; what is said against the file or its disk becomes `StoreUnavailable`. */
export function orUnavailable<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reason = OF_THE_FILE.find(([prefix]) => code.startsWith(prefix))?.[1]
    throw reason ? new StoreUnavailable(reason, { cause: error }) : error
  }
}
