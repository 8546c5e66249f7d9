import { type LaunchRequest, NotStarted } from '../domain/launching.ts'
import { isSparkDefault } from './spark-defaults.ts'

/**
 * The copy that the Spark launcher reads (waterdrop.md §2.2): the name in front, so that a leading comment does not
 * hide it from the script's grep, the user's bytes, and the name again as the last one, which wins in the grep and in
 * the driver. Tags and queue stand there too, because a user's own would beat SPARK_SUBMIT_OPTS in a driver on this host.
 */
export function renderForSpark(
  { config, taskName, tags, queue }: LaunchRequest,
  block: 'env' | 'spark'
): Buffer {
  const lines = [
    `spark.yarn.tags = "${tags.join(',')}"`,
    ...(queue === null ? [] : [`spark.yarn.queue = "${queue}"`]),
    `spark.app.name = "${taskName}"`
  ]
  return Buffer.concat([
    Buffer.from(`${block} { spark.app.name = "${taskName}" }\n`),
    config,
    Buffer.from(`\n${block} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`)
  ])
}

/**
 * The environment of the scripts: their own way to spark-submit breaks every setting (waterdrop.md §1.2), JVM properties
 * get through.
 * @throws NotStarted when the site's own settings would hide them
 */
export async function sparkEnvironment(
  { tags, queue, deployMode }: LaunchRequest,
  environment: Readonly<Record<string, string>>
): Promise<Readonly<Record<string, string>>> {
  const own = [`-Dspark.yarn.tags=${tags.join(',')}`]
  if (deployMode === 'cluster') {
    await refuseHidden('spark.yarn.tags', environment)
    // The launcher is let go once the RM has accepted the application; waiting is this service's work.
    own.push('-Dspark.yarn.submit.waitAppCompletion=false')
    if (queue !== null) {
      await refuseHidden('spark.yarn.queue', environment)
      own.push(`-Dspark.yarn.queue=${queue}`)
    }
  }
  const { SPARK_SUBMIT_OPTS } = environment
  const options = [...(SPARK_SUBMIT_OPTS ? [SPARK_SUBMIT_OPTS] : []), ...own]
  return { ...environment, SPARK_SUBMIT_OPTS: options.join(' ') }
}

/** A driver on this host takes them from the rendered copy as well, and from there last. */
async function refuseHidden(
  key: 'spark.yarn.tags' | 'spark.yarn.queue',
  environment: Readonly<Record<string, string>>
): Promise<void> {
  if (!(await isSparkDefault(key, environment))) return
  const what =
    key === 'spark.yarn.tags' ? 'the tags by which applications are found again' : 'the queue'
  throw new NotStarted(`spark-defaults.conf sets ${key}, which hides ${what}`)
}

/** `-i name=value`, for each. */
export function variableArguments({ variables }: LaunchRequest): string[] {
  return Object.entries(variables).flatMap(([name, value]) => ['-i', `${name}=${value}`])
}
