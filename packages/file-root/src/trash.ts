import { randomBytes } from 'node:crypto'
import { lstat, rename } from 'node:fs/promises'
import { TRASH } from './file-path.ts'
import { namesIn } from './own-directory.ts'
import { removeTree } from './remove-tree.ts'
import { pathIn, type TreeWalk } from './tree-walk.ts'

export type Trash = {
  /** Moves a file or directory away, out of reach; answers the name of its entry in the trash. */
  take(segments: readonly string[]): Promise<string>
  /** Deletes one entry for good. */
  purge(entry: string): Promise<void>
  /**
   * Deletes entries older than `olderThanMs` for good. Answers how many went, and what stood in the way of others.
   */
  sweep(
    olderThanMs: number,
    signal?: AbortSignal
  ): Promise<{ removed: number; failures: readonly unknown[] }>
}

/**
 * Deleted things below `<root>/.trash/<time>-<random>/<where they were>`, so that a person can put them back. The time
 * is in epoch milliseconds.
 */
export function createTrash(walk: TreeWalk): Trash {
  async function purge(entry: string): Promise<void> {
    await walk.inside([TRASH], { reserved: true }, (trash) => removeTree(pathIn(trash, entry)))
  }

  return {
    purge,
    async take(segments) {
      const entry = `${Date.now()}-${randomBytes(6).toString('hex')}`
      await walk.at(segments, {}, async (from, name) => {
        await lstat(pathIn(from, name))
        const directory = [TRASH, entry, ...from.segments]
        try {
          await walk.inside(directory, { make: true, reserved: true }, (to) =>
            rename(pathIn(from, name), pathIn(to, name))
          )
        } catch (error) {
          await purge(entry).catch(() => undefined) // the entry may not have come into being
          throw error
        }
      })
      return entry
    },
    async sweep(olderThanMs, signal) {
      const failures: unknown[] = []
      let removed = 0
      for (const entry of await namesIn(walk, [TRASH])) {
        signal?.throwIfAborted()
        const time = Number(/^(\d+)-[0-9a-f]+$/.exec(entry)?.[1] ?? Number.NaN)
        if (!(Date.now() - time >= olderThanMs)) continue
        try {
          await purge(entry)
          removed += 1
        } catch (error) {
          failures.push(error)
        }
      }
      return { removed, failures }
    }
  }
}
