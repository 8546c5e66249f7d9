import { chmod, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ConfigError } from '@scheduler-task/service-base/load-config'
import Database from 'libsql'

/** A directory that this process alone writes to, until `release`. */
export type DataDirectory = { path: string; release(): void }

/**
 * Makes DATA_DIR (0700) and takes it for this process. The lock is the operating system's, on a database file: it ends
 * with the process, however that ends.
 * @throws ConfigError when another process has it, or it cannot be written to.
 */
export async function openDataDirectory(dir: string): Promise<DataDirectory> {
  const path = resolve(dir)
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    await chmod(path, 0o700)
  } catch (error) {
    throw new ConfigError([`DATA_DIR: ${path} cannot be made or owned (${reasonOf(error)})`])
  }
  try {
    const lock = new Database(join(path, 'in-use.lock'))
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS taken (at TEXT); COMMIT')
    return { path, release: () => lock.close() }
  } catch (error) {
    const taken = /locked|busy/i.test(reasonOf(error))
    throw new ConfigError([
      taken
        ? `DATA_DIR: ${path} is in use by another process; end it, or give this one another DATA_DIR`
        : `DATA_DIR: ${path} cannot be written to (${reasonOf(error)})`
    ])
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
