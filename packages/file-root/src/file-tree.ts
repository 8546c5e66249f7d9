import type { BigIntStats } from 'node:fs'
import { constants, type FileHandle, lstat, open } from 'node:fs/promises'
import { createTemporaryFiles, type TemporaryFiles } from './temporary-files.ts'
import { createTrash, type Trash } from './trash.ts'
import { FileTreeError, toTreeError } from './tree-errors.ts'
import { createTreeWalk, FoundLink, hasHandlePaths, pathIn } from './tree-walk.ts'

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants
const FILE_MODE = 0o640

/** A regular file, open for reading; whoever opened it closes `handle`. */
export type OpenFile = { handle: FileHandle; stats: BigIntStats }

/**
 * The files below one root. Paths are the segments that `parseFilePath` answers. No operation leaves the root, through
 * whatever links, also those put there meanwhile; none reaches the service's own directories.
 * All throw `FileTreeError` for what is a matter of the tree (missing, full, denied …).
 */
export type FileTree = {
  /** The whole of a regular file. @throws FileTreeError `TOO_LARGE` above `maxBytes`. */
  readFile(segments: readonly string[], options: { maxBytes: number }): Promise<Buffer>
  /** Opens a regular file for reading; anything else (directory, FIFO, device) is refused unopened. */
  openFile(segments: readonly string[]): Promise<OpenFile>
  /** What is at a path, links followed. */
  stat(segments: readonly string[]): Promise<BigIntStats>
  /** Makes a directory and its parents; one that is there already is fine. */
  makeDirectory(segments: readonly string[]): Promise<void>
  /** Makes an empty file and its parents. @throws FileTreeError `EXISTS`, whatever is there is left alone. */
  createFile(segments: readonly string[]): Promise<void>
  /** Writes a whole file in one step: readers see the old bytes or the new. */
  writeFile(segments: readonly string[], bytes: Uint8Array | string): Promise<void>
  /** A file to be filled first and named afterwards. `publish` refuses names behind links that lead out. */
  createTemporary: TemporaryFiles['create']
  sweepTemporary: TemporaryFiles['sweep']
  /** Moves a file, a directory with its content, or a link (not its target) to the trash; answers the entry's name. */
  moveToTrash: Trash['take']
  purgeTrash: Trash['purge']
  sweepTrash: Trash['sweep']
}

/** Safe access to the files below `root`, a directory that is there. `byHandle` is for tests of both ways to walk. */
export function createFileTree(root: string, byHandle = hasHandlePaths): FileTree {
  const walk = createTreeWalk(root, byHandle)
  const temporary = createTemporaryFiles(walk)
  const trash = createTrash(walk)

  const stat: FileTree['stat'] = (segments) =>
    walk.at(segments, {}, async (directory, name) => {
      const stats = await lstat(pathIn(directory, name), { bigint: true })
      if (stats.isSymbolicLink()) throw new FoundLink()
      return stats
    })

  /** Links are not followed to write or delete; one that leads out is refused all the same. */
  async function refuseLeadingOut(segments: readonly string[]): Promise<void> {
    await stat(segments).catch((error: unknown) => {
      if (error instanceof FileTreeError && error.code === 'LEADS_OUT') throw error
    })
  }

  const openFile: FileTree['openFile'] = (segments) =>
    walk.at(segments, {}, async (directory, name) => {
      const path = pathIn(directory, name)
      const found = await lstat(path, { bigint: true })
      if (found.isSymbolicLink()) throw new FoundLink()
      refuseIrregular(found)
      const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      try {
        const stats = await handle.stat({ bigint: true })
        refuseIrregular(stats)
        return { handle, stats }
      } catch (error) {
        await handle.close()
        throw error
      }
    })

  const createTemporary: FileTree['createTemporary'] = async () => {
    const file = await temporary.create()
    return {
      ...file,
      async publish(segments, options) {
        try {
          await refuseLeadingOut(segments)
          await file.publish(segments, options)
        } finally {
          await file.discard()
        }
      }
    }
  }

  return {
    stat,
    openFile,
    createTemporary,
    sweepTemporary: temporary.sweep,
    purgeTrash: trash.purge,
    sweepTrash: trash.sweep,
    async readFile(segments, { maxBytes }) {
      const { handle, stats } = await openFile(segments)
      try {
        if (stats.size > BigInt(maxBytes)) throw new FileTreeError('TOO_LARGE')
        return await readUpTo(handle, maxBytes)
      } finally {
        await handle.close()
      }
    },
    async makeDirectory(segments) {
      await walk.inside(segments, { make: true }, async () => undefined)
    },
    async createFile(segments) {
      await refuseLeadingOut(segments)
      await walk.at(segments, { make: true }, async (directory, name) => {
        const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        const handle = await open(pathIn(directory, name), flags, FILE_MODE)
        await handle.close()
        await directory.handle.sync()
      })
    },
    async writeFile(segments, bytes) {
      const file = await createTemporary()
      try {
        await file.handle.writeFile(bytes)
        await file.publish(segments, { replace: true })
      } catch (error) {
        throw toTreeError(error)
      } finally {
        await file.discard()
      }
    },
    async moveToTrash(segments) {
      await refuseLeadingOut(segments)
      return trash.take(segments)
    }
  }
}

function refuseIrregular(stats: BigIntStats): void {
  if (stats.isDirectory()) throw new FileTreeError('IS_A_DIRECTORY')
  if (!stats.isFile()) throw new FileTreeError('NOT_A_FILE')
}

/** A file may grow while it is read: the limit counts, not the size it had. */
async function readUpTo(handle: FileHandle, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let total = 0
  for (;;) {
    const buffer = Buffer.allocUnsafe(64 * 1024)
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, null)
    if (bytesRead === 0) return Buffer.concat(chunks, total)
    total += bytesRead
    if (total > maxBytes) throw new FileTreeError('TOO_LARGE')
    chunks.push(buffer.subarray(0, bytesRead))
  }
}
