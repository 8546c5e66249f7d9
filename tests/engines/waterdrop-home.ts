import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Directories } from './directories.ts'
import { installOnce, onlyEntry } from './install-step.ts'
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
  prerequisites: Prerequisites
): Promise<void> {
  const jar = await compileJobs(directories, prerequisites)
  await rm(directories.waterdrop, { recursive: true, force: true })
  await installOnce(directories.waterdrop, async (to) => {
    for (const part of ['bin', 'config']) {
      await cp(join(launcherHome, part), join(to, part), { recursive: true })
    }
    for (const part of ['lib', 'plugins']) await mkdir(join(to, part))
    await cp(jar, join(to, 'lib', 'waterdrop-core.jar'))
    await writeFile(join(to, 'lib', 'expose-spark-conf'), exposeSparkConf, { mode: 0o755 })
  })
}

const exposeSparkConf = `#!/bin/sh
exec java -Xshare:auto -XX:TieredStopAtLevel=1 -cp "$(dirname "$0")/waterdrop-core.jar" \\
  io.github.interestinglab.waterdrop.ExposeSparkConf "$@"
`

/** Compiles the jobs against the installed engines, once for each version of their source. */
async function compileJobs(
  directories: Directories,
  { java, python }: Prerequisites
): Promise<string> {
  const files = (await readdir(sources, { recursive: true }))
    .filter((file) => file.endsWith('.java'))
    .map((file) => join(sources, file))
    .sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(await readFile(file))
  const directory = `${directories.jars}-jobs-${hash.digest('hex').slice(0, 12)}`
  await installOnce(directory, async (to) => {
    const compiler = await onlyEntry(directories.jars, /^ecj-.*\.jar$/)
    const classPath = [
      await onlyEntry(join(directories.flink, 'lib'), /^flink-dist-.*\.jar$/),
      ...(await jarsIn(join(directories.spark, 'pyspark', 'jars')))
    ]
    await runCommand(java, [
      ...['-jar', compiler, '-17', '-proc:none', '-nowarn'],
      ...['-cp', classPath.join(':'), '-d', to],
      ...files
    ])
    await runCommand(python, [
      '-m',
      'zipfile',
      '-c',
      join(to, 'waterdrop-core.jar'),
      join(to, 'io')
    ])
  })
  return join(directory, 'waterdrop-core.jar')
}

async function jarsIn(directory: string): Promise<string[]> {
  const names = await readdir(directory)
  return names.filter((name) => name.endsWith('.jar')).map((name) => join(directory, name))
}
