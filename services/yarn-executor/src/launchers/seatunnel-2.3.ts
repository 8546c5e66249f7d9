import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Finding } from '@scheduler-task/job-config/finding'
import { type Engine, type LaunchRequest, NotStarted } from '../domain/launching.ts'
import { FLINK_SETTINGS, WORD } from './flink-settings.ts'
import { checkValues, PLAIN_VARIABLE, requireSafe, type ValueRules } from './launch-values.ts'
import {
  homeOf,
  type Installation,
  type LauncherCommand,
  type LauncherProfile,
  type ProfileFacts
} from './launcher-profile.ts'
import { findProgram } from './launcher-program.ts'
import { seatunnelConfigCheck } from './seatunnel-spark-env.ts'
import { isSparkDefault } from './spark-defaults.ts'
import { problemOfName } from './waterdrop-2.ts'

/** The first that is there is taken. */
const SCRIPTS = {
  spark: ['start-seatunnel-spark-3-connector-v2.sh', 'start-seatunnel-spark-2-connector-v2.sh'],
  flink: ['start-seatunnel-flink-15-connector-v2.sh', 'start-seatunnel-flink-13-connector-v2.sh']
} as const satisfies Record<Engine, readonly string[]>

const COMMON = {
  runs: 'config',
  files: ['.conf', '.json'],
  queue: true,
  variables: true,
  args: false,
  mainClass: false
} as const

export const SEATUNNEL_23 = {
  name: 'seatunnel-2.3',
  swallowsErrors: false,
  abilities: {
    spark: {
      ...COMMON,
      deployModes: ['client', 'cluster'],
      name: '`--name`',
      tags: '`SPARK_SUBMIT_OPTS`',
      conf: false
    },
    flink: { ...COMMON, deployModes: [], name: '`-ynm`', tags: '`-yD yarn.tags`', conf: true }
  }
} as const satisfies ProfileFacts

const PROGRAM_INSTEAD = 'it runs a config; for a program of your own there is spark-submit or flink'

function rulesOf(engine: Engine): ValueRules {
  return {
    profile: SEATUNNEL_23.name,
    abilities: SEATUNNEL_23.abilities[engine],
    instead: {
      conf: 'the start script drops them; write them into the env block of the config, or use seatunnel-2.3-direct',
      args: PROGRAM_INSTEAD,
      mainClass: PROGRAM_INSTEAD
    },
    taskName: problemOfName,
    variable: PLAIN_VARIABLE,
    ...(engine === 'flink' && { settings: { ...FLINK_SETTINGS, value: WORD } })
  }
}

/**
 * SeaTunnel 2.3.x by its start scripts (waterdrop.md §1.6, §7), which evaluate every word that they are given and, on Spark,
 * every entry of the config's env block. Options of spark-submit do not get through them, JVM properties do.
 * @throws MissingHome naming SEATUNNEL_HOME when it cannot be used.
 */
export async function createSeatunnel23(
  engine: Engine,
  installation: Installation
): Promise<LauncherProfile> {
  const { bash, environment } = installation
  const script = await findScript(engine, installation)
  const rules = rulesOf(engine)
  const checkConfig = seatunnelConfigCheck(installation, {
    evaluated: true,
    files: [resolve(script, '../../config/seatunnel-env.sh')]
  })

  function check(request: LaunchRequest): readonly Finding[] {
    return [...checkValues(request, rules), ...checkConfig(request)]
  }

  async function onSpark(request: LaunchRequest, configPath: string): Promise<LauncherCommand> {
    const { deployMode, taskName, variables } = request
    return {
      argv: [
        ...[bash, script],
        ...['--master', 'yarn'],
        ...['--deploy-mode', deployMode],
        ...['--name', taskName],
        ...['--config', configPath],
        ...Object.entries(variables).flatMap(([name, value]) => ['-i', `${name}=${value}`])
      ],
      environment: await sparkEnvironment(request, environment),
      holdsDriver: deployMode === 'client'
    }
  }

  function onFlink(request: LaunchRequest, configPath: string): LauncherCommand {
    const { taskName, tags, queue, conf } = request
    return {
      argv: [
        ...[bash, script],
        ...['-m', 'yarn-cluster'],
        ...['-ynm', taskName],
        ...(queue === null ? [] : ['-yqu', queue]),
        ...['-yD', `yarn.tags=${tags.join(',')}`],
        ...Object.entries(conf).flatMap(([name, value]) => ['-yD', `${name}=${value}`]),
        '-d',
        ...['--name', taskName],
        ...['--config', configPath]
      ],
      environment: flinkEnvironment(request, environment),
      holdsDriver: false
    }
  }

  return {
    name: SEATUNNEL_23.name,
    abilities: SEATUNNEL_23.abilities[engine],
    swallowsErrors: SEATUNNEL_23.swallowsErrors,
    check,
    render: ({ config }) => config,
    command: async (request, configPath) => {
      requireSafe(request, configPath, rules)
      const [first] = check(request).filter(({ severity }) => severity === 'error')
      if (first) throw new NotStarted(`${first.path} ${first.message}`)
      return engine === 'flink' ? onFlink(request, configPath) : await onSpark(request, configPath)
    }
  }
}

/** `-i` is lost on the way to flink up to 2.3.5 (waterdrop.md §1.5); a property of the client's JVM, which reads the config, is not. */
export function flinkEnvironment(
  { variables }: LaunchRequest,
  environment: Readonly<Record<string, string>>
): Readonly<Record<string, string>> {
  const own = Object.entries(variables).map(([name, value]) => `-D${name}=${value}`)
  if (own.length === 0) return environment
  const { JVM_ARGS } = environment
  return { ...environment, JVM_ARGS: [...(JVM_ARGS ? [JVM_ARGS] : []), ...own].join(' ') }
}

/** @throws NotStarted when the site's own settings would hide ours */
async function sparkEnvironment(
  { tags, queue, deployMode }: LaunchRequest,
  environment: Readonly<Record<string, string>>
): Promise<Readonly<Record<string, string>>> {
  const own = {
    'spark.yarn.tags': tags.join(','),
    ...(queue !== null && { 'spark.yarn.queue': queue }),
    // The launcher is let go once the RM has accepted the application; waiting is this service's work.
    ...(deployMode === 'cluster' && { 'spark.yarn.submit.waitAppCompletion': 'false' })
  }
  for (const name of ['spark.yarn.tags', ...(queue === null ? [] : ['spark.yarn.queue'])]) {
    if (await isSparkDefault(name, environment)) {
      throw new NotStarted(`spark-defaults.conf sets ${name}, which hides what this service gives`)
    }
  }
  const { SPARK_SUBMIT_OPTS } = environment
  const options = Object.entries(own).map(([name, value]) => `-D${name}=${value}`)
  if (SPARK_SUBMIT_OPTS) options.unshift(SPARK_SUBMIT_OPTS)
  return { ...environment, SPARK_SUBMIT_OPTS: options.join(' ') }
}

async function findScript(engine: Engine, installation: Installation): Promise<string> {
  const what = 'the profile seatunnel-2.3 runs the scripts in its bin directory'
  const [first, second] = SCRIPTS[engine]
  const home = homeOf(installation, 'SEATUNNEL_HOME', what)
  const name = existsSync(join(home, 'bin', first)) ? first : second
  return await findProgram(installation, 'SEATUNNEL_HOME', { name, what })
}
