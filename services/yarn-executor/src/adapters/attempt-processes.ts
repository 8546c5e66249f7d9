import { readdir, readFile, readlink } from 'node:fs/promises'
import { readBootId } from '@scheduler-task/host-identity/boot-id'
import {
  hasEnded,
  isAlive,
  type ProcessStat,
  readStat
} from '@scheduler-task/host-identity/process-identity'
import type { ProcessIdentity } from '../domain/launching.ts'

/** The environment variable that everything a launcher starts inherits; its value is the attempt's id. */
export const MARKER = 'SCHEDULER_TASK_ATTEMPT'
/** The descriptor of the lock file in everything that inherits it: out of the way of scripts that use 3 and 4. */
export const LOCK_DESCRIPTOR = 9

const AT_ONCE = 32

type Whose = Readonly<{
  attemptId: string
  identity: ProcessIdentity | undefined
  /** Absolute path of the lock file. */
  lock: string
}>

/**
 * The living processes of an attempt: they carry its marker, hold its lock file open, or belong to the session of its
 * leader (only while that very process lives: the number is re-used later). Processes of other users, whose
 * environment cannot be read, are not found. Nobody is asked for more than its age who is older than the leader: both the
 * marker and the lock come by descent, and nobody is older than what it descends from.
 * @throws Error when the processes cannot be looked at
 */
export async function findAttemptProcesses(attempt: Whose): Promise<readonly ProcessStat[]> {
  const { identity } = attempt
  const session = identity && isAlive(identity) ? identity.pid : undefined
  const since = identity?.bootId === readBootId() ? Number(identity.startTime) : 0
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found: ProcessStat[] = []
  for (let i = 0; i < numbers.length; i += AT_ONCE) {
    const looked = await Promise.all(
      numbers.slice(i, i + AT_ONCE).map(async (pid) => {
        const stat = readStat(pid)
        if (!stat || hasEnded(stat) || Number(stat.startTime) < since) return undefined
        const isOurs =
          stat.session === session ||
          (await carriesMarker(pid, attempt.attemptId)) ||
          (await holdsLock(pid, attempt.lock))
        // What was read belongs to this process only if the number has not changed hands meanwhile.
        return isOurs && readStat(pid)?.startTime === stat.startTime ? stat : undefined
      })
    )
    for (const stat of looked) if (stat) found.push(stat)
  }
  return found
}

async function carriesMarker(pid: number, attemptId: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(unlessOutOfReach)
  return `\0${environment}\0`.includes(`\0${MARKER}=${attemptId}\0`)
}

async function holdsLock(pid: number, lock: string): Promise<boolean> {
  const target = await readlink(`/proc/${pid}/fd/${LOCK_DESCRIPTOR}`).catch(unlessOutOfReach)
  return target === lock
}

/** It has ended, or is somebody else's. What fails otherwise (no free descriptor) says nothing about the process. */
function unlessOutOfReach(error: NodeJS.ErrnoException): string {
  if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code ?? '')) return ''
  throw error
}
