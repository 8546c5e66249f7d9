import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Azkaban, azkabanAnswers } from './azkaban/azkaban.ts'
import { azkabanUrl } from './azkaban/configuration.ts'
import { writeConfiguration } from './configuration.ts'
import {
  type Daemon,
  daemonNames,
  killProcesses,
  logOf,
  logTail,
  startDaemon,
  stopDaemons,
  stopProcesses
} from './daemons.ts'
import { Digests } from './digests.ts'
import { claim, type Directories, directoriesFor, isClaimed } from './directories.ts'
import { environmentFor, resourceManagerUrl, seatunnelVariables } from './environment.ts'
import { installEngines } from './install.ts'
import { withLock } from './lock.ts'
import { findFreeBase, type Ports, portsFrom } from './ports.ts'
import { checkPrerequisites, type Prerequisites } from './prerequisites.ts'
import { isAlive } from './process-identity.ts'
import { assemblePrograms } from './programs.ts'
import { ResourceManager } from './resource-manager.ts'
import { assembleSeatunnelHome } from './seatunnel-home.ts'
import { readState, removeState, type State, writeState } from './state-file.ts'
import { assembleWaterdropHomes } from './waterdrop-home.ts'

type Variables = Record<string, string | undefined>

/** Engines that run. */
export type Engines = Readonly<{
  resourceManagerUrl: string
  azkabanUrl: string
  /** What the product needs in its environment to use them. */
  environment: Record<string, string>
  /** Beside those, for the profiles of SeaTunnel, which runs on engines of its own. */
  seatunnelEnvironment: Record<string, string>
  /** Directory of programs for spark-submit and Flink, see `assemblePrograms`. */
  programs: string
  /** False when they ran already. */
  started: boolean
  daemons: Pick<State, Daemon>
}>

/**
 * Installs what is missing and starts a ResourceManager, a NodeManager, a JobHistoryServer and an Azkaban with the
 * project `test`, which go on after this process. When they run already, nothing is done. `say` is told what happens, one line each.
 */
export async function up(variables: Variables, say: (line: string) => void): Promise<Engines> {
  const directories = directoriesFor(variables)
  await claim(directories.root)
  return await withLock(
    directories.lock,
    async () => {
      const state = await readState(directories.state)
      if (state && (await isReady(state))) return enginesOf(directories, state, false)
      if (state) {
        say('Removing what is left of an earlier run')
        await stopDaemons(state)
      }
      const prerequisites = await checkPrerequisites(variables)
      await installEngines(directories, prerequisites, {
        digests: await Digests.committed(),
        report: ({ part, seconds }) =>
          say(
            seconds === undefined ? `${part}: there` : `${part}: installed in ${inSeconds(seconds)}`
          )
      })
      await assembleWaterdropHomes(directories, prerequisites)
      await assembleSeatunnelHome(directories)
      await assemblePrograms(directories, prerequisites)
      const start = performance.now()
      const running = await startAll(directories, prerequisites)
      say(`Started in ${inSeconds((performance.now() - start) / 1000)}`)
      return enginesOf(directories, running, true)
    },
    { onWait: (pid) => say(`Waiting for process ${pid}, which is at the same engines`) }
  )
}

/** Fetches everything anew and makes its digests the committed ones; answers how many. Nothing that runs is touched. */
export async function renewDigests(
  variables: Variables,
  say: (line: string) => void
): Promise<number> {
  const { root } = directoriesFor(variables)
  await claim(root)
  const scratch = await mkdtemp(join(root, 'digests-'))
  try {
    const digests = Digests.renewing()
    const prerequisites = await checkPrerequisites(variables)
    await installEngines(directoriesFor({ ...variables, ENGINES_DIR: scratch }), prerequisites, {
      digests,
      report: ({ part }) => say(part)
    })
    return await digests.write()
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** The running engines; `undefined` when they do not run. */
export async function findRunning(variables: Variables): Promise<Engines | undefined> {
  const directories = directoriesFor(variables)
  const state = await readState(directories.state)
  return state && (await isReady(state)) ? enginesOf(directories, state, false) : undefined
}

/**
 * Stops Azkaban and starts it again on what it had kept: its sessions are gone, the processes of its
 * jobs go on. Throws when the engines do not run.
 */
export async function restartAzkaban(variables: Variables): Promise<void> {
  const directories = directoriesFor(variables)
  await withLock(directories.lock, async () => {
    const state = await readState(directories.state)
    if (!state?.azkaban) throw new Error('The engines do not run')
    await stopProcesses([state.azkaban], 5_000)
    const azkaban = await startDaemon(directories, 'azkaban', state)
    await writeState(directories.state, { ...state, azkaban })
    await untilReady(directories, { ...state, azkaban })
  })
}

/** Ends the ResourceManager as a crash does: SIGKILL. Throws when the engines do not run. */
export async function killResourceManager(variables: Variables): Promise<void> {
  const directories = directoriesFor(variables)
  await withLock(directories.lock, async () => {
    const state = await readState(directories.state)
    if (!state?.resourceManager) throw new Error('The engines do not run')
    await killProcesses([state.resourceManager])
  })
}

/**
 * Starts the ResourceManager that {@link killResourceManager} has ended, and resolves when it is active and has its
 * node back. It knows its applications again unless its memory is `lost`.
 */
export async function startResourceManager(
  variables: Variables,
  memory: 'kept' | 'lost'
): Promise<void> {
  const directories = directoriesFor(variables)
  await withLock(directories.lock, async () => {
    const state = await readState(directories.state)
    if (!state) throw new Error('The engines do not run')
    if (memory === 'lost') {
      await rm(directories.resourceManagerMemory, { recursive: true, force: true })
    }
    for (let left = 2; ; left--) {
      const resourceManager = await startDaemon(directories, 'resourceManager', state)
      await writeState(directories.state, { ...state, resourceManager })
      try {
        return await untilReady(directories, { ...state, resourceManager })
      } catch (error) {
        // It takes applications before it has read its memory, finds them there once more, and ends (Hadoop 3.3.6).
        const tookTooSoon = error instanceof DaemonEnded && /add a duplicate/.test(error.message)
        if (!tookTooSoon || left === 0) throw error
      }
    }
  })
}

/**
 * Ends the daemons and their containers; with `purge` the installation goes too. Returns false when
 * nothing had been started.
 */
export async function down(variables: Variables, purge: boolean): Promise<boolean> {
  const directories = directoriesFor(variables)
  if (!(await isClaimed(directories.root))) return false
  return await withLock(directories.lock, async () => {
    const state = await readState(directories.state)
    if (state) await stopDaemons(state)
    await removeState(directories.state)
    await rm(directories.work, { recursive: true, force: true })
    if (purge) await rm(directories.root, { recursive: true, force: true })
    return state !== undefined
  })
}

/** Another try on other ports when one was taken between the look and the start. */
async function startAll(directories: Directories, prerequisites: Prerequisites): Promise<State> {
  let base = await findFreeBase()
  while (true) {
    try {
      return await startOn(base, directories, prerequisites)
    } catch (error) {
      if (!(error instanceof DaemonEnded && /Port in use|BindException/.test(error.message))) {
        throw error
      }
      base = await findFreeBase(base + 100)
    }
  }
}

async function startOn(basePort: number, directories: Directories, prerequisites: Prerequisites) {
  await rm(directories.work, { recursive: true, force: true })
  const ports = portsFrom(basePort)
  await writeConfiguration(directories, ports)
  let state: State = {
    runId: crypto.randomUUID(),
    basePort,
    javaHome: prerequisites.javaHome
  }
  try {
    for (const daemon of daemonNames) {
      await writeState(directories.state, state)
      state = { ...state, [daemon]: await startDaemon(directories, daemon, state) }
      await writeState(directories.state, state)
    }
    await untilReady(directories, state)
    const azkaban = await Azkaban.logIn(azkabanUrl(ports))
    await azkaban.createTestProject(prerequisites.python, directories.work)
    return state
  } catch (error) {
    await stopDaemons(state)
    await removeState(directories.state)
    throw error
  }
}

class DaemonEnded extends Error {}

async function untilReady(directories: Directories, state: State): Promise<void> {
  const deadline = Date.now() + 90_000
  while (!(await allAnswer(state))) {
    for (const daemon of daemonNames) {
      const identity = state[daemon]
      if (identity && (await isAlive(identity)) && Date.now() < deadline) continue
      const tail = await logTail(directories, daemon)
      throw new DaemonEnded(
        `${daemon} did not get ready; its log ${logOf(directories, daemon)} ends:\n${tail}`
      )
    }
    await delay(100)
  }
}

async function isReady(state: State): Promise<boolean> {
  const alive = await Promise.all(
    daemonNames.map((name) => state[name]).map((daemon) => daemon && isAlive(daemon))
  )
  return alive.every(Boolean) && (await allAnswer(state))
}

async function allAnswer({ basePort }: State): Promise<boolean> {
  const ports = portsFrom(basePort)
  const answers = await Promise.all([
    new ResourceManager(resourceManagerUrl(ports)).isReady().catch(() => false),
    azkabanAnswers(azkabanUrl(ports), ports.azkabanExecutor).catch(() => false),
    historyServerAnswers(ports).catch(() => false)
  ])
  return answers.every(Boolean)
}

async function historyServerAnswers({ historyServerWeb }: Ports): Promise<boolean> {
  const signal = AbortSignal.timeout(10_000)
  const url = `http://127.0.0.1:${historyServerWeb}/ws/v1/history/info`
  return (await fetch(url, { signal })).ok
}

function enginesOf(directories: Directories, state: State, started: boolean): Engines {
  const ports = portsFrom(state.basePort)
  return {
    resourceManagerUrl: resourceManagerUrl(ports),
    azkabanUrl: azkabanUrl(ports),
    environment: environmentFor(directories, ports, state.javaHome),
    seatunnelEnvironment: seatunnelVariables(directories),
    programs: directories.programs,
    started,
    daemons: state
  }
}

function inSeconds(value: number): string {
  return `${value.toFixed(1)} s`
}
