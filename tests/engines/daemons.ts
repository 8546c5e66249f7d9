import { spawn } from 'node:child_process'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { azkabanWork } from './azkaban/configuration.ts'
import { azkabanClassPath } from './azkaban/start-classes.ts'
import type { Directories } from './directories.ts'
import { launcherVariables } from './environment.ts'
import { hadoopClassPath, runVariable } from './hadoop-configuration.ts'
import {
  findByEnvironment,
  identify,
  isAlive,
  type ProcessIdentity,
  signal
} from './process-identity.ts'
import type { State } from './state-file.ts'

export const daemonNames = ['resourceManager', 'nodeManager', 'historyServer', 'azkaban'] as const
export type Daemon = (typeof daemonNames)[number]

type Program = Readonly<{
  directory: string
  /** Of the JVM, with the main class and what follows it. */
  args: readonly string[]
  environment: Record<string, string>
}>

const hadoopClasses = {
  resourceManager: 'org.apache.hadoop.yarn.server.resourcemanager.ResourceManager',
  nodeManager: 'org.apache.hadoop.yarn.server.nodemanager.NodeManager',
  historyServer: 'org.apache.hadoop.mapreduce.v2.hs.JobHistoryServer'
} as const

/**
 * The last is needed from Java 16 on: Guice looks into java.lang, and Azkaban finds the process id of
 * a job there, without which it cannot kill one.
 */
const javaFlags = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '--add-opens=java.base/java.lang=ALL-UNNAMED'
]

async function programOf(
  directories: Directories,
  daemon: Daemon,
  javaHome: string
): Promise<Program> {
  if (daemon !== 'azkaban') {
    return {
      directory: directories.work,
      args: [
        daemon === 'historyServer' ? '-Xmx128m' : '-Xmx384m',
        '-cp',
        hadoopClassPath(directories),
        hadoopClasses[daemon]
      ],
      environment: { HADOOP_CONF_DIR: join(directories.configuration, 'hadoop') }
    }
  }
  const classPath = await azkabanClassPath(directories, join(javaHome, 'bin', 'java'))
  const configuration = join(directories.configuration, 'azkaban')
  const main = 'azkaban.webapp.AzkabanSingleServer'
  return {
    directory: azkabanWork(directories),
    args: ['-Xmx256m', '-cp', classPath, main, '-conf', configuration],
    // Its jobs are processes of this machine and inherit them.
    environment: launcherVariables(directories, javaHome)
  }
}

export function logOf(directories: Directories, daemon: Daemon): string {
  return join(directories.logs, `${daemon}.log`)
}

/**
 * Starts a daemon in a session of its own, output to its log, and returns at once. It outlives this
 * process. Its environment is a list of its own: containers inherit it.
 */
export async function startDaemon(
  directories: Directories,
  daemon: Daemon,
  { javaHome, runId }: Pick<State, 'javaHome' | 'runId'>
): Promise<ProcessIdentity> {
  const program = await programOf(directories, daemon, javaHome)
  const temporary = join(directories.work, 'tmp')
  for (const directory of [directories.logs, temporary, program.directory]) {
    await mkdir(directory, { recursive: true })
  }
  const log = await open(logOf(directories, daemon), 'w')
  const args = [...javaFlags, `-Djava.io.tmpdir=${temporary}`, ...program.args]
  const child = spawn(join(javaHome, 'bin', 'java'), args, {
    cwd: program.directory,
    env: {
      PATH: `${javaHome}/bin:/usr/local/bin:/usr/bin:/bin`,
      HOME: directories.work,
      LANG: 'C.UTF-8',
      JAVA_HOME: javaHome,
      ...program.environment,
      [runVariable]: runId
    },
    stdio: ['ignore', log.fd, log.fd],
    detached: true
  })
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
  } finally {
    await log.close()
  }
  child.unref()
  const identity = await identify(Number(child.pid))
  if (!identity) throw new Error(`${daemon} ended at once`)
  return identity
}

/** The last lines of a daemon's log. */
export async function logTail(directories: Directories, daemon: Daemon): Promise<string> {
  const text = await readFile(logOf(directories, daemon), 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-15).join('\n')
}

/**
 * Ends the daemons, their containers and jobs. The NodeManager kills its containers within a second of
 * SIGTERM, then goes on waiting for applications that nobody will finish: after `graceMs` it gets
 * SIGKILL. Then whatever still bears the run's mark is killed. Only processes of that run are ever
 * signalled.
 */
export async function stopDaemons(state: State, graceMs = 5_000): Promise<void> {
  await stopProcesses(
    daemonNames.map((name) => state[name]).filter((daemon) => daemon !== undefined),
    graceMs
  )
  const deadline = Date.now() + graceMs
  while (Date.now() < deadline) {
    const left = await findByEnvironment(runVariable, state.runId)
    if (left.length === 0) return
    for (const identity of left) await signal(identity, 'SIGKILL')
    await endOf(left, 1000)
  }
  throw new Error(`Some processes of run ${state.runId} cannot be killed`)
}

/** SIGTERM, then SIGKILL. */
export async function stopProcesses(
  identities: readonly ProcessIdentity[],
  graceMs: number
): Promise<void> {
  for (const signalName of ['SIGTERM', 'SIGKILL'] as const) {
    for (const identity of identities) await signal(identity, signalName)
    await endOf(identities, graceMs)
  }
}

/** SIGKILL, and resolves once they are gone. */
export async function killProcesses(identities: readonly ProcessIdentity[]): Promise<void> {
  for (const identity of identities) await signal(identity, 'SIGKILL')
  await endOf(identities, 5_000)
}

async function endOf(identities: readonly ProcessIdentity[], limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs
  while (Date.now() < deadline) {
    const alive = await Promise.all(identities.map(isAlive))
    if (!alive.includes(true)) return
    await delay(50)
  }
}
