import { FilePathError, parseFilePath } from '@scheduler-task/file-root/file-path'
import { createFileTree } from '@scheduler-task/file-root/file-tree'
import { FileTreeError } from '@scheduler-task/file-root/tree-errors'
import type { ConfigFiles } from '../domain/config-files.ts'
import { badConfigPath, configNotRead } from '../errors.ts'

/** Larger than any config that a person has written. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024

/** Config files below `root`, the tree that the file service serves. */
export function createFileRootConfigFiles(root: string): ConfigFiles {
  const tree = createFileTree(root)
  return {
    read: async (configFile) => {
      const segments = parsed(configFile)
      try {
        return await tree.readFile(segments, { maxBytes: MAX_CONFIG_BYTES })
      } catch (error) {
        if (!(error instanceof FileTreeError)) throw error
        if (error.code === 'LEADS_OUT') throw badConfigPath(error.message)
        throw configNotRead(configFile, error.message, error.code === 'MISSING')
      }
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
