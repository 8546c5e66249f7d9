import { resolve } from 'node:path'
import type { Engine, LaunchRequest } from '../domain/launching.ts'
import { environmentNames } from './environment-names.ts'
import { FLINK_SETTINGS, WORD } from './flink-settings.ts'
import { checkValues, PLAIN_VARIABLE, requireSafe, type ValueRules } from './launch-values.ts'
import type {
  Installation,
  LauncherCommand,
  LauncherProfile,
  ProfileFacts
} from './launcher-profile.ts'
import { findProgram } from './launcher-program.ts'
import { checkWaterdropConfig } from './waterdrop-config.ts'
import { renderForSpark, sparkEnvironment, variableArguments } from './waterdrop-spark.ts'

const SCRIPTS = { spark: 'start-waterdrop-spark.sh', flink: 'start-waterdrop-flink.sh' } as const
const COMMON = {
  runs: 'config',
  files: [],
  queue: true,
  variables: true,
  args: false,
  mainClass: false
} as const

export const WATERDROP_2 = {
  name: 'waterdrop-2',
  swallowsErrors: true,
  abilities: {
    spark: {
      ...COMMON,
      deployModes: ['client', 'cluster'],
      name: '`spark.app.name` in the copy of the config',
      tags: '`SPARK_SUBMIT_OPTS` and the copy of the config',
      conf: false
    },
    flink: {
      ...COMMON,
      deployModes: [],
      name: '`-ynm`',
      tags: '`-yD yarn.tags`',
      conf: true
    }
  }
} as const satisfies ProfileFacts

const PROGRAM_INSTEAD = 'it runs a config; for a program of your own there is spark-submit or flink'

export function rulesOf(engine: Engine): ValueRules {
  return {
    profile: WATERDROP_2.name,
    abilities: WATERDROP_2.abilities[engine],
    instead: {
      conf: 'its script breaks every setting on the way to spark-submit; write them into the env block of the config',
      args: PROGRAM_INSTEAD,
      mainClass: PROGRAM_INSTEAD
    },
    taskName: problemOfName,
    variable: PLAIN_VARIABLE,
    // The script evaluates what it does not know itself.
    ...(engine === 'flink' && { settings: { ...FLINK_SETTINGS, value: WORD } })
  }
}

/** Names that the scripts take for something else. */
export function problemOfName(taskName: string): string | undefined {
  if (taskName.endsWith('-h')) return 'must not end in -h: the launcher takes it for help'
  if (taskName.toLowerCase() === 'seatunnel') {
    return 'is the launcher’s own default; give the job a name'
  }
  return undefined
}

/**
 * Waterdrop 2.0.x: `bin/start-waterdrop-spark.sh` and `bin/start-waterdrop-flink.sh` (waterdrop.md §7).
 *
 * Neither `spark.yarn.maxAppAttempts` nor `yarn.application-attempts` is set. That a submission becomes one application
 * is promised here; how often YARN starts that application's AM again after a node is lost is the cluster's rule and
 * the job's, and a stream that nobody restarts is worse. For at most one run of the driver:
 * `LAUNCHER_ENV_SPARK_SUBMIT_OPTS=-Dspark.yarn.maxAppAttempts=1`.
 * @throws MissingHome naming WATERDROP_HOME when it cannot be used.
 */
export async function createWaterdrop2(
  engine: Engine,
  installation: Installation
): Promise<LauncherProfile> {
  const { bash, environment, extraPlugins = [] } = installation
  const reading = {
    generation: WATERDROP_2.name,
    extraPlugins
  }
  const what = 'the profile waterdrop-2 runs the scripts in its bin directory'
  const script = await findProgram(installation, 'WATERDROP_HOME', { name: SCRIPTS[engine], what })
  const environmentFile = resolve(script, '../../config/waterdrop-env.sh')
  const rules = rulesOf(engine)

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
        ...['--config', configPath],
        ...variableArguments(request)
      ],
      environment,
      holdsDriver: false
    }
  }

  async function onSpark(request: LaunchRequest, configPath: string): Promise<LauncherCommand> {
    const { deployMode } = request
    return {
      argv: [
        ...[bash, script],
        ...['--master', 'yarn'],
        ...['--deploy-mode', deployMode],
        ...['--config', configPath],
        ...variableArguments(request)
      ],
      environment: await sparkEnvironment(request, environment),
      holdsDriver: deployMode === 'client'
    }
  }

  return {
    name: WATERDROP_2.name,
    abilities: WATERDROP_2.abilities[engine],
    swallowsErrors: WATERDROP_2.swallowsErrors,
    check: (request) => [
      ...checkValues(request, rules),
      ...checkWaterdropConfig(request, {
        ...reading,
        environment: environmentNames({ environment, files: [environmentFile] })
      })
    ],
    render: (request) => (engine === 'spark' ? renderForSpark(request, 'env') : request.config),
    command: async (request, configPath) => {
      requireSafe(request, configPath, rules)
      return engine === 'flink' ? onFlink(request, configPath) : await onSpark(request, configPath)
    }
  }
}
