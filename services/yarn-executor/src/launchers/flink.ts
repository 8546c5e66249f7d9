import type { Finding } from '@scheduler-task/job-config/finding'
import type { Engine, LaunchRequest } from '../domain/launching.ts'
import { NotStarted } from '../domain/launching.ts'
import { FLINK_SETTINGS } from './flink-settings.ts'
import { checkValues, refusal, requireSafe, type ValueRules } from './launch-values.ts'
import type { Installation, LauncherProfile, ProfileFacts } from './launcher-profile.ts'
import { findProgram } from './launcher-program.ts'
import { checkProgram } from './plain-program.ts'

export const FLINK = {
  name: 'flink',
  swallowsErrors: false,
  abilities: {
    flink: {
      runs: 'program',
      files: ['.jar', '.py'],
      deployModes: ['client', 'cluster'],
      name: '`-Dyarn.application.name`',
      tags: '`-Dyarn.tags`',
      queue: true,
      variables: false,
      conf: true,
      args: true,
      mainClass: true
    }
  }
} as const satisfies ProfileFacts

const RULES: ValueRules = {
  profile: FLINK.name,
  abilities: FLINK.abilities.flink,
  instead: { variables: 'a program has no placeholders; give it args' },
  settings: FLINK_SETTINGS,
  argument: (argument, { deployMode }) =>
    deployMode === 'cluster' && argument.includes('#')
      ? 'holds a #: application mode hands arguments over in a file in which the rest would be a comment (up to Flink 1.18); use deployMode client'
      : undefined
}

/**
 * A jar or a Python file of the user's own: `bin/flink`, which passes its arguments on without a shell. `client`: a
 * cluster per job, planned on this host (`run -t yarn-per-job -d`); `cluster`: application mode, planned on the cluster
 * (`run-application -t yarn-application`). Both let go once the job runs (engines.md §5, §6).
 * @throws MissingHome naming FLINK_HOME when it cannot be used.
 */
export async function createFlink(
  _engine: Engine,
  installation: Installation
): Promise<LauncherProfile> {
  const what = 'the profile flink runs bin/flink in it'
  const flink = await findProgram(installation, 'FLINK_HOME', { name: 'flink', what, run: true })

  function check(request: LaunchRequest): readonly Finding[] {
    return [...checkValues(request, RULES), ...checkProgram(request), ...checkPython(request)]
  }

  return {
    name: FLINK.name,
    abilities: FLINK.abilities.flink,
    swallowsErrors: FLINK.swallowsErrors,
    check,
    render: ({ config }) => config,
    command: async (request, path) => {
      requireSafe(request, path, RULES)
      const [problem] = checkPython(request)
      if (problem) throw new NotStarted(`${problem.path} ${problem.message}`)
      const { deployMode, taskName, tags, queue, mainClass, conf, args, program } = request
      const settings = {
        'yarn.application.name': taskName,
        'yarn.tags': tags.join(','),
        ...(queue !== null && { 'yarn.application.queue': queue }),
        ...conf
      }
      const action =
        deployMode === 'client'
          ? ['run', '-t', 'yarn-per-job', '-d']
          : ['run-application', '-t', 'yarn-application']
      return {
        argv: [
          flink,
          ...action,
          ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
          ...(mainClass === null ? [] : ['-c', mainClass]),
          // Behind a jar everything is the job's; behind -py only what comes after --.
          ...(program ? [path] : ['-py', path, ...(args.length > 0 ? ['--'] : [])]),
          ...args
        ],
        environment: installation.environment,
        holdsDriver: false
      }
    }
  }
}

function checkPython({ program, deployMode }: LaunchRequest): Finding[] {
  if (program || deployMode === 'client') return []
  const message =
    'a Python file needs its interpreter and libraries shipped to the cluster in application mode, which is not supported: use deployMode client'
  return [refusal('BAD_PROGRAM', 'configFile', message)]
}
