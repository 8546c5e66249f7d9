import { chmod, mkdir, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { FileInUse, type FileLock, takeFileLock } from '@scheduler-task/file-lock/file-lock'
import { ConfigError } from '@scheduler-task/service-base/load-config'
import { PLAIN_PATH } from '@scheduler-task/yarn-executor/launchers/launcher-profile'

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

/**
 * Launchers are given paths below DATA_DIR, and their scripts break those with blanks and the like.
 * @throws ConfigError that says so before anything else does, since a clone's own path counts when DATA_DIR is not set
 */
export async function checkLaunchersCanReach({ path }: DataDirectory): Promise<void> {
  const found = await realpath(path)
  if (PLAIN_PATH.test(found)) return
  throw new ConfigError([
    `DATA_DIR: ${found} has characters other than A-Z a-z 0-9 . _ - /, which the launchers' scripts break; ` +
      'give it a plain path, such as DATA_DIR=/var/tmp/scheduler-task'
  ])
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
