import { chmodSync, closeSync, openSync } from 'node:fs'
import { createRequire } from 'node:module'
import type * as kysely from 'kysely'
import Database from 'libsql'
import { migrate } from './sql-migrations.ts'
import type { JobTables } from './sql-schema.ts'

/** As CommonJS: its 280 ES modules take 0.2 s of processor time and 6 MB more to load. */
const { Kysely, SqliteDialect } = createRequire(import.meta.url)('kysely') as typeof kysely

/** Another process has the file open. */
export class DatabaseInUse extends Error {
  override readonly name = 'DatabaseInUse'
}

/** How long a reader from outside (a backup, `sqlite3`) may hold up a write. */
const BUSY_TIMEOUT_MS = 2000

/**
 * Opens the embedded database, made when it is missing (mode 0600) and brought up to date. What is committed is on the
 * disk (`synchronous=FULL`). As long as it is open a second process is refused, by a lock on `<path>.lock` that the
 * operating system lets go of when this process ends, however it ends.
 * @throws DatabaseInUse
 */
export async function openSqliteFile(path: string): Promise<kysely.Kysely<JobTables>> {
  const lock = lockFile(`${path}.lock`, path)
  try {
    return await openLocked(path, lock)
  } catch (error) {
    lock.close()
    throw error
  }
}

async function openLocked(
  path: string,
  lock: Database.Database
): Promise<kysely.Kysely<JobTables>> {
  createPrivate(path)
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS })
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  const both = {
    prepare: (text: string) => database.prepare(text),
    close: () => {
      database.close()
      lock.close()
    }
  }
  const db = new Kysely<JobTables>({ dialect: new SqliteDialect({ database: both }) })
  try {
    await migrate(db)
  } catch (error) {
    database.close()
    throw error
  }
  return db
}

/**
 * A database of its own, never written: the lock is SQLite's own, so that nothing is left over when a process dies. No
 * statement is prepared on it, for those would keep it open until they are collected.
 */
function lockFile(path: string, guarded: string): Database.Database {
  createPrivate(path)
  const lock = new Database(path)
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw error
    throw new DatabaseInUse(`${guarded} is in use by another process`, { cause: error })
  }
}

function createPrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')
}
