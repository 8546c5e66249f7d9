import { constants } from 'node:fs'
import { access, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { ParameterIssue } from '@scheduler-task/envelope/errors'
import type { LaunchRequest } from '../domain/launching.ts'
import { NotStarted } from '../domain/launching.ts'
import { type LauncherCommand, type LauncherProfile, PLAIN_PATH } from './launcher-profile.ts'
import { isSparkDefault } from './spark-defaults.ts'
import { checkWaterdropConfig, renderForSpark } from './waterdrop-config.ts'

const SCRIPTS = { spark: 'start-waterdrop-spark.sh', flink: 'start-waterdrop-flink.sh' } as const
/** `eval`, word splitting and globbing leave these alone (waterdrop.md §1.9). The route has checked the same. */
const TASK_NAME = /^[\p{L}\p{Nd}][\p{L}\p{Nd}._-]{0,99}$/u
const TAG = /^[a-z0-9][a-z0-9_-]{0,99}$/

type Options = Readonly<{
  /** `WATERDROP_HOME`. */
  home: string
  /** Absolute path of bash: other shells cannot read the scripts. */
  bash: string
  environment: Readonly<Record<string, string>>
}>

/**
 * Waterdrop 2.0.x: `bin/start-waterdrop-spark.sh` and `bin/start-waterdrop-flink.sh` (waterdrop.md §7).
 *
 * Neither `spark.yarn.maxAppAttempts` nor `yarn.application-attempts` is set. That a submission becomes one application
 * is promised here; how often YARN starts that application's AM again after a node is lost is the cluster's rule and
 * the job's, and a stream that nobody restarts is worse. For at most one run of the driver:
 * `LAUNCHER_ENV_SPARK_SUBMIT_OPTS=-Dspark.yarn.maxAppAttempts=1`.
 * @throws Error naming WATERDROP_HOME when it cannot be used.
 */
export async function createWaterdrop2({
  home,
  bash,
  environment
}: Options): Promise<LauncherProfile> {
  const scripts = {
    spark: await findScript(home, SCRIPTS.spark),
    flink: await findScript(home, SCRIPTS.flink)
  }

  function check(request: LaunchRequest): readonly ParameterIssue[] {
    return [...checkName(request.taskName), ...checkWaterdropConfig(request)]
  }

  async function command(request: LaunchRequest, configPath: string): Promise<LauncherCommand> {
    const { engine, deployMode, tags } = request
    if (!PLAIN_PATH.test(configPath)) throw new NotStarted(`not a plain path: ${configPath}`)
    if (!tags.every((tag) => TAG.test(tag))) throw new NotStarted('a tag that YARN would change')
    if (checkName(request.taskName).length > 0) throw new NotStarted('a taskName that is not plain')
    if (engine === 'flink') {
      return {
        argv: [
          ...[bash, scripts.flink],
          ...['-m', 'yarn-cluster'],
          ...['-ynm', request.taskName],
          ...['-yD', `yarn.tags=${tags.join(',')}`],
          '-d',
          ...['--config', configPath]
        ],
        environment,
        holdsDriver: false
      }
    }
    // A driver on this host takes its tags from the rendered copy as well, and from there last.
    if (deployMode === 'cluster' && (await isSparkDefault('spark.yarn.tags', environment))) {
      throw new NotStarted(
        'spark-defaults.conf sets spark.yarn.tags, which hides the tags by which applications are found again'
      )
    }
    return {
      argv: [
        ...[bash, scripts.spark],
        ...['--master', 'yarn'],
        ...['--deploy-mode', deployMode],
        ...['--config', configPath]
      ],
      environment: { ...environment, SPARK_SUBMIT_OPTS: submitOptions(request, environment) },
      holdsDriver: deployMode === 'client'
    }
  }

  return {
    name: 'waterdrop-2',
    check,
    render: (request) => (request.engine === 'spark' ? renderForSpark(request) : request.config),
    command
  }
}

/** The script's own way to spark-submit breaks every setting (waterdrop.md §1.2), JVM properties get through. */
function submitOptions(
  { tags, deployMode }: LaunchRequest,
  { SPARK_SUBMIT_OPTS }: Readonly<Record<string, string>>
): string {
  const options = SPARK_SUBMIT_OPTS ? [SPARK_SUBMIT_OPTS] : []
  options.push(`-Dspark.yarn.tags=${tags.join(',')}`)
  // The launcher is let go once the RM has accepted the application; waiting is this service's work.
  if (deployMode === 'cluster') options.push('-Dspark.yarn.submit.waitAppCompletion=false')
  return options.join(' ')
}

function checkName(taskName: string): ParameterIssue[] {
  if (!TASK_NAME.test(taskName)) {
    return [{ path: 'taskName', message: 'is not a name that the launcher can be given' }]
  }
  if (taskName.endsWith('-h')) {
    return [{ path: 'taskName', message: 'must not end in -h: the launcher takes it for help' }]
  }
  if (taskName.toLowerCase() === 'seatunnel') {
    return [{ path: 'taskName', message: 'is the launcher’s own default; give the job a name' }]
  }
  return []
}

async function findScript(home: string, script: string): Promise<string> {
  const path = join(home, 'bin', script)
  const found = await realpath(path).catch(() => undefined)
  if (!found) throw new Error(`WATERDROP_HOME: there is no ${path}`)
  if (!PLAIN_PATH.test(found)) {
    throw new Error(
      `WATERDROP_HOME: ${found} has blanks or shell characters, which the scripts cannot cope with`
    )
  }
  await access(found, constants.R_OK).catch((cause) => {
    throw new Error(`WATERDROP_HOME: ${found} cannot be read`, { cause })
  })
  return found
}
