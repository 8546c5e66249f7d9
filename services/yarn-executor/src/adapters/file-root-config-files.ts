import { readlink } from 'node:fs/promises'
import { FilePathError, parseFilePath } from '@scheduler-task/file-root/file-path'
import { createFileTree } from '@scheduler-task/file-root/file-tree'
import { FileTreeError } from '@scheduler-task/file-root/tree-errors'
import type { ConfigFiles } from '../domain/config-files.ts'
import { badConfigPath, configNotRead, configRefused } from '../errors.ts'
import { seeProgram } from './program-files.ts'

/** Larger than any config that a person has written. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024
/** Read twice for each launch, and copied. */
const MAX_PROGRAM_BYTES = 2n * 1024n ** 3n

/** Files below `root`, the tree that the file service serves. */
export function createFileRootConfigFiles(root: string): ConfigFiles {
  const tree = createFileTree(root)

  async function found<T>(
    configFile: string,
    look: (segments: readonly string[]) => Promise<T>
  ): Promise<T> {
    const segments = parsed(configFile)
    try {
      return await look(segments)
    } catch (error) {
      if (!(error instanceof FileTreeError)) throw error
      if (error.code === 'LEADS_OUT') throw badConfigPath(error.message)
      throw configNotRead(configFile, error.message, error.code === 'MISSING')
    }
  }

  return {
    read: (configFile) =>
      found(configFile, (segments) => tree.readFile(segments, { maxBytes: MAX_CONFIG_BYTES })),

    program: async (configFile) => {
      const { path, isJar, ...seen } = await found(configFile, async (segments) => {
        const { handle, stats } = await tree.openFile(segments)
        try {
          if (stats.size > MAX_PROGRAM_BYTES) throw new FileTreeError('TOO_LARGE')
          // Free of links, and that of the very file that is read.
          const path = await readlink(`/proc/self/fd/${handle.fd}`)
          return { path, ...(await seeProgram(handle)) }
        } finally {
          await handle.close()
        }
      })
      if (!isJar) throw configRefused(configFile, [{ path: 'configFile', message: 'is not a jar' }])
      return { path, ...seen }
    }
  }
}

function parsed(configFile: string): string[] {
  try {
    return parseFilePath(configFile)
  } catch (error) {
    if (error instanceof FilePathError) throw badConfigPath(error.reason)
    throw error
  }
}
