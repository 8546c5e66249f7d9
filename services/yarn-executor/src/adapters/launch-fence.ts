import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { isAlive } from '@scheduler-task/host-identity/process-identity'
import type { Fence, ProcessIdentity } from '../domain/launching.ts'
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

async function isLocked(lock: string, flock: string): Promise<boolean> {
  const file = await open(lock, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!file) return false
  try {
    const code = await tryLock(file.fd, flock)
    if (code === 0 || code === IS_LOCKED) return code === IS_LOCKED
    throw new Error(`flock ended with ${code}; whether ${lock} is held is not known`)
  } finally {
    await file.close()
  }
}

/** Takes a shared lock for the moment that flock lives, on a descriptor of its own. */
function tryLock(fd: number, flock: string): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const stdio = Array<'ignore' | number>(LOCK_DESCRIPTOR).fill('ignore')
    const child = spawn(flock, ['--shared', '--nonblock', String(LOCK_DESCRIPTOR)], {
      stdio: [...stdio, fd],
      env: {},
      timeout: FLOCK_TIMEOUT_MS,
      killSignal: 'SIGKILL'
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'nothing'))
  })
}
