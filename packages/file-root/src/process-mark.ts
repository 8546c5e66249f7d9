import { readFile, readlink } from 'node:fs/promises'

/**
 * A name for this process that no other process has or will have: boot, PID namespace, process id and its start time
 * (ids are re-used). Random where the system does not tell, which makes it a process that nobody can ask about.
 */
export async function processMark(): Promise<string> {
  const [host, start] = await Promise.all([hostMark(), startTime(process.pid)])
  return host && start ? `${host}.${process.pid}.${start}` : `unknown.${crypto.randomUUID()}`
}

/** Whether the process of a mark has ended; `undefined` when that cannot be known from here. */
export async function hasEnded(mark: string): Promise<boolean | undefined> {
  const [, host, pid, start] = /^([0-9a-f-]+_\d+)\.(\d+)\.(\d+)$/.exec(mark) ?? []
  if (!host || !pid || !start || host !== (await hostMark())) return undefined
  return (await startTime(Number(pid))) !== start
}

async function hostMark(): Promise<string | undefined> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    const namespace = /\d+/.exec(await readlink('/proc/self/ns/pid'))?.[0]
    return namespace && `${boot.trim()}_${namespace}`
  } catch {
    return undefined
  }
}

/** Field 22 of /proc/<pid>/stat, in clock ticks since boot; the name before it may hold spaces and brackets. */
async function startTime(pid: number): Promise<string | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const [state, ...fields] = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' || state === 'X' ? undefined : fields[18]
}
