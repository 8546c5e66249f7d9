import { chmodSync, closeSync, openSync } from 'node:fs'
import Database from 'libsql'

/** Refused: another process has it, or this one has it already. */
export class FileInUse extends Error {
  override readonly name = 'FileInUse'
}

/** Held until `release`, which may be called twice. */
export type FileLock = { release(): void }

/**
 * Takes what is at `path` (it need not be there) for this process alone, by a lock on `<path>.lock` (made, mode 0600).
 * The lock is SQLite's own, hence the operating system's: it ends with the process, however that ends, and what is left
 * of the file hinders nobody. Nothing is ever written to it.
 * @throws FileInUse, or what the disk has against it
 */
export function takeFileLock(path: string): FileLock {
  const file = `${path}.lock`
  closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
  // No statement is prepared on it: one would keep it open until it is collected.
  const lock = new Database(file)
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw error
    throw new FileInUse(`${path} is in use by another process`, { cause: error })
  }
  return {
    release: () => {
      if (lock.open) lock.close()
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')
}
