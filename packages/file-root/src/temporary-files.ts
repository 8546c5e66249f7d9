import { randomUUID } from 'node:crypto'
import {
  constants,
  type FileHandle,
  link,
  lstat,
  open,
  readdir,
  rename,
  rm
} from 'node:fs/promises'
import { join } from 'node:path'
import { UPLOADS } from './file-path.ts'
import { namesIn } from './own-directory.ts'
import { hasEnded, processMark } from './process-mark.ts'
import { errnoOf, FileTreeError, toTreeError } from './tree-errors.ts'
import { pathIn, type TreeWalk } from './tree-walk.ts'

const FILE_MODE = 0o640
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants

/** A file that is being written, out of everybody's reach until it is published. */
export type TemporaryFile = {
  handle: FileHandle
  /**
   * Makes what was written durable and puts it at `segments` in one step, parents included. Without `replace` an
   * existing file is left alone (`EXISTS`). Afterwards, whatever the outcome, nothing temporary is left.
   */
  publish(segments: readonly string[], options: { replace: boolean }): Promise<void>
  /** Gives it up; may be called twice, and after `publish`. */
  discard(): Promise<void>
}

export type TemporaryFiles = {
  create(): Promise<TemporaryFile>
  /**
   * Removes what processes that have ended left behind; where that cannot be known (another host, another container),
   * what nobody has written to for `staleAfterMs`. Answers how many files went.
   */
  sweep(staleAfterMs: number, signal?: AbortSignal): Promise<number>
}

/** Unfinished files below `<root>/.uploads/<mark of the process>/`. */
export function createTemporaryFiles(walk: TreeWalk): TemporaryFiles {
  let mark: string | undefined
  const own = (): string[] => {
    mark ??= processMark()
    return [UPLOADS, mark]
  }

  return {
    async create() {
      const name = randomUUID()
      const directory = own()
      const handle = await walk.inside(directory, { make: true, reserved: true }, (own) =>
        open(pathIn(own, name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE)
      )
      return temporaryFile(walk, handle, directory, name)
    },

    async sweep(staleAfterMs, signal) {
      const [, mine] = own()
      const owners = await namesIn(walk, [UPLOADS])
      let removed = 0
      for (const owner of owners.filter((name) => name !== mine)) {
        signal?.throwIfAborted()
        removed += await sweepOwner(walk, owner, staleAfterMs)
      }
      return removed
    }
  }
}

function temporaryFile(
  walk: TreeWalk,
  handle: FileHandle,
  directory: readonly string[],
  name: string
): TemporaryFile {
  let present = true
  let open = true
  const close = async () => {
    if (open) {
      open = false
      await handle.close()
    }
  }
  const discard = async () => {
    await close()
    if (!present) return
    present = false
    await walk.inside(directory, { reserved: true }, (own) =>
      rm(pathIn(own, name), { force: true })
    )
  }
  return {
    handle,
    discard,
    async publish(segments, { replace }) {
      try {
        await handle.sync()
        await close()
        await walk.inside(directory, { reserved: true }, (from) =>
          walk.at(segments, { make: true }, async (to, target) => {
            const path = pathIn(to, target)
            if (!replace) await link(pathIn(from, name), path)
            else {
              await refuseToReplace(path)
              await rename(pathIn(from, name), path)
              present = false
            }
            await to.handle.sync()
          })
        )
      } catch (error) {
        throw toTreeError(error)
      } finally {
        await discard()
      }
    }
  }
}

/** Only a file, or a link (which is replaced itself), gives way to a file. */
async function refuseToReplace(path: string): Promise<void> {
  const there = await lstat(path).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error
  })
  if (there?.isDirectory()) throw new FileTreeError('IS_A_DIRECTORY')
  if (there && !there.isFile() && !there.isSymbolicLink()) throw new FileTreeError('NOT_A_FILE')
}

async function sweepOwner(walk: TreeWalk, owner: string, staleAfterMs: number): Promise<number> {
  const ended = hasEnded(owner)
  if (ended === false) return 0
  return walk.inside([UPLOADS], { reserved: true }, async (uploads) => {
    const path = pathIn(uploads, owner)
    const files = await readdir(path).catch(() => [])
    if (ended === undefined) {
      const touched = await Promise.all(
        [path, ...files.map((file) => join(path, file))].map(async (each) =>
          lstat(each).then(
            ({ mtimeMs }) => mtimeMs,
            () => 0
          )
        )
      )
      if (Date.now() - Math.max(...touched) < staleAfterMs) return 0
    }
    await rm(path, { recursive: true, force: true })
    return files.length
  })
}
