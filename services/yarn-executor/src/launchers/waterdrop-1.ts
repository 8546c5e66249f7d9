import { resolve } from 'node:path'
import type { Engine } from '../domain/launching.ts'
import { environmentNames } from './environment-names.ts'
import { checkValues, PLAIN_VARIABLE, requireSafe, type ValueRules } from './launch-values.ts'
import type { Installation, LauncherProfile, ProfileFacts } from './launcher-profile.ts'
import { findProgram } from './launcher-program.ts'
import { problemOfName } from './waterdrop-2.ts'
import { checkWaterdropConfig } from './waterdrop-config.ts'
import { renderForSpark, sparkEnvironment, variableArguments } from './waterdrop-spark.ts'

export const WATERDROP_1 = {
  name: 'waterdrop-1',
  // Up to 1.4.0; which one it is cannot be told from its script.
  swallowsErrors: true,
  abilities: {
    spark: {
      runs: 'config',
      files: [],
      deployModes: ['client', 'cluster'],
      name: '`spark.app.name` in the copy of the config',
      tags: '`SPARK_SUBMIT_OPTS` and the copy of the config',
      queue: true,
      variables: true,
      conf: false,
      args: false,
      mainClass: false
    }
  }
} as const satisfies ProfileFacts

const PROGRAM_INSTEAD = 'it runs a config; for a program of your own there is spark-submit'

const RULES: ValueRules = {
  profile: WATERDROP_1.name,
  abilities: WATERDROP_1.abilities.spark,
  instead: {
    conf: 'its script breaks every setting on the way to spark-submit; write them into the spark block of the config',
    args: PROGRAM_INSTEAD,
    mainClass: PROGRAM_INSTEAD
  },
  taskName: problemOfName,
  variable: PLAIN_VARIABLE
}

/**
 * Waterdrop 1.x: `bin/start-waterdrop.sh`, Spark alone (waterdrop.md §1.1, §7). A queue needs 1.5.0: the scripts before
 * drop it, and the job's own parser then refuses all that it was given. 1.5.5 to 1.5.7 call themselves SeaTunnel, and the
 * script of the last two evaluates even the text of the config: it is not run here.
 * @throws MissingHome naming WATERDROP_1_HOME, or WATERDROP_HOME when that one is not set
 */
export async function createWaterdrop1(
  _engine: Engine,
  installation: Installation
): Promise<LauncherProfile> {
  const { bash, environment, homes, extraPlugins = [] } = installation
  const reading = {
    generation: WATERDROP_1.name,
    extraPlugins
  }
  const script = await findProgram(
    installation,
    homes.WATERDROP_1_HOME ? 'WATERDROP_1_HOME' : 'WATERDROP_HOME',
    {
      name: 'start-waterdrop.sh',
      what: 'the profile waterdrop-1 runs the script in its bin directory'
    }
  )
  const environmentFile = resolve(script, '../../config/waterdrop-env.sh')

  return {
    name: WATERDROP_1.name,
    abilities: WATERDROP_1.abilities.spark,
    swallowsErrors: WATERDROP_1.swallowsErrors,
    check: (request) => [
      ...checkValues(request, RULES),
      ...checkWaterdropConfig(request, {
        ...reading,
        environment: environmentNames({ environment, files: [environmentFile] })
      })
    ],
    render: (request) => renderForSpark(request, 'spark'),
    command: async (request, configPath) => {
      requireSafe(request, configPath, RULES)
      const { deployMode, queue } = request
      return {
        argv: [
          ...[bash, script],
          ...['--master', 'yarn'],
          ...['--deploy-mode', deployMode],
          ...(queue === null ? [] : ['--queue', queue]),
          ...['--config', configPath],
          ...variableArguments(request)
        ],
        // The script has an option for the queue, which beats what spark-defaults.conf says.
        environment: await sparkEnvironment({ ...request, queue: null }, environment),
        holdsDriver: deployMode === 'client'
      }
    }
  }
}
