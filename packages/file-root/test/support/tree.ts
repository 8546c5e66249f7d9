import { mkdir, readdir, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { createFileTree, type FileTree } from '../../src/file-tree.ts'

/** A directory with a root in it, and something outside the root that must never be reached. */
export async function startTree(
  t: Test,
  byHandle: boolean
): Promise<{ tree: FileTree; root: string; outside: string }> {
  const base = t.testdir({ outside: { 'secret.txt': 'secret', inner: {} } })
  const root = join(base, 'root')
  await mkdir(root)
  return { tree: createFileTree(root, byHandle), root, outside: join(base, 'outside') }
}

/** Every path below a directory, sorted. */
export async function everything(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true })
  return entries.sort()
}

/**
 * How many files below a directory this process holds open, removed ones with them. What lies deeper than a path can
 * say has no name to read, and counts: nothing else of this process lies as deep.
 */
export async function openHandles(directory: string): Promise<number> {
  const below = `${await realpath(directory)}/`
  const names = await readdir('/proc/self/fd')
  const open = await Promise.all(
    names.map(async (name) => {
      try {
        return `${await readlink(`/proc/self/fd/${name}`)}/`.startsWith(below)
      } catch (err) {
        // Closed in the meantime, as the handle of the listing itself.
        if ((err as NodeJS.ErrnoException).code === 'ENOENT') return false
        if ((err as NodeJS.ErrnoException).code === 'ENAMETOOLONG') return true
        throw err
      }
    })
  )
  return open.filter(Boolean).length
}
