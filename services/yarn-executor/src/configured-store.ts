import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { FileInUse, takeFileLock } from '@scheduler-task/file-lock/file-lock'
import { ConfigError } from '@scheduler-task/service-base/load-config'
import type { SqlDatabase } from './adapters/sql-database.ts'
import { createSqlJobStore } from './adapters/sql-job-store.ts'
import type { Config } from './config.ts'
import type { JobStore } from './domain/job-store.ts'

/**
 * The store that the configuration names: DATABASE_URL, else the embedded database below DATA_DIR. The directory is made
 * (0700) when it is missing, and is this process's alone.
 * @throws ConfigError when it cannot be used
 */
export async function configuredStore(config: Config): Promise<JobStore> {
  const directory = resolve(config.DATA_DIR)
  await explained('DATA_DIR', () => mkdir(directory, { recursive: true, mode: 0o700 }))
  if (config.DATABASE_URL === undefined) {
    const { openSqliteFile } = await import('./adapters/sqlite-file.ts')
    const path = join(directory, 'executor.sqlite')
    return createSqlJobStore(await explained('DATA_DIR', () => openSqliteFile(path)))
  }
  return createSqlJobStore(await openSharedDatabase(config, config.DATABASE_URL, directory))
}

/** Nothing of it is loaded without DATABASE_URL: on an edge node each megabyte counts. */
async function openSharedDatabase(
  { DATABASE_CONNECTIONS: maxConnections }: Config,
  url: string,
  directory: string
): Promise<SqlDatabase> {
  const [{ openPostgres }, { asOnlyInstance }] = await Promise.all([
    import('./adapters/postgres-database.ts'),
    import('./adapters/postgres-only-instance.ts')
  ])
  const lock = await explained('DATA_DIR', async () => takeFileLock(join(directory, 'executor')))
  try {
    const database = await explained('DATABASE_URL', () => openPostgres({ url, maxConnections }))
    try {
      const own = await explained('DATABASE_URL', () => asOnlyInstance(database, url))
      return { ...own, close: () => own.close().finally(lock.release) }
    } catch (error) {
      await database.close()
      throw error
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function explained<T>(variable: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const problem = error instanceof FileInUse ? reason : `cannot be used: ${reason}`
    throw new ConfigError([`${variable}: ${problem}`])
  }
}
