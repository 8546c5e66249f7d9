import { readFileSync } from 'node:fs'

/** The processes that this one has started and that are still there (Linux); none when it has ended itself. */
export function childProcesses(pid: number | undefined): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return text === '' ? [] : text.split(' ').map(Number)
  } catch {
    return []
  }
}

/** The processes that do a service's work: its workers, or itself where it has none. */
export function workingProcesses(pid: number): number[] {
  const workers = childProcesses(pid)
  return workers.length > 0 ? workers : [pid]
}

/** Whether it is there and not merely waiting for its parent to notice its end. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
