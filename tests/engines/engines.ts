import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { writeConfiguration } from './configuration.ts'
import { type Daemon, logOf, logTail, startDaemon, stopDaemons } from './daemons.ts'
import { claim, type Directories, directoriesFor, isClaimed } from './directories.ts'
import { environmentFor } from './environment.ts'
import { installEngines } from './install.ts'
import { withLock } from './lock.ts'
import { findFreeBase, portsFrom } from './ports.ts'
import { checkPrerequisites } from './prerequisites.ts'
import { isAlive } from './process-identity.ts'
import { ResourceManager } from './resource-manager.ts'
import { readState, removeState, type State, writeState } from './state-file.ts'
import { assembleWaterdropHome } from './waterdrop-home.ts'

type Variables = Record<string, string | undefined>

/** Engines that run. */
export type Engines = Readonly<{
  resourceManagerUrl: string
  /** What the product needs in its environment to use them. */
  environment: Record<string, string>
  /** False when they ran already. */
  started: boolean
  daemons: Pick<State, Daemon>
}>

/**
 * Installs what is missing and starts a ResourceManager and a NodeManager, which go on after this
 * process. When they run already, nothing is done. `say` is told what happens, one line each.
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
      await installEngines(directories, prerequisites, ({ part, seconds }) =>
        say(
          seconds === undefined ? `${part}: there` : `${part}: installed in ${inSeconds(seconds)}`
        )
      )
      await assembleWaterdropHome(directories, prerequisites)
      const start = performance.now()
      const running = await startAll(directories, prerequisites.javaHome)
      say(`Started in ${inSeconds((performance.now() - start) / 1000)}`)
      return enginesOf(directories, running, true)
    },
    { onWait: (pid) => say(`Waiting for process ${pid}, which is at the same engines`) }
  )
}

/** The running engines; `undefined` when they do not run. */
export async function findRunning(variables: Variables): Promise<Engines | undefined> {
  const directories = directoriesFor(variables)
  const state = await readState(directories.state)
  return state && (await isReady(state)) ? enginesOf(directories, state, false) : undefined
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
async function startAll(directories: Directories, javaHome: string): Promise<State> {
  let base = await findFreeBase()
  while (true) {
    try {
      return await startOn(base, directories, javaHome)
    } catch (error) {
      if (!(error instanceof DaemonEnded && /Port in use|BindException/.test(error.message))) {
        throw error
      }
      base = await findFreeBase(base + 100)
    }
  }
}

async function startOn(basePort: number, directories: Directories, javaHome: string) {
  await rm(directories.work, { recursive: true, force: true })
  await writeConfiguration(directories, portsFrom(basePort))
  let state: State = { runId: crypto.randomUUID(), basePort, javaHome }
  try {
    for (const daemon of ['resourceManager', 'nodeManager'] as const) {
      await writeState(directories.state, state)
      state = { ...state, [daemon]: await startDaemon(directories, daemon, state) }
      await writeState(directories.state, state)
    }
    await untilReady(directories, state)
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
  const manager = new ResourceManager(urlOf(state))
  while (!(await manager.isReady().catch(() => false))) {
    for (const daemon of ['resourceManager', 'nodeManager'] as const) {
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
  const { resourceManager, nodeManager } = state
  if (!resourceManager || !nodeManager) return false
  if (!(await isAlive(resourceManager)) || !(await isAlive(nodeManager))) return false
  return await new ResourceManager(urlOf(state)).isReady().catch(() => false)
}

function enginesOf(directories: Directories, state: State, started: boolean): Engines {
  const resourceManagerUrl = urlOf(state)
  return {
    resourceManagerUrl,
    environment: environmentFor(directories, resourceManagerUrl, state.javaHome),
    started,
    daemons: state
  }
}

function urlOf(state: State): string {
  return `http://127.0.0.1:${portsFrom(state.basePort).resourceManagerWeb}`
}

function inSeconds(value: number): string {
  return `${value.toFixed(1)} s`
}
