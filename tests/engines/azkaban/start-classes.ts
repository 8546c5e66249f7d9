import { join } from 'node:path'
import { compileOnce } from '../compile-java.ts'
import type { Directories } from '../directories.ts'
import { jarsIn } from '../install-step.ts'

const sources = join(import.meta.dirname, 'start')

/** The class path that Azkaban starts with: a class of ours (see `start/`), then its jars. */
export async function azkabanClassPath(directories: Directories, java: string): Promise<string> {
  const jars = await jarsIn(directories.azkaban)
  const name = 'azkaban'
  const classes = await compileOnce(directories, { java, name, sources, classPath: jars })
  return [classes, ...jars].join(':')
}
