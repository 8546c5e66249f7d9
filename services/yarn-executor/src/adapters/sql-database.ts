import type { Kysely, Transaction } from 'kysely'
import type { JobTables } from './sql-schema.ts'

export type SqlKind = 'sqlite' | 'postgresql'

export type Reads = Kysely<JobTables>
export type Writes = Transaction<JobTables>

/**
 * A database with the tables of the store. What goes wrong with the database itself is a `StoreUnavailable`, whichever
 * database it is.
 */
export type SqlDatabase = Readonly<{
  kind: SqlKind
  /** For reading; what it shows is committed. */
  db: Reads
  /**
   * Runs `work` in a transaction, all of it or nothing. What has resolved is on the disk. `work` may be run a second
   * time when the database broke the first one off: it does nothing but write.
   */
  write: <T>(work: (transaction: Writes) => Promise<T>) => Promise<T>
  /** Throws when it can be read and yet is not to be used. */
  ready?: () => Promise<void>
  /** Other processes on the same database, where there may be some. */
  others?: OtherInstances
  /** Waits for the writes under way. */
  close: () => Promise<void>
}>

export type OtherInstances = Readonly<{
  /** That something has changed; may be called often. */
  tell: () => void
  /** Calls `news` when another one has told so, and now and then for nothing. */
  listen: (news: () => void) => { stop: () => void }
  close: () => Promise<void>
}>
