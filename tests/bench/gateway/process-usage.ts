import { readdirSync, readFileSync } from 'node:fs'

/** Processor time spent so far in ms, and the sum of the most memory that each has had resident, in bytes. */
export type Usage = Readonly<{ cpuMs: number; peakBytes: number }>

/** Of `CLK_TCK`: on Linux it is 100 for whoever reads /proc. */
const MS_A_TICK = 10

/** What these processes and all their children have used. */
export function usageOf(pids: readonly number[]): Usage {
  let cpuMs = 0
  let peakBytes = 0
  for (const pid of pids.flatMap(withChildren)) {
    const stat = read(`/proc/${pid}/stat`)
    // The name, in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [user = 0, system = 0] = fields.slice(11, 13).map(Number)
    cpuMs += (user + system) * MS_A_TICK
    const peak = /VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0
    peakBytes += Number(peak) * 1024
  }
  return { cpuMs, peakBytes }
}

function withChildren(pid: number): number[] {
  const children = threadsOf(pid).flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number)
  )
  return [pid, ...children.flatMap(withChildren)]
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
