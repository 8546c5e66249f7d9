import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { compileOnce } from './compile-java.ts'
import type { Directories } from './directories.ts'
import { installOnce, jarsIn, onlyEntry } from './install-step.ts'
import type { Prerequisites } from './prerequisites.ts'
import { runCommand } from './run-command.ts'

const sources = join(import.meta.dirname, 'programs')

/** Puts programs for spark-submit and Flink together: `program.py`, `spark.jar` (class `example.SparkProgram`), `top-speed.jar`, `word-count.jar`. */
export async function assemblePrograms(
  directories: Directories,
  { java, python }: Prerequisites
): Promise<void> {
  const classPath = await jarsIn(join(directories.spark, 'pyspark', 'jars'))
  const classes = await compileOnce(directories, { java, name: 'programs', sources, classPath })
  await rm(directories.programs, { recursive: true, force: true })
  await installOnce(directories.programs, async (to) => {
    await mkdir(to, { recursive: true })
    await cp(join(sources, 'program.py'), join(to, 'program.py'))
    const jar = join(to, 'spark.jar')
    await runCommand(python, ['-m', 'zipfile', '-c', jar, join(classes, 'example')])
    for (const [name, example] of [
      ['top-speed.jar', 'TopSpeedWindowing'],
      ['word-count.jar', 'WordCount']
    ] as const) {
      await cp(await onlyEntry(directories.jars, new RegExp(`-${example}\\.jar$`)), join(to, name))
    }
  })
}
