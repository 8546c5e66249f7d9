import { join } from 'node:path'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import type { Test } from 'tap'
import { createSqlJobStore } from '../../src/adapters/sql-job-store.ts'
import { openSqliteFile } from '../../src/adapters/sqlite-file.ts'
import type { JobStore } from '../../src/domain/job-store.ts'

/** A store in a file of the test's own, closed at its end. */
export async function openStore(
  t: Test,
  { path = join(lastingDirectory(t, {}), 'executor.sqlite'), now = Date.now } = {}
): Promise<JobStore> {
  const store = createSqlJobStore(await openSqliteFile(path), now)
  t.teardown(() => store.close())
  return store
}
