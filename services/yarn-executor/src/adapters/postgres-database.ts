import { createRequire } from 'node:module'
import type * as kysely from 'kysely'
import type * as postgres from 'pg'
import { StoreUnavailable } from '../domain/job-store.ts'
import { Kysely, PostgresDialect, sql } from './kysely.ts'
import { breaksConnection, isConflict, unavailable } from './postgres-errors.ts'
import { createNotifications } from './postgres-notifications.ts'
import { createSlots, type Slots } from './slots.ts'
import type { SqlDatabase } from './sql-database.ts'
import { migrate } from './sql-migrations.ts'
import type { JobTables } from './sql-schema.ts'

const pg = createRequire(import.meta.url)('pg') as typeof postgres

export type PostgresOptions = Readonly<{
  url: string
  /** Connections at once at most. */
  maxConnections: number
  /** How long the server may work on one statement; 10 s. */
  statementTimeoutMs?: number
}>

const CONNECT_TIMEOUT_MS = 3000
/** How long a caller waits until a connection is free; the pool itself would count that as time to connect. */
const WAIT_MS = 20_000
const STATEMENT_TIMEOUT_MS = 10_000
/** Other instances may have to wait for the one that brings the database up to date. */
const MIGRATION_TIMEOUT_MS = 300_000
/** How much longer than the server this side waits before it takes the connection for broken. */
const ANSWER_TIMEOUT_MS = 2000

/**
 * A process that stands still in the middle of a transaction holds its rows: no longer than it may keep others from
 * taking over. Between two statements of a transaction nothing else is done.
 */
const IDLE_IN_TRANSACTION_MS = 4000

/** How often a transaction is tried that others' stood in the way of. */
const ATTEMPTS = 5
const LONGEST_PAUSE_MS = 50

const BIGINT_OID = 20

/** What executors that have to be alone, those of before leases, hold exclusively as long as they live. */
const ONLY_INSTANCE_LOCK = 7_235_801_665

/**
 * Opens a database of PostgreSQL (12 or newer) and brings it up to date. Connections are made on demand, and given up
 * when they break; what cannot be had meanwhile is `StoreUnavailable`.
 */
export async function openPostgres(options: PostgresOptions): Promise<SqlDatabase> {
  const { url, maxConnections, statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options
  const once = connect(url, { maxConnections: 1, statementTimeoutMs: MIGRATION_TIMEOUT_MS })
  try {
    await refuseOtherEncodings(once)
    await refuseBesideOnlyInstance(once)
    await migrate(once, 'postgresql')
  } finally {
    await once.destroy()
  }
  const db = connect(url, { maxConnections, statementTimeoutMs })
  const listening = () =>
    new pg.Client({ ...CONNECTION, connectionString: url, query_timeout: statementTimeoutMs })
  return {
    kind: 'postgresql',
    db,
    others: createNotifications(db, listening),
    write: async (work) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await db.transaction().execute(work)
        } catch (error) {
          if (!isConflict(error)) throw error
          if (attempt === ATTEMPTS) throw new StoreUnavailable('BUSY', { cause: error })
          await pause(Math.random() * Math.min(LONGEST_PAUSE_MS, 2 ** attempt))
        }
      }
    },
    close: () => db.destroy()
  }
}

/** A few connections for what must not wait: leases. They give up early. */
export function connectForLeases(url: string): kysely.Kysely<JobTables> {
  return connect(url, { maxConnections: 2, statementTimeoutMs: 1500, answerTimeoutMs: 500 })
}

const CONNECTION = {
  application_name: 'scheduler-task executor',
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true
}

type Connecting = { maxConnections: number; statementTimeoutMs: number; answerTimeoutMs?: number }

function connect(url: string, { maxConnections, statementTimeoutMs, ...limits }: Connecting) {
  const { answerTimeoutMs = ANSWER_TIMEOUT_MS } = limits
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    ...CONNECTION,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + answerTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    types: { getTypeParser }
  })
  // A connection that broke while nobody used it; the pool has dropped it.
  pool.on('error', () => {})
  const slots = createSlots(maxConnections, WAIT_MS)
  return new Kysely<JobTables>({
    dialect: new PostgresDialect({
      pool: { connect: () => borrow(pool, slots), end: () => pool.end() }
    })
  })
}

/** A connection of the pool that does not go back to it when it is broken. */
async function borrow(pool: postgres.Pool, slots: Slots): Promise<kysely.PostgresPoolClient> {
  await slots.take().catch((error: unknown) => {
    throw new StoreUnavailable('BUSY', { cause: error })
  })
  const client = await pool.connect().catch((error: unknown) => {
    slots.giveBack()
    throw unavailable(error)
  })
  let broken: Error | undefined
  const onError = (error: Error) => {
    broken = error
  }
  client.on('error', onError)
  const query = async (text: string, parameters: readonly unknown[]) => {
    // The server has rolled back with the connection; the error to be told is the one before.
    if (broken && text === 'rollback') return NOTHING_DONE
    try {
      return await client.query(text, [...parameters])
    } catch (error) {
      if (breaksConnection(error)) broken = error
      throw unavailable(error)
    }
  }
  const release = () => {
    client.off('error', onError)
    client.release(broken)
    slots.giveBack()
  }
  // `query` of a cursor, for streams of rows, is not there: nothing here streams.
  return { query, release } as unknown as kysely.PostgresPoolClient
}

const NOTHING_DONE = { command: 'ROLLBACK', rowCount: 0, rows: [] }

/** Numbers stay below 2^53 here: times, counts and positions. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === BIGINT_OID && format !== 'binary') return Number
  return pg.types.getTypeParser(oid, format as 'text')
}

async function refuseOtherEncodings(db: kysely.Kysely<JobTables>): Promise<void> {
  const { rows } = await sql<{ server_encoding: string }>`show server_encoding`.execute(db)
  const encoding = rows[0]?.server_encoding
  if (encoding !== 'UTF8') throw new Error(`the database has to be in UTF8, it is in ${encoding}`)
}

/**
 * Held as long as this connection: none of them can begin while the database is brought up to date, and once it is, they
 * refuse it themselves.
 */
async function refuseBesideOnlyInstance(db: kysely.Kysely<JobTables>): Promise<void> {
  const { rows } = await sql<{ free: boolean }>`
    select pg_try_advisory_lock_shared(${sql.lit(ONLY_INSTANCE_LOCK)}) as free`.execute(db)
  if (rows[0]?.free) return
  throw new Error('an executor of an earlier version, which has to be alone, is using it')
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
