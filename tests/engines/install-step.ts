import { access, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

const partialMark = '.partial-'

/** Whether a step has been completed: its directory only ever appears whole. */
export async function isInstalled(directory: string): Promise<boolean> {
  return await access(directory).then(
    () => true,
    () => false
  )
}

/**
 * Fills a directory that is not there yet: `fill` works in a directory beside it, which takes the
 * final name only when everything is in it. Returns false when there was nothing to do. Each attempt
 * has a name of its own: programs that a killed attempt left running do not write into a later one.
 */
export async function installOnce(
  directory: string,
  fill: (partial: string) => Promise<void>
): Promise<boolean> {
  if (await isInstalled(directory)) return false
  const partial = await mkdtemp(directory + partialMark)
  try {
    await fill(partial)
    await rename(partial, directory)
  } catch (error) {
    await remove(partial)
    throw error
  }
  return true
}

/** Removes what interrupted attempts left in a directory; the caller holds the lock. */
export async function removePartial(root: string): Promise<void> {
  for (const entry of await readdir(root)) {
    if (entry.includes(partialMark)) await remove(join(root, entry))
  }
}

async function remove(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 })
}

/** The one entry of a directory that fits the pattern. Throws when there is none. */
export async function onlyEntry(directory: string, pattern: RegExp): Promise<string> {
  const name = (await readdir(directory)).find((entry) => pattern.test(entry))
  if (!name) throw new Error(`${directory} has nothing like ${pattern.source}`)
  return join(directory, name)
}

export async function jarsIn(directory: string): Promise<string[]> {
  const names = await readdir(directory)
  return names.filter((name) => name.endsWith('.jar')).map((name) => join(directory, name))
}
