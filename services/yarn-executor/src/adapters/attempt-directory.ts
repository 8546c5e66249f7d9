import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'

const ATTEMPT_ID = /^[A-Za-z0-9_-]{1,100}$/

/** Where everything of one attempt is. */
export type AttemptDirectory = Readonly<{
  path: string
  /** The launcher's working directory: empty, for it alone. */
  work: string
  /** The copy of a program, as long as it may be read. */
  program: string
  lock: string
  /** While it is there nothing of the attempt begins; written under the lock. */
  voided: string
  shim: string
  stdout: string
  stderr: string
  exitStatus: string
  /** The same while it is being written. */
  exitStatusDraft: string
}>

/**
 * Where a new attempt gets its directory, below `root`.
 * @throws TypeError when the id could lead elsewhere.
 */
export function attemptPath(root: string, attemptId: string): string {
  checkAttemptId(attemptId)
  return join(root, attemptId)
}

/** The marker of an attempt is its id. @throws TypeError when it could mean anything else. */
export function checkAttemptId(attemptId: string): void {
  if (!ATTEMPT_ID.test(attemptId)) throw new TypeError('an attempt id is [A-Za-z0-9_-]{1,100}')
}

/** @throws TypeError when the path depends on where this process runs. */
export function attemptDirectory(path: string): AttemptDirectory {
  if (!isAbsolute(path)) throw new TypeError('the directory of an attempt is an absolute path')
  return {
    path,
    work: join(path, 'work'),
    program: join(path, 'program'),
    lock: join(path, 'lock'),
    voided: join(path, 'voided'),
    shim: join(path, 'shim.sh'),
    stdout: join(path, 'stdout'),
    stderr: join(path, 'stderr'),
    exitStatus: join(path, 'exit-status'),
    exitStatusDraft: join(path, 'exit-status.tmp')
  }
}

/**
 * Makes the directory anew, for this user only.
 * @throws Error when the attempt has been started or voided already.
 */
export async function makeAttemptDirectory(directory: AttemptDirectory): Promise<void> {
  if (await wasStarted(directory)) throw new Error(`${directory.path} belongs to a started attempt`)
  if (await wasVoided(directory)) throw new Error(`${directory.path} belongs to a voided attempt`)
  await rm(directory.path, { recursive: true, force: true })
  await mkdir(directory.work, { recursive: true, mode: 0o700 })
}

/** The output is opened before anything runs, and never removed. */
export async function wasStarted(directory: AttemptDirectory): Promise<boolean> {
  return await exists(directory.stdout)
}

export async function wasVoided(directory: AttemptDirectory): Promise<boolean> {
  return await exists(directory.voided)
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

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
