import { chmodSync, closeSync, openSync } from 'node:fs'
import { type FileLock, takeFileLock } from '@scheduler-task/file-lock/file-lock'
import type * as kysely from 'kysely'
import Database from 'libsql'
import { groupCommits } from './commit-groups.ts'
import { Kysely, SqliteDialect } from './kysely.ts'
import type { SqlDatabase } from './sql-database.ts'
import { migrate } from './sql-migrations.ts'
import type { JobTables } from './sql-schema.ts'
import { orUnavailable } from './sqlite-errors.ts'

/** A statement that does nothing. */
const NOTHING_TO_DO = {
  reader: false,
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  all: () => [],
  iterate: () => [][Symbol.iterator]()
}

/** How long a reader from outside (a backup, `sqlite3`) may hold up a write. */
const BUSY_TIMEOUT_MS = 2000
/** The text of a list's filter may be any of many. */
const KEPT_STATEMENTS = 200

/**
 * Opens the embedded database, made when it is missing (mode 0600) and brought up to date. What is committed is on the
 * disk (`synchronous=FULL`). As long as it is open a second process is refused.
 * @throws FileInUse
 */
export async function openSqliteFile(path: string): Promise<SqlDatabase> {
  const lock = takeFileLock(path)
  try {
    return await openLocked(path, lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

async function openLocked(path: string, lock: FileLock): Promise<SqlDatabase> {
  createPrivate(path)
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS })
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  const statements = createStatements(database)
  const both = {
    // A full disk ends the transaction by itself; the error to be told is that one.
    prepare: (text: string) =>
      text === 'rollback' && !database.inTransaction ? NOTHING_TO_DO : statements(text),
    close: () => {
      database.close()
      lock.release()
    }
  }
  const db = new Kysely<JobTables>({ dialect: new SqliteDialect({ database: both }) })
  try {
    await migrate(db, 'sqlite')
  } catch (error) {
    database.close()
    throw error
  }
  return { kind: 'sqlite', db, ...groupCommits(db) }
}

/** To prepare a statement takes longer than to run it. What is asked again and again is asked in some dozens of texts. */
function createStatements(database: Database.Database): (text: string) => kysely.SqliteStatement {
  const prepared = new Map<string, kysely.SqliteStatement>()
  return (text) => {
    const known = prepared.get(text)
    if (known) return known
    const statement = prepare(database, text)
    if (prepared.size >= KEPT_STATEMENTS) prepared.clear()
    prepared.set(text, statement)
    return statement
  }
}

function prepare(database: Database.Database, text: string): kysely.SqliteStatement {
  const statement = orUnavailable(() => database.prepare(text))
  return {
    reader: statement.reader,
    // Each of them reads to the end; streams, which may be left half-way, are not used.
    all: (parameters) => orUnavailable(() => statement.all(parameters)),
    run: (parameters) => orUnavailable(() => statement.run(parameters)),
    iterate: (parameters) => statement.all(parameters)[Symbol.iterator]()
  }
}

function createPrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}
