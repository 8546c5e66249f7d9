import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { azkabanConfiguration } from './azkaban/configuration.ts'
import type { Directories } from './directories.ts'
import { hadoopConfiguration } from './hadoop-configuration.ts'
import type { Ports } from './ports.ts'

/** Writes the configuration of all engines anew. */
export async function writeConfiguration(directories: Directories, ports: Ports): Promise<void> {
  await rm(directories.configuration, { recursive: true, force: true })
  await writeFiles(
    join(directories.configuration, 'hadoop'),
    hadoopConfiguration(directories, ports)
  )
  for (const [name, home] of [
    ['spark', directories.spark],
    ['seatunnel-spark', directories.seatunnelSpark]
  ] as const) {
    await writeFiles(join(directories.configuration, name), {
      'spark-defaults.conf': sparkDefaults(directories, home)
    })
  }
  const azkaban = azkabanConfiguration(directories, ports)
  await writeFiles(join(directories.configuration, 'azkaban'), azkaban.files)
  await writeFiles(join(directories.configuration, 'azkaban', 'sql'), azkaban.scripts)
  const flink = await copyConfiguration(directories, 'flink', directories.flink)
  const shipped = await readFile(join(flink, 'config.yaml'), 'utf8')
  const javaOptions = /^\s+all: (--add.*)$/m.exec(shipped)?.[1]
  if (!javaOptions) throw new Error('No env.java.opts.all in the config.yaml that Flink ships with')
  const settings = flinkConfiguration(directories, { 'env.java.opts.all': javaOptions })
  await writeFile(join(flink, 'config.yaml'), settings)
  // Flink 1.15 knows nothing of Java 17, which wants the same of it.
  const older = await copyConfiguration(directories, 'seatunnel-flink', directories.seatunnelFlink)
  await writeFile(
    join(older, 'flink-conf.yaml'),
    flinkConfiguration(directories, { 'env.java.opts': javaOptions })
  )
}

/** What one Flink was shipped with, as `name` in the configuration. */
async function copyConfiguration(
  directories: Directories,
  name: string,
  home: string
): Promise<string> {
  const to = join(directories.configuration, name)
  await cp(join(home, 'conf'), to, { recursive: true })
  return to
}

async function writeFiles(directory: string, files: Record<string, string>): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
}

/** One job fits into 2 GB. */
function sparkDefaults(directories: Directories, home: string): string {
  const python = `${directories.python}/bin/python`
  const settings = {
    // Otherwise 300 MB are zipped and copied for each submission.
    'spark.yarn.jars': `local:${home}/pyspark/jars/*`,
    'spark.yarn.stagingDir': `file:${directories.work}/staging`,
    'spark.local.dir': `${directories.work}/spark`,
    'spark.pyspark.python': python,
    'spark.yarn.appMasterEnv.SPARK_LOCAL_IP': '127.0.0.1',
    'spark.executorEnv.SPARK_LOCAL_IP': '127.0.0.1',
    'spark.driver.memory': '512m',
    'spark.driver.memoryOverhead': '128m',
    'spark.executor.instances': '1',
    'spark.executor.memory': '512m',
    'spark.executor.memoryOverhead': '128m',
    'spark.yarn.am.memory': '384m',
    'spark.yarn.am.memoryOverhead': '128m'
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('')
}

/**
 * Flat keys are as good as nested ones. The JVM options are those that this Flink ships with:
 * without them it does not start on Java 17. On YARN a bind address of `localhost` would be taken
 * for "every interface", hence the numbers.
 */
function flinkConfiguration(
  directories: Directories,
  javaOptions: Readonly<Record<string, string>>
): string {
  const settings = {
    ...javaOptions,
    'jobmanager.memory.process.size': '768m',
    'jobmanager.memory.jvm-metaspace.size': '160m',
    'jobmanager.bind-host': '127.0.0.1',
    'taskmanager.memory.process.size': '768m',
    'taskmanager.memory.jvm-metaspace.size': '160m',
    // By default four tenths of what is left, which leaves too little for the rest.
    'taskmanager.memory.managed.fraction': '0.1',
    'taskmanager.bind-host': '127.0.0.1',
    'taskmanager.numberOfTaskSlots': '1',
    'rest.bind-address': '127.0.0.1',
    'parallelism.default': '1',
    'yarn.staging-directory': `file:${directories.work}/staging`
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('')
}
