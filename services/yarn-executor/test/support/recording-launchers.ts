import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeWaterdrop1Home } from '@scheduler-task/sandbox/launchers/waterdrop-1-home'
import { writeWaterdropHome } from '@scheduler-task/sandbox/launchers/waterdrop-home'
import { inspectHost } from '../../src/adapters/launcher-host.ts'
import { createProcessLaunching } from '../../src/adapters/process-launching.ts'
import type { Launching, LaunchRequest } from '../../src/domain/launching.ts'
import { launcherEnvironment } from '../../src/launchers/launcher-environment.ts'
import { hostedProfiles } from '../../src/launchers/launcher-profiles.ts'
import { endAfter } from './launching.ts'

/** Writes down what reached it, in the attempt's directory. */
const RECORDER = `#!/bin/sh
printf '%s\\0' "$@" > ../argv
env -0 > ../environment
`

/** What spark-submit or flink was called with, at the end of the real start scripts. */
export type Recorded = Readonly<{ argv: string[]; environment: Record<string, string> }>

/** The start scripts with all their faults, in front of engines that only record. */
export async function recordingLaunching(
  root: string,
  settings: Record<string, string> = {}
): Promise<Launching> {
  const home = join(root, 'waterdrop')
  await writeWaterdropHome(home, { kind: 'stand-in' })
  await writeWaterdrop1Home(join(root, 'waterdrop-1'))
  for (const program of ['spark/bin/spark-submit', 'flink/bin/flink']) {
    const path = join(root, program)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, RECORDER)
    await chmod(path, 0o700)
  }
  const host = await inspectHost()
  const environment = launcherEnvironment(
    {
      SPARK_HOME: join(root, 'spark'),
      FLINK_HOME: join(root, 'flink'),
      HADOOP_CONF_DIR: '/etc/hadoop/conf',
      YARN_USER: 'alice',
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      ...settings
    },
    host.locale
  )
  const homes = {
    WATERDROP_HOME: home,
    WATERDROP_1_HOME: join(root, 'waterdrop-1'),
    SPARK_HOME: join(root, 'spark'),
    FLINK_HOME: join(root, 'flink')
  }
  const installation = { homes, bash: host.bash, environment }
  const defaults = { spark: 'waterdrop-2', flink: 'waterdrop-2' } as const
  const profiles = await hostedProfiles(installation, defaults)
  return createProcessLaunching({ root: join(root, 'attempts'), host, profiles })
}

type Test = Parameters<typeof endAfter>[0]

/** Launches for real and waits for the end; undefined when no engine was called. */
export async function recordLaunch(
  t: Test,
  launching: Launching,
  request: LaunchRequest
): Promise<Recorded | undefined> {
  const prepared = await launching.prepare(request)
  const identity = await launching.start(prepared)
  const attempt = { attemptId: request.attemptId, identity, directory: prepared.directory }
  endAfter(t, launching, attempt)
  for await (const _ of launching.watch(attempt, AbortSignal.timeout(30_000)));
  const read = (name: string) =>
    readFile(join(prepared.directory, name), 'utf8').then(
      (text) => text.split('\0').slice(0, -1),
      () => undefined
    )
  const [argv, variables] = await Promise.all([read('argv'), read('environment')])
  if (!argv || !variables) return undefined
  const pairs = variables.map((pair) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1)]
  })
  return { argv, environment: Object.fromEntries(pairs) }
}
