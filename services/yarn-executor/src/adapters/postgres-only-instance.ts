import { createRequire } from 'node:module'
import type * as postgres from 'pg'
import { StoreUnavailable } from '../domain/job-store.ts'
import { unavailable } from './postgres-errors.ts'
import type { SqlDatabase } from './sql-database.ts'

const pg = createRequire(import.meta.url)('pg') as typeof postgres

/** Any number, the same in every version. */
const INSTANCE_LOCK = 7_235_801_665
const TIMEOUT_MS = 3000
const TRY_AGAIN_MS = 500

/** The server notices within 15 s that the host of a connection is gone, and gives its lock to others. */
const NOTICE_ABSENCE = `set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 2`

/**
 * The same database for this process alone: the work is not shared among several yet, and two would launch the same
 * submissions. The right to it is a lock that ends with its connection; as long as it is not there (again) nothing is
 * written.
 * @throws Error when another process has it
 */
export async function asOnlyInstance(database: SqlDatabase, url: string): Promise<SqlDatabase> {
  let client: postgres.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  async function take(): Promise<void> {
    const own = new pg.Client({
      connectionString: url,
      application_name: 'scheduler-task executor, instance',
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
      keepAlive: true
    })
    own.on('error', () => lost(own))
    own.on('end', () => lost(own))
    try {
      await own.connect()
      await own.query(NOTICE_ABSENCE)
      const { rows } = await own.query<{ taken: boolean }>(
        'select pg_try_advisory_lock($1) as taken',
        [INSTANCE_LOCK]
      )
      if (!rows[0]?.taken) throw new Error('another executor is using this database')
      client = own
    } catch (error) {
      void own.end().catch(() => {})
      throw error
    }
  }

  function lost(own: postgres.Client): void {
    if (own !== client || closed) return
    client = undefined
    again()
  }

  function again(): void {
    timer = setTimeout(() => {
      take().then(() => {
        if (closed) void client?.end()
      }, again)
    }, TRY_AGAIN_MS)
    timer.unref()
  }

  await take().catch((error: unknown) => {
    throw error instanceof Error && error.message.startsWith('another') ? error : unavailable(error)
  })
  const requireLock = async () => {
    const cause = new Error('the right to be the only one on this database was lost')
    if (!client) throw new StoreUnavailable('UNREACHABLE', { cause })
  }
  return {
    ...database,
    ready: requireLock,
    write: async (work) => {
      await requireLock()
      return await database.write(work)
    },
    close: async () => {
      closed = true
      clearTimeout(timer)
      await database.close()
      await client?.end().catch(() => {})
    }
  }
}
