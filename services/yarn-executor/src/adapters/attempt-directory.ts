import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

const ATTEMPT_ID = /^[A-Za-z0-9_-]{1,100}$/

/** Where everything of one attempt is. */
export type AttemptDirectory = Readonly<{
  path: string
  /** The launcher's working directory: empty, for it alone. */
  work: string
  lock: string
  shim: string
  stdout: string
  stderr: string
  exitStatus: string
}>

/**
 * The directory of an attempt below `root`.
 * @throws TypeError when the id could lead elsewhere.
 */
export function attemptDirectory(root: string, attemptId: string): AttemptDirectory {
  if (!ATTEMPT_ID.test(attemptId)) throw new TypeError('an attempt id is [A-Za-z0-9_-]{1,100}')
  const path = join(root, attemptId)
  return {
    path,
    work: join(path, 'work'),
    lock: join(path, 'lock'),
    shim: join(path, 'shim.sh'),
    stdout: join(path, 'stdout'),
    stderr: join(path, 'stderr'),
    exitStatus: join(path, 'exit-status')
  }
}

/** Makes the directory anew, for this user only. @throws Error when the attempt has been started already. */
export async function makeAttemptDirectory(directory: AttemptDirectory): Promise<void> {
  if (await wasStarted(directory)) throw new Error(`${directory.path} belongs to a started attempt`)
  await rm(directory.path, { recursive: true, force: true })
  await mkdir(directory.work, { recursive: true, mode: 0o700 })
}

/** The output is opened before anything runs, and never removed. */
export async function wasStarted(directory: AttemptDirectory): Promise<boolean> {
  return await exists(directory.stdout)
}

/** Writes a file that is there whole or not at all, also after a power cut. Mode 0600. */
export async function writeDurably(path: string, bytes: string | Buffer): Promise<void> {
  const temporary = `${path}.tmp`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
