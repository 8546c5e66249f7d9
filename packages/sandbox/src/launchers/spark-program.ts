import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type Job, readPlainJob } from './job.ts'
import type { Launcher } from './launcher.ts'
import type { SparkArguments } from './spark-arguments.ts'
import { propertiesOf } from './system-properties.ts'
import { type ConfigLocation, startWaterdropJob } from './waterdrop-job.ts'

/** What the submitted program does once its driver has started. */
export type SparkProgram =
  /** Ends before it makes a SparkContext: no application in client mode. */
  | { kind: 'ends'; stdout?: string; stderr?: string; exitCode: number }
  /** Makes a SparkContext; `stdout` is what it prints before. */
  | { kind: 'runs'; stdout: string | undefined; waterdrop: boolean; job: Job }

const WATERDROP_CLASS = 'io.github.interestinglab.waterdrop.'

/**
 * Starts the program as its driver would.
 * @param locate finds a file that is named in the program's arguments
 */
export function startSparkProgram(options: {
  launcher: Launcher
  args: SparkArguments
  locate: (path: string) => ConfigLocation
}): SparkProgram {
  const { launcher, args, locate } = options
  const { primaryResource, mainClass } = args
  if (isWaterdrop(args)) {
    const start = startWaterdropJob({
      words: args.applicationArguments,
      required: ['config', 'deploy-mode', 'master'],
      definitions: {
        environment: launcher.env,
        properties: propertiesOf(args.conf.get('spark.driver.extraJavaOptions'))
      },
      locate
    })
    if (start.kind === 'usage') return { kind: 'ends', stderr: start.stderr, exitCode: 0 }
    if (start.kind === 'config-error') return { kind: 'ends', stdout: start.stdout, exitCode: 0 }
    return { kind: 'runs', stdout: start.stdout, waterdrop: true, job: start.job }
  }
  if (primaryResource.endsWith('.py')) {
    if (existsSync(primaryResource)) return plain(readFileSync(primaryResource, 'utf8'))
    const stdout = `python3: can't open file '${primaryResource}': [Errno 2] No such file or directory`
    return { kind: 'ends', stdout, exitCode: 2 }
  }
  if (existsSync(primaryResource)) return plain('')
  return { kind: 'ends', stderr: `Error: Failed to load class ${mainClass}.`, exitCode: 101 }
}

function plain(program: string): SparkProgram {
  return { kind: 'runs', stdout: undefined, waterdrop: false, job: readPlainJob(program) }
}

/** The main class is found in any of the jars, also when the primary resource is something else. */
function isWaterdrop({ mainClass, primaryResource, jars }: SparkArguments): boolean {
  const core = [primaryResource, ...jars].some((path) =>
    basename(path).startsWith('waterdrop-core')
  )
  return core && mainClass?.startsWith(WATERDROP_CLASS) === true
}
