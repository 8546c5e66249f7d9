import { readdir, readFile } from 'node:fs/promises'

/** A process, told apart from a later one that was given the same id. */
export type ProcessIdentity = Readonly<{ pid: number; startTime: string; bootId: string }>

type ProcessStat = { state: string; startTime: string }

/** Fields 3 and 22 of `/proc/PID/stat` (proc(5)); the name in field 2 may hold blanks and brackets. */
async function statOf(pid: number): Promise<ProcessStat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const [state, ...others] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const startTime = others[18]
  return state && startTime ? { state, startTime } : undefined
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
}

/** The identity of a live process; `undefined` when there is none with this id. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await statOf(pid)
  return stat && { pid, startTime: stat.startTime, bootId: await bootId() }
}

/** Whether this very process still runs. A zombie has ended, whoever forgot to collect it. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const stat = await statOf(identity.pid)
  if (!stat || stat.state === 'Z' || stat.state === 'X') return false
  return stat.startTime === identity.startTime && identity.bootId === (await bootId())
}

/** Sends a signal to this very process; a process that has ended is no error. */
export async function signal(identity: ProcessIdentity, name: NodeJS.Signals): Promise<void> {
  if (!(await isAlive(identity))) return
  try {
    process.kill(identity.pid, name)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** All live processes whose environment at their start held exactly `name=value`. */
export async function findByEnvironment(name: string, value: string): Promise<ProcessIdentity[]> {
  const found: ProcessIdentity[] = []
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const environment = await readFile(`/proc/${entry}/environ`, 'utf8').catch(() => '')
    if (!environment.split('\0').includes(`${name}=${value}`)) continue
    const identity = await identify(Number(entry))
    if (identity && (await isAlive(identity))) found.push(identity)
  }
  return found
}

/** Resident memory in MB (`VmRSS`); 0 when the process has ended. */
export async function residentMegabytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024)
}
