import { lstat, opendir, readdir, realpath, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Launching } from '../domain/launching.ts'
import type { AttemptDirectories } from '../domain/retention.ts'
import { checkAttemptId } from './attempt-directory.ts'

/** Directories in one part. */
const PART = 100

/**
 * The directories below `root`, the one that launches are prepared in. Only what lies in it directly, and is a directory
 * itself, is ever removed: no link, nothing that another process has below another DATA_DIR.
 */
export async function createAttemptRemoval(
  root: string,
  { fence }: Pick<Launching, 'fence'>
): Promise<AttemptDirectories> {
  const own = await realpath(root)

  return {
    remove: async (directory) => {
      const attemptId = basename(directory)
      // Letter for letter: a slash at the end would follow a link.
      if (directory !== join(own, attemptId) || !isAttemptId(attemptId)) return false
      if (!(await isDirectory(directory))) return false
      if ((await fence({ attemptId, identity: undefined, directory })) !== 'free') return false
      await rm(directory, { recursive: true, force: true })
      return true
    },

    unchangedSince: async function* (time) {
      let part: { attemptId: string; directory: string }[] = []
      for await (const entry of await opendir(own)) {
        const directory = join(own, entry.name)
        if (!entry.isDirectory() || !isAttemptId(entry.name)) continue
        if ((await lastChange(directory)) >= time) continue
        part.push({ attemptId: entry.name, directory })
        if (part.length === PART) {
          yield part
          part = []
        }
      }
      if (part.length > 0) yield part
    }
  }
}

function isAttemptId(name: string): boolean {
  try {
    checkAttemptId(name)
    return true
  } catch {
    return false
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await lstat(path).catch(unlessGone))?.isDirectory() ?? false
}

/** Of the directory and of what lies in it: output that is added to a file does not touch the directory. */
async function lastChange(directory: string): Promise<number> {
  const names = await readdir(directory).catch(unlessGone)
  const paths = [directory, ...(names ?? []).map((name) => join(directory, name))]
  const stats = await Promise.all(paths.map((path) => lstat(path).catch(unlessGone)))
  return Math.max(...stats.map((stat) => stat?.mtimeMs ?? 0))
}

function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
