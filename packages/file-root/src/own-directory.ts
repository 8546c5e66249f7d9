import { readdir } from 'node:fs/promises'
import { FileTreeError } from './tree-errors.ts'
import type { TreeWalk } from './tree-walk.ts'

/** What is in a directory of the service's own; nothing when it was never made. */
export async function namesIn(walk: TreeWalk, segments: readonly string[]): Promise<string[]> {
  try {
    return await walk.inside(segments, { reserved: true }, ({ place }) => readdir(place))
  } catch (error) {
    if (error instanceof FileTreeError && error.code === 'MISSING') return []
    throw error
  }
}
