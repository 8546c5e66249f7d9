import { constants, lstat, open, readdir, rm, rmdir } from 'node:fs/promises'
import { errnoOf } from './tree-errors.ts'
import { hasHandlePaths } from './tree-walk.ts'

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants

/**
 * Deletes what is at `path` with everything in it; links themselves, not what they point to. Also trees so deep that
 * their paths are longer than the system takes: those were made directory by directory, and go the same way.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (error) {
    if (errnoOf(error) !== 'ENAMETOOLONG' || !hasHandlePaths) throw error
    await removeFromWithin(path)
  }
}

async function removeFromWithin(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return rm(path, { force: true })
  const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  try {
    const place = `/proc/self/fd/${handle.fd}`
    for (const name of await readdir(place)) await removeTree(`${place}/${name}`)
  } finally {
    await handle.close()
  }
  await rmdir(path)
}
