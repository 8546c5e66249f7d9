import { mkdir, readdir } from 'node:fs/promises'
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

/** How many files this process holds open. */
export async function openHandles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length
}
