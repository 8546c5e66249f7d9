import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { compileOnce } from './compile-java.ts'
import type { Directories } from './directories.ts'
import { installOnce, jarsIn, onlyEntry } from './install-step.ts'
import type { Prerequisites } from './prerequisites.ts'
import { runCommand } from './run-command.ts'

const sources = join(import.meta.dirname, 'waterdrop-core')
const launcherHome = resolve(import.meta.dirname, '../../packages/sandbox/waterdrop-home')

/**
 * Puts a Waterdrop home together: the sandbox's launcher scripts, and jobs for the real Spark and
 * Flink in the jar that the scripts look for. Waterdrop itself is in no registry any more.
 */
export async function assembleWaterdropHome(
  directories: Directories,
  { java, python }: Prerequisites
): Promise<void> {
  const classes = await compileJobs(directories, java)
  await rm(directories.waterdrop, { recursive: true, force: true })
  await installOnce(directories.waterdrop, async (to) => {
    for (const part of ['bin', 'config']) {
      await cp(join(launcherHome, part), join(to, part), { recursive: true })
    }
    for (const part of ['lib', 'plugins']) await mkdir(join(to, part))
    const jar = join(to, 'lib', 'waterdrop-core.jar')
    await runCommand(python, ['-m', 'zipfile', '-c', jar, join(classes, 'io')])
    await writeFile(join(to, 'lib', 'expose-spark-conf'), exposeSparkConf, { mode: 0o755 })
  })
}

const exposeSparkConf = `#!/bin/sh
exec java -Xshare:auto -XX:TieredStopAtLevel=1 -cp "$(dirname "$0")/waterdrop-core.jar" \\
  io.github.interestinglab.waterdrop.ExposeSparkConf "$@"
`

/** Compiles the jobs against the installed engines; answers where the classes are. */
async function compileJobs(directories: Directories, java: string): Promise<string> {
  const classPath = [
    await onlyEntry(join(directories.flink, 'lib'), /^flink-dist-.*\.jar$/),
    ...(await jarsIn(join(directories.spark, 'pyspark', 'jars')))
  ]
  return await compileOnce(directories, { java, name: 'jobs', sources, classPath })
}
