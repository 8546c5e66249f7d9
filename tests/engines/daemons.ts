import { spawn } from 'node:child_process'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Directories } from './directories.ts'
import { hadoopClassPath, runVariable } from './hadoop-configuration.ts'
import {
  findByEnvironment,
  identify,
  isAlive,
  type ProcessIdentity,
  signal
} from './process-identity.ts'
import type { State } from './state-file.ts'

export type Daemon = 'resourceManager' | 'nodeManager'

const mainClasses: Record<Daemon, string> = {
  resourceManager: 'org.apache.hadoop.yarn.server.resourcemanager.ResourceManager',
  nodeManager: 'org.apache.hadoop.yarn.server.nodemanager.NodeManager'
}

/** The last is needed from Java 16 on: Guice looks into java.lang. */
const javaFlags = [
  '-Xmx384m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '--add-opens=java.base/java.lang=ALL-UNNAMED'
]

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
  await mkdir(directories.logs, { recursive: true })
  const temporary = join(directories.work, 'tmp')
  await mkdir(temporary, { recursive: true })
  const log = await open(logOf(directories, daemon), 'w')
  const args = [
    ...javaFlags,
    `-Djava.io.tmpdir=${temporary}`,
    '-cp',
    hadoopClassPath(directories),
    mainClasses[daemon]
  ]
  const child = spawn(join(javaHome, 'bin', 'java'), args, {
    cwd: directories.work,
    env: {
      PATH: `${javaHome}/bin:/usr/local/bin:/usr/bin:/bin`,
      HOME: directories.work,
      LANG: 'C.UTF-8',
      JAVA_HOME: javaHome,
      HADOOP_CONF_DIR: join(directories.configuration, 'hadoop'),
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
 * Ends both daemons and their containers. The NodeManager kills its containers within a second of
 * SIGTERM, then goes on waiting for applications that nobody will finish: after `graceMs` it gets
 * SIGKILL. Then whatever still bears the run's mark is killed. Only processes of that run are ever
 * signalled.
 */
export async function stopDaemons(state: State, graceMs = 5_000): Promise<void> {
  const daemons = [state.nodeManager, state.resourceManager].filter(
    (daemon) => daemon !== undefined
  )
  for (const daemon of daemons) await signal(daemon, 'SIGTERM')
  await endOf(daemons, graceMs)
  for (const daemon of daemons) await signal(daemon, 'SIGKILL')
  await endOf(daemons, graceMs)
  const deadline = Date.now() + graceMs
  while (Date.now() < deadline) {
    const left = await findByEnvironment(runVariable, state.runId)
    if (left.length === 0) return
    for (const identity of left) await signal(identity, 'SIGKILL')
    await endOf(left, 1000)
  }
  throw new Error(`Some processes of run ${state.runId} cannot be killed`)
}

async function endOf(identities: readonly ProcessIdentity[], limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs
  while (Date.now() < deadline) {
    const alive = await Promise.all(identities.map(isAlive))
    if (!alive.includes(true)) return
    await delay(50)
  }
}
