import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeSeatunnelHome } from '@scheduler-task/sandbox/launchers/seatunnel-home'
import { writeWaterdrop1Home } from '@scheduler-task/sandbox/launchers/waterdrop-1-home'
import { writeWaterdropHome } from '@scheduler-task/sandbox/launchers/waterdrop-home'
import { inspectHost } from '../../src/adapters/launcher-host.ts'
import type { LaunchRequest } from '../../src/domain/launching.ts'
import { launcherEnvironment } from '../../src/launchers/launcher-environment.ts'
import type { LauncherCommand, LauncherProfile } from '../../src/launchers/launcher-profile.ts'
import { type HostedProfile, hostedProfiles } from '../../src/launchers/launcher-profiles.ts'
import type { Canaries } from './attack-strings.ts'

/** Writes down what reached it, beside the working directory, and how often it was called. */
const RECORDER = `#!/bin/sh
printf '%s\\0' "$@" > ../argv
printf '%s\\0' "$JVM_ARGS" "$SPARK_SUBMIT_OPTS" > ../java
echo called >> ../calls
`
const SCRIPTS = {
  'waterdrop-1': 'waterdrop-1/bin/start-waterdrop.sh',
  'waterdrop-1.5.7': 'waterdrop-1.5.7/bin/start-seatunnel.sh',
  'waterdrop-2-spark': 'waterdrop/bin/start-waterdrop-spark.sh',
  'waterdrop-2-flink': 'waterdrop/bin/start-waterdrop-flink.sh',
  'seatunnel-2.3-spark': 'seatunnel/bin/start-seatunnel-spark-3-connector-v2.sh',
  'seatunnel-2.3-flink': 'seatunnel/bin/start-seatunnel-flink-15-connector-v2.sh'
} as const
const RUN_LIMIT_MS = 60_000

/** What came of a run: calls of spark-submit or flink, the words of the last, the options for its JVM. */
export type Run = Readonly<{ calls: number; argv: readonly string[]; java: readonly string[] }>

export type AttackedLaunchers = Readonly<{
  canaries: Canaries
  hosted: readonly HostedProfile[]
  /** Runs what a profile makes of a request, in front of engines that only record. */
  launch(profile: LauncherProfile, request: LaunchRequest): Promise<Run>
  command(profile: LauncherProfile, request: LaunchRequest): Promise<LauncherCommand>
  /** Runs a script with these words, whatever a profile would say; `config` is written where `CONFIG` stands. */
  bypass(script: keyof typeof SCRIPTS, words: readonly string[], config?: string): Promise<Run>
  /** Marks that payloads left anywhere, which are removed. */
  takeCanaries(): readonly string[]
}>

/** All start scripts with their faults, and every profile that runs them. */
export async function attackedLaunchers(root: string): Promise<AttackedLaunchers> {
  await Promise.all([
    writeWaterdropHome(join(root, 'waterdrop'), { kind: 'stand-in' }),
    writeWaterdrop1Home(join(root, 'waterdrop-1')),
    writeWaterdrop1Home(join(root, 'waterdrop-1.5.7'), { version: '1.5.7' }),
    writeSeatunnelHome(join(root, 'seatunnel')),
    ...['home', 'outside'].map((name) => mkdir(join(root, name))),
    ...['spark/bin/spark-submit', 'flink/bin/flink'].map((name) => writeRecorder(join(root, name)))
  ])
  const host = await inspectHost()
  const homes = {
    WATERDROP_HOME: join(root, 'waterdrop'),
    WATERDROP_1_HOME: join(root, 'waterdrop-1'),
    SEATUNNEL_HOME: join(root, 'seatunnel'),
    SPARK_HOME: join(root, 'spark'),
    FLINK_HOME: join(root, 'flink')
  }
  const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`
  const environment = launcherEnvironment({ ...homes, PATH, HOME: join(root, 'home') }, host.locale)
  const hosted = await hostedProfiles(
    { homes, bash: host.bash, environment },
    { spark: 'waterdrop-2', flink: 'waterdrop-2' }
  )
  const canaries = {
    absolute: join(root, 'outside/canary'),
    inHome: 'canary',
    inWorkingDirectory: 'canary'
  }
  let runs = 0
  const left: string[] = []

  async function prepare(name: string, bytes: Buffer): Promise<string> {
    const directory = join(root, `run-${++runs}`)
    await mkdir(join(directory, 'work'), { recursive: true })
    writeFileSync(join(directory, name), bytes)
    return directory
  }

  async function run(directory: string, { argv, environment: env }: LauncherCommand): Promise<Run> {
    const [program = '', ...words] = argv
    const work = join(directory, 'work')
    const child = spawn(program, words, { cwd: work, env, stdio: 'ignore', detached: true })
    const limit = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), RUN_LIMIT_MS)
    await once(child, 'close')
    clearTimeout(limit)
    left.push(...readdirSync(work).map((name) => `${program} ${words.join(' ')}: ${name}`))
    const read = (name: string) =>
      existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8') : ''
    const list = (name: string) => read(name).split('\0').slice(0, -1)
    const recorded = {
      calls: read('calls').split('\n').length - 1,
      argv: list('argv').map((word) => word.replaceAll(directory, 'DIR')),
      java: list('java')
    }
    rmSync(directory, { recursive: true })
    return recorded
  }

  function nameOf({ program, configName }: LaunchRequest): string {
    if (program) return 'job.jar'
    return /\.(json|py)$/.exec(configName) ? `job${/\.\w+$/.exec(configName)?.[0]}` : 'job.conf'
  }

  return {
    canaries,
    hosted,
    async launch(profile, request) {
      const name = nameOf(request)
      const bytes = request.program ? Buffer.of() : profile.render(request)
      const directory = await prepare(name, bytes)
      return await run(directory, await profile.command(request, join(directory, name)))
    },
    command: (profile, request) => profile.command(request, `/attempts/${nameOf(request)}`),
    async bypass(script, words, config = '') {
      const directory = await prepare('job.conf', Buffer.from(config))
      const path = join(directory, 'job.conf')
      const given = words.map((word) => (word === 'CONFIG' ? path : word))
      const argv = [host.bash, join(root, SCRIPTS[script]), ...given]
      return await run(directory, { argv, environment, holdsDriver: false })
    },
    takeCanaries() {
      const found = left.splice(0)
      for (const directory of ['home', 'outside']) {
        for (const name of readdirSync(join(root, directory))) {
          found.push(`${directory}/${name}`)
          rmSync(join(root, directory, name), { recursive: true })
        }
      }
      return found
    }
  }
}

async function writeRecorder(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  writeFileSync(path, RECORDER)
  await chmod(path, 0o700)
}
