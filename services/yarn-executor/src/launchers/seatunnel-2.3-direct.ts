import type { Finding } from '@scheduler-task/job-config/finding'
import { type Engine, type LaunchRequest, NotStarted } from '../domain/launching.ts'
import { FLINK_SETTINGS } from './flink-settings.ts'
import { checkValues, PLAIN_VARIABLE, requireSafe, type ValueRules } from './launch-values.ts'
import type {
  Installation,
  LauncherCommand,
  LauncherProfile,
  ProfileFacts
} from './launcher-profile.ts'
import { findProgram } from './launcher-program.ts'
import { flinkEnvironment } from './seatunnel-2.3.ts'
import { readSeatunnelConfig } from './seatunnel-config.ts'
import { findSeatunnel, jarsFor } from './seatunnel-jars.ts'
import { seatunnelConfigCheck, settingsOf } from './seatunnel-spark-env.ts'
import { SPARK_SETTINGS } from './spark-settings.ts'
import { problemOfName } from './waterdrop-2.ts'

const MAIN_CLASS = {
  spark: 'org.apache.seatunnel.core.starter.spark.SeaTunnelSpark',
  flink: 'org.apache.seatunnel.core.starter.flink.SeaTunnelFlink'
} as const
const PROGRAMS = {
  spark: { variable: 'SPARK_HOME', name: 'spark-submit' },
  flink: { variable: 'FLINK_HOME', name: 'flink' }
} as const

const COMMON = {
  runs: 'config',
  files: ['.conf', '.json'],
  queue: true,
  variables: true,
  conf: true,
  args: false,
  mainClass: false
} as const

export const SEATUNNEL_23_DIRECT = {
  name: 'seatunnel-2.3-direct',
  swallowsErrors: false,
  abilities: {
    spark: {
      ...COMMON,
      deployModes: ['client', 'cluster'],
      name: '`--name`',
      tags: '`--conf spark.yarn.tags`'
    },
    flink: { ...COMMON, deployModes: [], name: '`-ynm`', tags: '`-yD yarn.tags`' }
  }
} as const satisfies ProfileFacts

const PROGRAM_INSTEAD = 'it runs a config; for a program of your own there is spark-submit or flink'

function rulesOf(engine: Engine): ValueRules {
  return {
    profile: SEATUNNEL_23_DIRECT.name,
    abilities: SEATUNNEL_23_DIRECT.abilities[engine],
    instead: { args: PROGRAM_INSTEAD, mainClass: PROGRAM_INSTEAD },
    taskName: problemOfName,
    variable: PLAIN_VARIABLE,
    settings: engine === 'spark' ? DIRECT_SPARK_SETTINGS : FLINK_SETTINGS
  }
}

/** Options of the driver's JVM stand in the env block, where variables are added to them. */
const DIRECT_SPARK_SETTINGS = {
  ...SPARK_SETTINGS,
  reserved: {
    ...SPARK_SETTINGS.reserved,
    'spark.driver.extraJavaOptions': 'stands in the env block of the config',
    'spark.executor.extraJavaOptions': 'stands in the env block of the config',
    'spark.jars': 'is made of the connectors that the config names',
    'spark.files': 'is the config itself'
  }
} satisfies ValueRules['settings']

/**
 * SeaTunnel 2.3.x without its scripts: what they would do, with each value as a word of its own. No shell sees it, so
 * blanks, quotes and `$` in the env block are only text (engines.md §5).
 * @throws MissingHome naming SEATUNNEL_HOME, SPARK_HOME or FLINK_HOME when it cannot be used.
 */
export async function createSeatunnel23Direct(
  engine: Engine,
  installation: Installation
): Promise<LauncherProfile> {
  const seatunnel = await findSeatunnel(engine, installation)
  const { variable, name } = PROGRAMS[engine]
  const what = `the profile seatunnel-2.3-direct runs bin/${name} in it`
  const program = await findProgram(installation, variable, { name, what, run: true })
  const environment = { ...installation.environment, SEATUNNEL_HOME: seatunnel.home }
  const rules = rulesOf(engine)
  const checkConfig = seatunnelConfigCheck(installation, { evaluated: false })

  function check(request: LaunchRequest): readonly Finding[] {
    return [...checkValues(request, rules), ...checkConfig(request)]
  }

  async function onSpark(request: LaunchRequest, configPath: string): Promise<LauncherCommand> {
    const { deployMode, taskName, tags, queue } = request
    const config = readSeatunnelConfig(request)
    const jars = await jarsFor(seatunnel, config)
    const where = ['--master', 'yarn', '--deploy-mode', deployMode, '--name', taskName]
    return {
      argv: [
        ...[program, ...where],
        ...(queue === null ? [] : ['--queue', queue]),
        ...sparkOptions(request, settingsOf(config)),
        ...['--conf', `spark.yarn.tags=${tags.join(',')}`],
        ...['--class', MAIN_CLASS.spark],
        ...(jars.length === 0 ? [] : ['--jars', jars.join(',')]),
        ...(deployMode === 'cluster' ? ['--files', configPath] : []),
        ...[seatunnel.starter, '--config', configPath, ...where]
      ],
      environment,
      holdsDriver: deployMode === 'client'
    }
  }

  function onFlink(request: LaunchRequest, configPath: string): LauncherCommand {
    const { taskName, tags, queue, conf } = request
    return {
      argv: [
        ...[program, 'run', '-m', 'yarn-cluster'],
        ...['-ynm', taskName],
        ...(queue === null ? [] : ['-yqu', queue]),
        ...Object.entries(conf).flatMap(([key, value]) => ['-yD', `${key}=${value}`]),
        ...['-yD', `yarn.tags=${tags.join(',')}`],
        '-d',
        ...['-c', MAIN_CLASS.flink, seatunnel.starter],
        ...['--config', configPath, '--name', taskName]
      ],
      environment: flinkEnvironment(request, environment),
      holdsDriver: false
    }
  }

  return {
    name: SEATUNNEL_23_DIRECT.name,
    abilities: SEATUNNEL_23_DIRECT.abilities[engine],
    swallowsErrors: SEATUNNEL_23_DIRECT.swallowsErrors,
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

/** Settings of the env block that spark-submit has to know, those of the request over them, and variables for both JVMs. */
function sparkOptions(
  { conf, variables, deployMode }: LaunchRequest,
  env: ReadonlyMap<string, string>
): string[] {
  const settings = new Map<string, string>()
  for (const [name, value] of env) {
    if (name.startsWith('spark.') && !GIVEN_AS_OPTIONS.has(name)) settings.set(name, value)
  }
  for (const [name, value] of Object.entries(conf)) settings.set(name, value)
  const properties = Object.entries(variables).map(([name, value]) => `-D${name}=${value}`)
  for (const name of properties.length === 0 ? [] : JAVA_OPTIONS) {
    const given = settings.get(name)
    settings.set(name, [...(given ? [given] : []), ...properties].join(' '))
  }
  if (deployMode === 'cluster') settings.set('spark.yarn.submit.waitAppCompletion', 'false')
  return [...settings].flatMap(([name, value]) => {
    // Only the option of its own is in time for a driver in the launcher's JVM.
    if (deployMode === 'client' && name === 'spark.driver.extraJavaOptions') {
      return ['--driver-java-options', value]
    }
    return ['--conf', `${name}=${value}`]
  })
}

const JAVA_OPTIONS = ['spark.driver.extraJavaOptions', 'spark.executor.extraJavaOptions']
const GIVEN_AS_OPTIONS = new Set(['spark.master', 'spark.submit.deployMode', 'spark.app.name'])
