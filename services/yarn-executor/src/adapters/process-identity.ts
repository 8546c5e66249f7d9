import { readFileSync } from 'node:fs'
import type { ProcessIdentity } from '../domain/launching.ts'

/** A process as `/proc/<pid>/stat` shows it (proc_pid_stat(5)). */
export type ProcessStat = Readonly<{
  pid: number
  state: string
  group: number
  session: number
  /** Clock ticks since boot. */
  startTime: string
}>

/** Undefined when there is no such process. Synchronous: nothing can happen between this look and a signal. */
export function readStat(pid: number): ProcessStat | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  // The second field is the program's name in parentheses and may hold anything, also `) Z 1`.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, , group, session] = fields
  const startTime = fields[22 - 3]
  if (!state || !startTime) return undefined
  return { pid, state, group: Number(group), session: Number(session), startTime }
}

/** Changes with every start of the host; the same in all its containers. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
}

/** The identity of a process of ours. Undefined when it is gone. */
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

export function hasEnded({ state }: ProcessStat): boolean {
  return state === 'Z' || state === 'X'
}

/** Sends a signal to the process if it is still the same one. */
export function signalProcess(
  { pid, startTime }: Readonly<{ pid: number; startTime: string }>,
  signal: NodeJS.Signals
): void {
  if (readStat(pid)?.startTime !== startTime) return
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
