import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type Job, readPlainJob } from './job.ts'
import type { Launcher } from './launcher.ts'
import { SEATUNNEL_CLASS, startSeatunnelJob } from './seatunnel-job.ts'
import type { SparkArguments } from './spark-arguments.ts'
import { propertiesOf } from './system-properties.ts'
import {
  type ConfigLocation,
  startWaterdropJob,
  type WaterdropGeneration
} from './waterdrop-job.ts'

/** What the submitted program does once its driver has started. */
export type SparkProgram =
  /** Ends before it makes a SparkContext: no application in client mode. */
  | { kind: 'ends'; stdout?: string; stderr?: string; log?: readonly string[]; exitCode: number }
  /** Makes a SparkContext. */
  | {
      kind: 'runs'
      /** What it prints before, and what it logs by its `ConfigBuilder`. */
      stdout: string | undefined
      log: readonly string[]
      /** Name that the program itself gives the application. */
      name: string | undefined
      /** Waterdrop 2.0: an exception is printed, and the program ends with 0. */
      swallows: boolean
      job: Job
    }

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
  const definitions = {
    environment: launcher.env,
    properties: propertiesOf(args.conf.get('spark.driver.extraJavaOptions'))
  }
  const words = args.applicationArguments
  if (mainClass?.startsWith(SEATUNNEL_CLASS) && existsSync(primaryResource)) {
    const start = startSeatunnelJob({ engine: 'spark', words, definitions, locate })
    if (start.kind === 'usage') return { kind: 'ends', stdout: start.stdout, exitCode: 234 }
    if (start.kind === 'failed') {
      const stderr = `Exception in thread "main" ${start.javaText}`
      return { kind: 'ends', stderr, log: start.log, exitCode: 1 }
    }
    return { ...start, kind: 'runs', stdout: undefined, swallows: false }
  }
  const generation = waterdropGeneration(args)
  if (generation) {
    const required = ['config', 'deploy-mode', 'master']
    const start = startWaterdropJob({ generation, words, required, definitions, locate })
    switch (start.kind) {
      case 'usage':
        return { kind: 'ends', stderr: start.stderr, exitCode: 0 }
      case 'config-error':
        return { kind: 'ends', stdout: start.stdout, exitCode: generation === '1' ? 1 : 0 }
      case 'checked':
        return { kind: 'ends', stdout: start.stdout, exitCode: 0 }
      case 'job':
        return { ...start, kind: 'runs', log: [], name: undefined, swallows: generation === '2.0' }
    }
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
  return {
    kind: 'runs',
    stdout: undefined,
    log: [],
    name: undefined,
    swallows: false,
    job: readPlainJob(program)
  }
}

/** The main class is found in any of the jars, also when the primary resource is something else. */
function waterdropGeneration({
  mainClass,
  primaryResource,
  jars
}: SparkArguments): WaterdropGeneration | undefined {
  if (!mainClass?.startsWith(WATERDROP_CLASS)) return undefined
  const names = [primaryResource, ...jars].map((path) => basename(path))
  if (names.some((name) => name.startsWith('waterdrop-core'))) return '2.0'
  return names.some((name) => name.startsWith('Waterdrop-1')) ? '1' : undefined
}
