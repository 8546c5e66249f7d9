import { readBootId, readPidNamespace } from '@scheduler-task/host-identity/boot-id'
import * as processes from '@scheduler-task/host-identity/process-identity'

/**
 * A name for this process that no other process has or will have: boot, PID namespace, process id and its start time
 * (ids are re-used). Random where the system does not tell, which makes it a process that nobody can ask about.
 */
export function processMark(): string {
  const host = hostMark()
  const start = host && startTime(process.pid)
  return start ? `${host}.${process.pid}.${start}` : `unknown.${crypto.randomUUID()}`
}

/** Whether the process of a mark has ended; `undefined` when that cannot be known from here. */
export function hasEnded(mark: string): boolean | undefined {
  const [, host, pid, start] = /^([0-9a-f-]+_\d+)\.(\d+)\.(\d+)$/.exec(mark) ?? []
  if (!host || !pid || !start || host !== hostMark()) return undefined
  try {
    return startTime(Number(pid)) !== start
  } catch {
    return undefined
  }
}

/** Undefined where there is no `/proc`. */
function hostMark(): string | undefined {
  try {
    return `${readBootId()}_${readPidNamespace()}`
  } catch {
    return undefined
  }
}

function startTime(pid: number): string | undefined {
  const stat = processes.readStat(pid)
  return stat && !processes.hasEnded(stat) ? stat.startTime : undefined
}
