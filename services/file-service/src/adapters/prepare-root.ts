import { constants } from 'node:fs'
import { access, mkdir, stat } from 'node:fs/promises'
import { errnoOf } from '@scheduler-task/file-root/tree-errors'
import { ConfigError } from '@scheduler-task/service-base/load-config'

/**
 * Makes the root (0750) when it is missing; not its parents, which would hide a mistyped path or a disk that is not
 * mounted.
 * @throws ConfigError
 */
export async function prepareRoot(root: string): Promise<void> {
  try {
    await mkdir(root, 0o750).catch(ignoreExisting)
    const found = await stat(root)
    if (!found.isDirectory()) throw unusable('is not a directory')
    await access(root, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw error instanceof ConfigError ? error : unusable(reason(error))
  }
}

function ignoreExisting(error: unknown): void {
  if (errnoOf(error) !== 'EEXIST') throw error
}

function reason(error: unknown): string {
  const code = errnoOf(error)
  if (code === 'ENOENT') return 'cannot be made: the directory above it is missing'
  if (code === 'ENOTDIR') return 'cannot be made: what is above it is not a directory'
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'cannot be written to'
  return `cannot be used (${code || 'unknown reason'})`
}

function unusable(why: string): ConfigError {
  return new ConfigError([`FILE_ROOT: ${why}`])
}
