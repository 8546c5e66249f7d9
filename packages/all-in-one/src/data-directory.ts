import { chmod, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { FileInUse, type FileLock, takeFileLock } from '@scheduler-task/file-lock/file-lock'
import { ConfigError } from '@scheduler-task/service-base/load-config'

/** A directory that this process alone writes to, until `release`. */
export type DataDirectory = FileLock & { path: string }

/**
 * Makes DATA_DIR (0700) and takes it for this process.
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
    return { path, ...takeFileLock(join(path, 'in-use')) }
  } catch (error) {
    throw new ConfigError([
      error instanceof FileInUse
        ? `DATA_DIR: ${path} is in use by another process; end it, or give this one another DATA_DIR`
        : `DATA_DIR: ${path} cannot be written to (${reasonOf(error)})`
    ])
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
