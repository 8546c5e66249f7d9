import { access, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

const partialSuffix = '.partial'

/** Whether a step has been completed: its directory only ever appears whole. */
export async function isInstalled(directory: string): Promise<boolean> {
  return await access(directory).then(
    () => true,
    () => false
  )
}

/**
 * Fills a directory that is not there yet: `fill` works in a directory beside it, which takes the
 * final name only when everything is in it. Returns false when there was nothing to do. What an
 * interrupted attempt left behind is removed first; the caller holds the lock.
 */
export async function installOnce(
  directory: string,
  fill: (partial: string) => Promise<void>
): Promise<boolean> {
  if (await isInstalled(directory)) return false
  const partial = directory + partialSuffix
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true })
  try {
    await fill(partial)
    await rename(partial, directory)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
  return true
}

/** The one entry of a directory that fits the pattern. Throws when there is none. */
export async function onlyEntry(directory: string, pattern: RegExp): Promise<string> {
  const name = (await readdir(directory)).find((entry) => pattern.test(entry))
  if (!name) throw new Error(`${directory} has nothing like ${pattern.source}`)
  return join(directory, name)
}
