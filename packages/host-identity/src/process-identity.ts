import { readFileSync } from 'node:fs'
import { readBootId } from './boot-id.ts'
import { ifItIsThere } from './proc-file.ts'

/** One process of one boot of one host: ids are re-used, this triple is not. */
export type ProcessIdentity = Readonly<{
  pid: number
  /** Clock ticks since boot, field 22 of `/proc/<pid>/stat`. */
  startTime: string
  bootId: string
}>

/** A process as `/proc/<pid>/stat` shows it (proc_pid_stat(5)). */
export type ProcessStat = Readonly<{
  pid: number
  /** One letter: `Z` and `X` have ended. */
  state: string
  parent: number
  group: number
  session: number
  /** Clock ticks since boot. */
  startTime: string
  /** Where its stack begins, another address after each exec; the same for all who may not be read. */
  stackStart: string
}>

/**
 * Undefined when there is no such process. Synchronous: nothing can happen between this look and a signal.
 * @throws Error when that cannot be told, as without a free file descriptor: nothing may be concluded then
 */
export function readStat(pid: number): ProcessStat | undefined {
  const text = ifItIsThere(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  // The second field is the program's name in parentheses and may hold anything, also `) Z 1`.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? []
  const [state, parent, group, session] = fields
  const startTime = fields[22 - 3]
  const stackStart = fields[28 - 3]
  if (!state || !startTime || !stackStart) return undefined
  return {
    pid,
    state,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTime,
    stackStart
  }
}

/** The identity of a process of this host. Undefined when it is gone. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid)
  return stat && { pid, startTime: stat.startTime, bootId: readBootId() }
}

/** True while this very process runs: a zombie has ended, and another process may have got its number. */
export function isAlive(identity: ProcessIdentity): boolean {
  const stat = readStat(identity.pid)
  return (
    stat !== undefined &&
    stat.startTime === identity.startTime &&
    !hasEnded(stat) &&
    identity.bootId === readBootId()
  )
}

export function hasEnded({ state }: Pick<ProcessStat, 'state'>): boolean {
  return state === 'Z' || state === 'X'
}

/** Sends a signal to the process if it is still the same one; it is no error when it has ended. */
export function signalProcess(
  { pid, startTime }: Pick<ProcessIdentity, 'pid' | 'startTime'>,
  signal: NodeJS.Signals
): void {
  if (readStat(pid)?.startTime !== startTime) return
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
