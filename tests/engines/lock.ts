import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts'

export type LockOptions = Readonly<{
  /** How long to wait for another holder. Default: 15 minutes, longer than a slow installation. */
  limitMs?: number
  /** Called once when somebody else holds the lock. */
  onWait?: (holder: number) => void
}>

/**
 * Runs `work` while holding a lock file, which names its holder. A lock whose holder has died is
 * taken over. Throws when another process keeps it longer than the limit.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  options: LockOptions = {}
): Promise<T> {
  await mkdir(dirname(file), { recursive: true })
  const release = await acquire(file, options)
  try {
    return await work()
  } finally {
    await release()
  }
}

async function acquire(file: string, options: LockOptions): Promise<() => Promise<void>> {
  const own = `${file}.${process.pid}-${Math.random().toString(36).slice(2)}`
  await writeFile(own, JSON.stringify(await identify(process.pid)))
  const deadline = Date.now() + (options.limitMs ?? 900_000)
  let told = false
  try {
    while (true) {
      // A link appears whole or not at all, so nobody ever reads half a lock.
      if (await linked(own, file)) return () => rm(file, { force: true })
      const holder = await holderOf(file)
      if (holder === undefined) continue
      if (!(await isAlive(holder))) {
        await removeStale(file, holder)
        continue
      }
      if (!told) options.onWait?.(holder.pid)
      told = true
      if (Date.now() > deadline) throw new Error(`${file} is held by process ${holder.pid}`)
      await delay(200)
    }
  } finally {
    await rm(own, { force: true })
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Who holds the lock; `undefined` when it has just been given back. */
async function holderOf(file: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : JSON.parse(text)
}

/** Moves the dead holder's lock aside; puts it back when somebody else had been faster. */
async function removeStale(file: string, dead: ProcessIdentity): Promise<void> {
  const aside = `${file}.stale-${process.pid}-${Math.random().toString(36).slice(2)}`
  try {
    await rename(file, aside)
  } catch {
    return
  }
  const moved = await holderOf(aside)
  if (moved && (moved.pid !== dead.pid || moved.startTime !== dead.startTime)) {
    await linked(aside, file)
  }
  await rm(aside, { force: true })
}
