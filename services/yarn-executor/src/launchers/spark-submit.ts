import type { Finding } from '@scheduler-task/job-config/finding'
import type { Engine, LaunchRequest } from '../domain/launching.ts'
import { checkValues, requireSafe, type ValueRules } from './launch-values.ts'
import type { Installation, LauncherProfile, ProfileFacts } from './launcher-profile.ts'
import { findProgram } from './launcher-program.ts'
import { checkProgram } from './plain-program.ts'
import { SPARK_SETTINGS } from './spark-settings.ts'

export const SPARK_SUBMIT = {
  name: 'spark-submit',
  swallowsErrors: false,
  abilities: {
    spark: {
      runs: 'program',
      files: ['.jar', '.py'],
      deployModes: ['client', 'cluster'],
      name: '`--name`',
      tags: '`--conf spark.yarn.tags`',
      queue: true,
      variables: false,
      conf: true,
      args: true,
      mainClass: true
    }
  }
} as const satisfies ProfileFacts

const RULES: ValueRules = {
  profile: SPARK_SUBMIT.name,
  abilities: SPARK_SUBMIT.abilities.spark,
  instead: { variables: 'a program has no placeholders; give it args' },
  settings: SPARK_SETTINGS,
  argument: (argument, { deployMode }) =>
    deployMode === 'cluster' && YARN_EXPANDS.test(argument)
      ? 'holds {{, }}, <LOG_DIR> or <CPS>, which YARN replaces in the command of an ApplicationMaster: use deployMode client'
      : undefined
}

/** In cluster mode the arguments stand in the command that YARN runs. */
const YARN_EXPANDS = /\{\{|\}\}|<LOG_DIR>|<CPS>/

/**
 * A jar or a Python file of the user's own: `bin/spark-submit`, which passes its arguments on without a shell. What comes
 * behind the program is the program's.
 * @throws MissingHome naming SPARK_HOME when it cannot be used.
 */
export async function createSparkSubmit(
  _engine: Engine,
  installation: Installation
): Promise<LauncherProfile> {
  const what = 'the profile spark-submit runs bin/spark-submit in it'
  const program = { name: 'spark-submit', what, run: true }
  const sparkSubmit = await findProgram(installation, 'SPARK_HOME', program)

  function check(request: LaunchRequest): readonly Finding[] {
    return [...checkValues(request, RULES), ...checkProgram(request)]
  }

  return {
    name: SPARK_SUBMIT.name,
    abilities: SPARK_SUBMIT.abilities.spark,
    swallowsErrors: SPARK_SUBMIT.swallowsErrors,
    check,
    render: ({ config }) => config,
    command: async (request, path) => {
      requireSafe(request, path, RULES)
      const { deployMode, taskName, tags, queue, mainClass, conf, args } = request
      const settings = {
        'spark.yarn.tags': tags.join(','),
        // The launcher is let go once the RM has accepted the application; waiting is this service's work.
        ...(deployMode === 'cluster' && { 'spark.yarn.submit.waitAppCompletion': 'false' }),
        ...conf
      }
      return {
        argv: [
          sparkSubmit,
          ...['--master', 'yarn'],
          ...['--deploy-mode', deployMode],
          ...['--name', taskName],
          ...(queue === null ? [] : ['--queue', queue]),
          ...Object.entries(settings).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
          ...(mainClass === null ? [] : ['--class', mainClass]),
          path,
          ...args
        ],
        environment: installation.environment,
        holdsDriver: deployMode === 'client'
      }
    }
  }
}
