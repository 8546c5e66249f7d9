import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { azkabanArtifacts } from './azkaban/artifacts.ts'
import type { Directories } from './directories.ts'
import { installOnce, onlyEntry, removePartial } from './install-step.ts'
import { type Artifact, copyArtifacts } from './maven-artifacts.ts'
import type { Prerequisites } from './prerequisites.ts'
import { runCommand } from './run-command.ts'
import { versions } from './versions.ts'

/** How long one part took; `undefined` when it was there already. */
export type Installed = Readonly<{ part: string; seconds: number | undefined }>

/**
 * Installs what is missing, each part on its own and whole or not at all. The parts are fetched
 * side by side, since most of it is waiting for the network. Throws the first failure once all
 * have ended.
 */
export async function installEngines(
  directories: Directories,
  prerequisites: Prerequisites,
  report: (installed: Installed) => void
): Promise<void> {
  await removePartial(directories.root)
  const part = async (name: string, directory: string, fill: (to: string) => Promise<void>) => {
    const start = performance.now()
    const done = await installOnce(directory, fill)
    report({ part: name, seconds: done ? (performance.now() - start) / 1000 : undefined })
  }
  // A Python environment of our own first: a pip that nobody's packages get mixed up with.
  await part('Python environment', directories.python, async (to) => {
    await runCommand(prerequisites.python, ['-m', 'venv', to])
  })
  const results = await Promise.allSettled([
    part(`Hadoop ${versions.hadoop}`, directories.hadoop, (to) =>
      copyArtifacts(prerequisites.maven, to, hadoopArtifacts, { transitive: true })
    ),
    part(`Azkaban ${versions.azkaban}`, directories.azkaban, (to) =>
      copyArtifacts(prerequisites.maven, to, azkabanArtifacts, { transitive: false })
    ),
    part('Flink jobs and compiler', directories.jars, (to) =>
      copyArtifacts(prerequisites.maven, to, jobArtifacts, { transitive: false })
    ),
    part(`Spark ${versions.spark}`, directories.spark, (to) => installSpark(to, directories)),
    part(`Flink ${versions.flink}`, directories.flink, (to) => installFlink(to, directories))
  ])
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

const hadoopArtifacts: readonly Artifact[] = [
  'hadoop-common',
  'hadoop-hdfs-client',
  'hadoop-yarn-client',
  'hadoop-yarn-server-resourcemanager',
  'hadoop-yarn-server-nodemanager',
  // Not used, but without it the ResourceManager ends with ClassNotFoundException.
  'hadoop-yarn-server-timelineservice'
].map((name) => ({ group: 'org.apache.hadoop', name, version: versions.hadoop }))

const jobArtifacts: readonly Artifact[] = [
  { group: 'org.eclipse.jdt', name: 'ecj', version: versions.ecj },
  ...['WordCount', 'TopSpeedWindowing'].map((classifier) => ({
    group: 'org.apache.flink',
    name: 'flink-examples-streaming',
    version: versions.flink,
    classifier
  }))
]

async function installSpark(to: string, { python }: Directories): Promise<void> {
  await pip(python, ['install', `--target=${to}`, `pyspark==${versions.spark}`])
}

/**
 * Flink's jars are in a source package, its scripts in a wheel. Both are unpacked by hand: installing
 * them would bring Beam, NumPy and more. The wheel is tied to a Python and a platform that do not
 * matter for scripts, so one is named that exists.
 */
async function installFlink(to: string, { python }: Directories): Promise<void> {
  const scratch = join(to, 'scratch')
  const libraries = `apache-flink-libraries==${versions.flink}`
  const scripts = `apache-flink==${versions.flink}`
  await pip(python, ['download', '--no-deps', '--no-binary=:all:', `--dest=${scratch}`, libraries])
  await pip(python, [
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--implementation=cp',
    '--python-version=311',
    '--platform=manylinux1_x86_64',
    `--dest=${scratch}`,
    scripts
  ])
  const archive = await onlyEntry(scratch, /^apache[-_]flink[-_]libraries-.*\.tar\.gz$/)
  await runCommand(pythonOf(python), ['-m', 'tarfile', '-e', archive, scratch])
  const wheel = await onlyEntry(scratch, /^apache_flink-.*\.whl$/)
  await runCommand(pythonOf(python), ['-m', 'zipfile', '-e', wheel, scratch])
  const unpacked = await onlyEntry(scratch, /^apache[-_]flink[-_]libraries-[\d.]+$/)
  for (const name of ['lib', 'opt', 'plugins']) {
    await rename(join(unpacked, 'deps', name), join(to, name))
  }
  for (const name of ['bin', 'conf']) await rename(join(scratch, 'pyflink', name), join(to, name))
  const javaUtils = 'bash-java-utils.jar'
  await rename(join(unpacked, 'deps', 'bin', javaUtils), join(to, 'bin', javaUtils))
  // Archives do not keep the executable bit.
  await runCommand('chmod', ['-R', 'u+x', join(to, 'bin')])
  await rm(scratch, { recursive: true })
}

/** The pip of the Python environment, with this machine's settings. */
async function pip(environment: string, args: readonly string[]): Promise<void> {
  await runCommand(pythonOf(environment), ['-m', 'pip', '--quiet', ...args])
}

function pythonOf(environment: string): string {
  return join(environment, 'bin', 'python')
}
