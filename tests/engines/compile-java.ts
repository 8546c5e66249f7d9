import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Directories } from './directories.ts'
import { installOnce, onlyEntry } from './install-step.ts'
import { runCommand } from './run-command.ts'

export type Compilation = Readonly<{
  java: string
  /** Part of the name of the directory that it makes. */
  name: string
  /** A directory with `.java` files. */
  sources: string
  classPath: readonly string[]
}>

/** Compiles a directory, once for each version of its sources; answers where the classes are. */
export async function compileOnce(
  directories: Directories,
  { java, name, sources, classPath }: Compilation
): Promise<string> {
  const files = (await readdir(sources, { recursive: true }))
    .filter((file) => file.endsWith('.java'))
    .map((file) => join(sources, file))
    .sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(await readFile(file))
  const directory = `${directories.jars}-${name}-${hash.digest('hex').slice(0, 12)}`
  await installOnce(directory, async (to) => {
    const compiler = await onlyEntry(directories.jars, /^ecj-.*\.jar$/)
    await runCommand(java, [
      ...['-jar', compiler, '-17', '-proc:none', '-nowarn'],
      ...['-cp', classPath.join(':'), '-d', to],
      ...files
    ])
  })
  return directory
}
