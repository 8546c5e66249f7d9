import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { isAlive } from '@scheduler-task/host-identity/process-identity'
import type { Fence, ProcessIdentity } from '../domain/launching.ts'
import { type AttemptDirectory, wasVoided, writeDurably } from './attempt-directory.ts'
import { findAttemptProcesses, LOCK_DESCRIPTOR } from './attempt-processes.ts'

const FLOCK_TIMEOUT_MS = 10_000
/** Exit code of `flock --nonblock` when somebody else holds the lock. */
const IS_LOCKED = 1

type Whose = Readonly<{ attemptId: string; identity: ProcessIdentity | undefined; lock: string }>

/**
 * Can anybody of this attempt still submit? Held while its lock file is locked or a process carries its marker. Both
 * are needed: a driver keeps the lock after its wrapper was killed, but children of Node, Python and Java wrappers lose
 * it (engines.md §10).
 * @throws Error when flock itself fails: then nobody knows, and nothing may be concluded.
 */
export async function readFence(attempt: Whose, flock: string): Promise<Fence> {
  if (attempt.identity && isAlive(attempt.identity)) return 'held'
  if (await isLocked(attempt.lock, flock)) return 'held'
  // Twice: a process that forks and ends while the list is read can hide its child once.
  for (let look = 0; look < 2; look++) {
    if ((await findAttemptProcesses(attempt)).length > 0) return 'held'
  }
  return 'free'
}

/**
 * Writes `voided` while nobody holds the attempt's lock, and nobody can get it: whoever takes the lock later, however
 * late it was spawned, finds the file and runs nothing. False when somebody holds it.
 * @throws Error when flock fails, or the disk
 */
export async function voidAttempt(directory: AttemptDirectory, flock: string): Promise<boolean> {
  // Made when it is missing: the very file that a spawn would open later.
  const file = await open(directory.lock, 'a', 0o600).catch(unlessMissing)
  // Without its directory nothing can be spawned in it.
  if (!file) return true
  try {
    if (!(await tookLock(file.fd, 'exclusive', flock))) return false
    if (!(await wasVoided(directory))) await writeDurably(directory.voided, '')
    return true
  } finally {
    await file.close()
  }
}

async function isLocked(lock: string, flock: string): Promise<boolean> {
  const file = await open(lock, 'r').catch(unlessMissing)
  if (!file) return false
  try {
    return !(await tookLock(file.fd, 'shared', flock))
  } finally {
    await file.close()
  }
}

/** The lock is held until `fd` is closed. False when somebody else has it. */
async function tookLock(fd: number, how: 'shared' | 'exclusive', flock: string): Promise<boolean> {
  const code = await tryLock(fd, how, flock)
  if (code === 0 || code === IS_LOCKED) return code === 0
  throw new Error(`flock ended with ${code}; whether the lock of an attempt is held is not known`)
}

/** On the open file, which this process shares with flock: it stays locked after flock has ended. */
function tryLock(fd: number, how: string, flock: string): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const stdio = Array<'ignore' | number>(LOCK_DESCRIPTOR).fill('ignore')
    const child = spawn(flock, [`--${how}`, '--nonblock', String(LOCK_DESCRIPTOR)], {
      stdio: [...stdio, fd],
      env: {},
      timeout: FLOCK_TIMEOUT_MS,
      killSignal: 'SIGKILL'
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'nothing'))
  })
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
