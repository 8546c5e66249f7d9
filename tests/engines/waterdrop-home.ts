import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { compileOnce } from './compile-java.ts'
import type { Directories } from './directories.ts'
import { installOnce, jarsIn, onlyEntry } from './install-step.ts'
import type { Prerequisites } from './prerequisites.ts'
import { runCommand } from './run-command.ts'

const sources = join(import.meta.dirname, 'waterdrop-core')
const launcherHomes = resolve(import.meta.dirname, '../../packages/sandbox')

/**
 * Puts homes of Waterdrop 2.0 and 1.x together: the sandbox's launcher scripts, and jobs for the real Spark and
 * Flink in the jar that the scripts look for. Waterdrop itself is in no registry any more.
 */
export async function assembleWaterdropHomes(
  directories: Directories,
  { java, python }: Prerequisites
): Promise<void> {
  const classes = await compileJobs(directories, java)
  const homes = [
    { to: directories.waterdrop, scripts: 'waterdrop-home', core: 'waterdrop-core.jar' },
    { to: directories.waterdrop1, scripts: 'waterdrop-1-home', core: 'Waterdrop-1.5.1-2.11.8.jar' }
  ]
  for (const { to: home, scripts, core } of homes) {
    await rm(home, { recursive: true, force: true })
    await installOnce(home, async (to) => {
      for (const part of ['bin', 'config', 'plugins']) {
        await cp(join(launcherHomes, scripts, part), join(to, part), { recursive: true })
      }
      await mkdir(join(to, 'lib'))
      const jar = join(to, 'lib', core)
      await runCommand(python, ['-m', 'zipfile', '-c', jar, join(classes, 'io')])
      await writeFile(join(to, 'lib', 'expose-spark-conf'), exposeSparkConf(core), { mode: 0o755 })
    })
  }
}

const exposeSparkConf = (core: string) => `#!/bin/sh
exec java -Xshare:auto -XX:TieredStopAtLevel=1 -cp "$(dirname "$0")/${core}" \\
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
