import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { FileInUse, takeFileLock } from '@scheduler-task/file-lock/file-lock'
import { ConfigError } from '@scheduler-task/service-base/load-config'
import { createSqlJobStore } from './adapters/sql-job-store.ts'
import type { Config } from './config.ts'
import type { Instances } from './domain/instances.ts'
import type { JobStore } from './domain/job-store.ts'
import type { Launching } from './domain/launching.ts'

export type ConfiguredStore = Readonly<{
  store: JobStore
  /** With a database that others may use as well: how to be one of them. */
  instances?: (launching: Launching) => Instances
  /** This host among those of the others, and where their instances are reached. */
  hosts?: Readonly<{ own: string; urlsOf: (hostId: string) => Promise<readonly string[]> }>
}>

/**
 * The store that the configuration names: DATABASE_URL, else the embedded database below DATA_DIR. The directory is made
 * (0700) when it is missing, and is this process's alone.
 * @throws ConfigError when it cannot be used
 */
export async function configuredStore(config: Config): Promise<ConfiguredStore> {
  const directory = resolve(config.DATA_DIR)
  await explained('DATA_DIR', () => mkdir(directory, { recursive: true, mode: 0o700 }))
  if (config.DATABASE_URL === undefined) {
    const { openSqliteFile } = await import('./adapters/sqlite-file.ts')
    const path = join(directory, 'executor.sqlite')
    return { store: createSqlJobStore(await explained('DATA_DIR', () => openSqliteFile(path))) }
  }
  return await openShared(config, config.DATABASE_URL, directory)
}

/** Nothing of it is loaded without DATABASE_URL: on an edge node each megabyte counts. */
async function openShared(
  { DATABASE_CONNECTIONS: maxConnections, HOST_ID: hostId, INSTANCE_URL: ownUrl }: Config,
  url: string,
  directory: string
): Promise<ConfiguredStore> {
  const [
    { connectForLeases, openPostgres },
    { createInstances },
    { createSharedJobStore },
    { createInstanceUrls }
  ] = await Promise.all([
    import('./adapters/postgres-database.ts'),
    import('./adapters/postgres-instances.ts'),
    import('./adapters/sql-job-store.ts'),
    import('./adapters/instance-urls.ts')
  ])
  const { readHost } = await import('@scheduler-task/host-identity/host')
  const host = await explained('HOST_ID', async () => readHost(hostId))
  const lock = await explained('DATA_DIR', async () => takeFileLock(join(directory, 'executor')))
  try {
    const opened = await explained('DATABASE_URL', () => openPostgres({ url, maxConnections }))
    const database = { ...opened, close: () => opened.close().finally(lock.release) }
    const { inNameOf, ...store } = createSharedJobStore(database)
    return {
      store,
      hosts: { own: host.id, urlsOf: createInstanceUrls(database) },
      instances: (launching) =>
        createInstances({
          database,
          control: connectForLeases(url),
          inNameOf,
          launching,
          host,
          ...(ownUrl !== undefined && { url: ownUrl })
        })
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
