import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspectHost } from '../../src/adapters/launcher-host.ts'
import { createProcessLaunching } from '../../src/adapters/process-launching.ts'
import { attemptsRoot } from '../../src/configured-launching.ts'
import type { Launching } from '../../src/domain/launching.ts'
import { configOf, type Surroundings } from './executor.ts'
import { fixture, onlyProfile } from './launching.ts'

/** A launch as it was recorded: which program, what its job does, and what goes wrong. */
export type RecordedLaunch = Readonly<{
  /** Prefix of the files in `fixtures/recorded`. */
  recording: string
  /** `spark-submit` or `flink` with what stands before the job: `{tags}` and `{name}` are filled in. */
  argv: readonly string[]
  /** Settings of the stand-in job, `run.ms` and so on. */
  job?: Readonly<Record<string, string | number>>
  faults?: Readonly<Record<string, unknown>>
  /** The launcher lives as long as the job. */
  lives: boolean
}>

/** Launchers of the sandbox that print what real ones printed, chosen by taskName. */
export async function recordedLaunching(
  { cluster, variables }: Surroundings,
  launches: Readonly<Record<string, RecordedLaunch>>
): Promise<Launching> {
  const profiles = onlyProfile({
    check: () => [],
    render: ({ config }) => config,
    command: async ({ taskName, tags, attemptId }) => {
      const launch = launches[taskName]
      if (!launch) throw new Error(`no launch ${taskName}`)
      const { recording, argv, job = {}, faults = {}, lives } = launch
      const settings = Object.entries(job).map(([key, value]) => `# sandbox.${key} = ${value}\n`)
      const program = settings.join('')
      const [engine = '', ...words] = argv
      const spark = engine === 'spark-submit'
      const command = join(spark ? cluster.sparkHome : cluster.flinkHome, 'bin', engine)
      const file = join(String(variables.HOME), `${attemptId}.py`)
      writeFileSync(file, program)
      const jar = join(cluster.waterdropHome, 'lib/waterdrop-core-2.0.4.jar')
      const what = spark ? [file] : [jar, program]
      const filled = words.map((word) =>
        word.replace('{tags}', tags.join(',')).replace('{name}', taskName)
      )
      return {
        argv: [command, ...filled, ...(filled.at(-1)?.startsWith('nope.') ? [] : what)],
        environment: {
          PATH: variables.PATH ?? '',
          HOME: variables.HOME ?? '',
          LANG: 'C.UTF-8',
          HADOOP_USER_NAME: 'alice',
          ...cluster.environment,
          SANDBOX_LAUNCHER_FAULTS: JSON.stringify({
            replay: fixture(`recorded/${recording}`),
            ...faults
          })
        },
        holdsDriver: lives
      }
    }
  })
  const host = await inspectHost()
  const root = attemptsRoot(configOf(variables))
  return await createProcessLaunching({ root, host, profiles })
}
