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
  /** What `pip install --target` made; SPARK_HOME is `pyspark` below it. */
  spark: string
  flink: string
  /** Azkaban's jars, flat. */
  azkaban: string
  /** The compiler and Flink's example jobs. */
  jars: string
  /** A Waterdrop home whose Flink job jar is compiled against this Flink. */
  waterdrop: string
  /** Rewritten at every start: hadoop, spark, flink and azkaban below it. */
  configuration: string
  /** Emptied at every start: container directories, container logs, staging. */
  work: string
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
    hadoop: `${root}/hadoop-${versions.hadoop}`,
    python: `${root}/python`,
    spark: `${root}/spark-${versions.spark}`,
    flink: `${root}/flink-${versions.flink}`,
    azkaban: `${root}/azkaban-${versions.azkaban}`,
    jars: `${root}/jars-${versions.flink}-${versions.ecj}`,
    waterdrop: `${root}/waterdrop`,
    configuration: `${root}/conf`,
    work,
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
