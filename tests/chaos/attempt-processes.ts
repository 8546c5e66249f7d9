import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** A process that belongs to an attempt of the run. */
export type AttemptProcess = Readonly<{ pid: number; attemptId: string; command: string }>

const MARKER = /(?:^|\0)SCHEDULER_TASK_ATTEMPT=([A-Za-z0-9_-]+)/

/** The executor itself, and what it asks with: it has the file open to see whether somebody else has locked it. */
const LOOKS_AT_LOCK = /killable-server\.mjs|flock --shared/

/**
 * All living processes of attempts below `attempts` (a directory): those that carry the marker of one, or have a lock
 * file of one open. Found without the product: by what the design says of them.
 */
export function attemptProcesses(attempts: string): AttemptProcess[] {
  const known = new Set(readdirIfThere(attempts))
  const found: AttemptProcess[] = []
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    if (!isRunning(pid)) continue
    const attemptId = markerOf(pid) ?? lockOf(pid, attempts)
    if (attemptId === undefined || !known.has(attemptId)) continue
    const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()
    if (!LOOKS_AT_LOCK.test(command)) found.push({ pid, attemptId, command })
  }
  return found
}

/** A zombie has ended. */
function isRunning(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`)
  const state = stat.slice(stat.lastIndexOf(')') + 2)[0]
  return state !== undefined && state !== 'Z' && state !== 'X'
}

function markerOf(pid: number): string | undefined {
  return MARKER.exec(read(`/proc/${pid}/environ`))?.[1]
}

function lockOf(pid: number, attempts: string): string | undefined {
  for (const fd of readdirIfThere(`/proc/${pid}/fd`)) {
    const target = linkOf(join(`/proc/${pid}/fd`, fd))
    if (basename(target) === 'lock' && dirname(dirname(target)) === attempts) {
      return basename(dirname(target))
    }
  }
  return undefined
}

/** A process that has just ended, or is another user's, says nothing. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function readdirIfThere(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
