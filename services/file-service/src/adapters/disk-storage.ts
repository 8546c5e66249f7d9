import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createFileTree, type FileTree } from '@scheduler-task/file-root/file-tree'
import { FileTreeError, toTreeError } from '@scheduler-task/file-root/tree-errors'
import {
  type FileStorage,
  type ReceivedFile,
  StorageError,
  type StoredFile
} from '../domain/file-storage.ts'
import { streamBytes } from './file-bytes.ts'
import { createFileSink } from './file-sink.ts'

/** A younger entry of the trash may still be on its way into it. */
const LEAST_TRASH_MS = 60_000

export type DiskStorageOptions = {
  /** A directory that is there. */
  root: string
  /** How long deleted things are kept; 0 deletes them at once. */
  trashMs: number
  /** Unfinished uploads of processes that nobody can ask about are given up after this time without a byte. */
  staleUploadMs: number
}

/** A directory of this host's, in the layout that `packages/file-root` describes. */
export function createDiskStorage(options: DiskStorageOptions): FileStorage {
  const { root, trashMs, staleUploadMs } = options
  const tree = createFileTree(root)

  return {
    makeDirectory: (path) => translated(() => tree.makeDirectory(path)),
    createEmpty: (path) => translated(() => tree.createFile(path)),
    remove: (path) =>
      translated(async () => {
        const entry = await tree.moveToTrash(path)
        if (trashMs === 0) await tree.purgeTrash(entry)
      }),
    receive: (source, limits) => translated(() => receive(tree, source, limits)),
    open: (path) => translated(() => open(tree, path)),
    async cleanUp(signal) {
      const uploadsRemoved = await tree.sweepTemporary(staleUploadMs, signal)
      const { removed, failures } = await tree.sweepTrash(Math.max(trashMs, LEAST_TRASH_MS), signal)
      return { trashRemoved: removed, uploadsRemoved, failures }
    },
    async check() {
      await access(root, constants.R_OK | constants.W_OK | constants.X_OK)
      await tree.stat([])
    }
  }
}

async function receive(
  tree: FileTree,
  source: Readable,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal }
): Promise<ReceivedFile> {
  const file = await tree.createTemporary()
  let bytes = 0
  let writing = false
  const sink = createFileSink(file.handle)
  const write = async (chunk?: Buffer) => {
    writing = true
    await (chunk ? sink.write(chunk) : sink.flush())
    writing = false
  }
  try {
    await pipeline(
      source,
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) {
          bytes += chunk.length
          if (bytes > maxBytes) throw new StorageError('TOO_LARGE', 'the file is too large')
          await write(chunk)
        }
        await write()
      },
      { signal }
    )
  } catch (error) {
    await file.discard()
    if (signal.aborted) throw signal.reason
    if (writing || error instanceof StorageError) throw error
    throw new StorageError('CUT_OFF', 'the upload was cut off', { cause: error })
  }
  return {
    bytes,
    publish: (path, how) => translated(() => file.publish(path, how)),
    discard: () => translated(() => file.discard())
  }
}

async function open(tree: FileTree, path: readonly string[]): Promise<StoredFile> {
  const { handle, stats } = await tree.openFile(path)
  return {
    name: path.at(-1) ?? '',
    bytes: Number(stats.size),
    modifiedAt: new Date(Number(stats.mtimeMs)),
    // The change time moves with every write, also one that puts the modification time back.
    version: [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs]
      .map((number) => number.toString(36))
      .join('-'),
    read: (range) => streamBytes(handle, range),
    close: () => handle.close()
  }
}

/** Errors of the tree become the storage's; what nobody foresaw stays as it is. */
async function translated<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    const known = toTreeError(error)
    if (!(known instanceof FileTreeError)) throw error
    throw new StorageError(known.code, known.message, { cause: error })
  }
}
