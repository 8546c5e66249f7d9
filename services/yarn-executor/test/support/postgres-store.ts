import type { Test } from 'tap'
import { openPostgres } from '../../src/adapters/postgres-database.ts'
import { createSqlJobStore } from '../../src/adapters/sql-job-store.ts'
import type { JobStore } from '../../src/domain/job-store.ts'

/** A store in this database, closed at the end of the test. */
export async function openPostgresStore(
  t: Test,
  url: string,
  { now = Date.now, maxConnections = 10 } = {}
): Promise<JobStore> {
  const database = await openPostgres({ url, maxConnections })
  const store = createSqlJobStore(database, now)
  let open = true
  const close = async () => {
    if (!open) return
    open = false
    await store.close()
  }
  t.teardown(close)
  return { ...store, close }
}
