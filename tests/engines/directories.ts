import { access, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { versions } from './versions.ts'

const repository = resolve(import.meta.dirname, '../..')

/** Everything below one engines directory. */
export type Directories = Readonly<{
  root: string
  /** Hadoop's jars, flat. */
  hadoop: string
  /** A Python environment: runs pip, and PySpark's drivers and workers. */
  python: string
  /** SPARK_HOME is `pyspark` below it. */
  spark: string
  flink: string
  /** The engines that SeaTunnel runs on, like those above. */
  seatunnelSpark: string
  seatunnelFlink: string
  /** SeaTunnel's starters, connectors and transforms, flat, and its source release in `source`. */
  seatunnelJars: string
  /** Azkaban's jars, flat. */
  azkaban: string
  /** The compiler and Flink's example jobs. */
  jars: string
  /** A Waterdrop home whose Flink job jar is compiled against this Flink. */
  waterdrop: string
  /** A home of Waterdrop 1.x, likewise. */
  waterdrop1: string
  /** A SeaTunnel home: its own jars behind its own launcher scripts. */
  seatunnel: string
  /** Programs for spark-submit and Flink: a Python file and jars. */
  programs: string
  /** Rewritten at every start: hadoop, spark, flink and azkaban below it. */
  configuration: string
  /** Emptied at every start: container directories, container logs, staging. */
  work: string
  /** Container logs of applications that are over; below `work`. */
  aggregatedLogs: string
  /** What the ResourceManager knows after a restart; below `work`. */
  resourceManagerMemory: string
  /** Logs of the daemons. */
  logs: string
  state: string
  lock: string
}>

/**
 * The engines directory: `ENGINES_DIR`, a relative one counted from the repository, by default
 * `.engines` in it. Throws when its path holds characters that a launcher script would stumble over
 * (they expand paths unquoted) or that separate class paths.
 */
export function directoriesFor(variables: Record<string, string | undefined>): Directories {
  const root = resolve(repository, variables.ENGINES_DIR || '.engines')
  if (!/^[A-Za-z0-9_./+-]+$/.test(root)) {
    throw new Error(
      `The engines cannot live in ${root}: launcher scripts break on blanks and signs in a path. ` +
        'Set ENGINES_DIR to a directory named with letters, digits, ".", "_" and "-" only.'
    )
  }
  const work = `${root}/work`
  return {
    root,
    hadoop: `${root}/hadoop-${versions.hadoop}-with-history`,
    python: `${root}/python-${versions.setuptools}`,
    spark: `${root}/spark-${versions.spark}`,
    flink: `${root}/flink-${versions.flink}`,
    seatunnelSpark: `${root}/spark-${versions.seatunnelSpark}`,
    seatunnelFlink: `${root}/flink-${versions.seatunnelFlink}`,
    seatunnelJars: `${root}/seatunnel-${versions.seatunnel}-with-source`,
    azkaban: `${root}/azkaban-${versions.azkaban}`,
    jars: `${root}/jars-${versions.flink}-${versions.ecj}`,
    waterdrop: `${root}/waterdrop`,
    waterdrop1: `${root}/waterdrop-1`,
    seatunnel: `${root}/seatunnel`,
    programs: `${root}/programs`,
    configuration: `${root}/conf`,
    work,
    aggregatedLogs: `${work}/aggregated-logs`,
    resourceManagerMemory: `${work}/resource-manager-memory`,
    logs: `${root}/logs`,
    state: `${root}/state.json`,
    lock: `${root}/lock`
  }
}

const mark = 'scheduler-task-engines'

/**
 * Makes the directory ours: it must be new, empty or ours already, since parts of it are emptied at
 * every start and all of it by `down --purge`.
 */
export async function claim(root: string): Promise<void> {
  await mkdir(root, { recursive: true })
  if (await isClaimed(root)) return
  if ((await readdir(root)).length > 0 && !(await isClaimed(root))) {
    throw new Error(`${root} holds other things: set ENGINES_DIR to a new or an empty directory`)
  }
  await writeFile(
    join(root, mark),
    'Made by "npm run engines"; "down --purge" removes all of it.\n'
  )
}

export async function isClaimed(root: string): Promise<boolean> {
  return await access(join(root, mark)).then(
    () => true,
    () => false
  )
}
