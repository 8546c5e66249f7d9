import { spawn } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import { userInfo } from 'node:os'
import { type LauncherFaults, type LauncherStep, readLauncherFaults } from './launcher-faults.ts'
import { type Output, openOutput, write } from './output.ts'
import { type ResourceManagerClient, resourceManagerClient } from './resource-manager-client.ts'
import { resourceManagerAddress } from './yarn-site.ts'

/** The process of a stand-in launcher: its output, its faults, its signals. */
export type Launcher = {
  readonly words: string[]
  readonly env: Record<string, string | undefined>
  readonly faults: LauncherFaults
  readonly output: Output
  /** User that the application will belong to. */
  readonly user: string
  /** To be called at each step: faults strike here. */
  step(name: LauncherStep): Promise<void>
  /** What is to be done on SIGTERM before the process exits with 143; the last call counts. */
  onTerminate(action: () => Promise<void> | void): void
  /** The ResourceManager that HADOOP_CONF_DIR or YARN_CONF_DIR names. */
  connect(onRetry: (tried: number) => void): ResourceManagerClient
}

const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/**
 * Runs a stand-in launcher as this process: exits with the code that `main` resolves to.
 * @param process arguments and environment, as the real launcher would get them
 */
export async function runLauncher(
  process: NodeJS.Process,
  main: (launcher: Launcher) => Promise<number>
): Promise<void> {
  const { env } = process
  const faults = readLauncherFaults(env.SANDBOX_LAUNCHER_FAULTS)
  const output = openOutput(faults)
  let terminate: () => Promise<void> | void = () => {}
  const quit = (code: number) => {
    output.flush()
    process.exit(code)
  }
  let terminating = false
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.on(signal, async () => {
      if (faults.ignoreSigterm || terminating) return
      terminating = true
      await terminate()
      quit(code)
    })
  }

  const step = async (name: LauncherStep) => {
    if (faults.pauseAt === name) await delay(faults.pauseMs ?? 0)
    if (faults.dieAt === name) {
      if (faults.replay !== undefined) output.flush()
      if (typeof faults.dieBy === 'number') process.exit(faults.dieBy)
      process.kill(process.pid, faults.dieBy ?? 'SIGKILL')
      await delay(FOREVER_MS)
    }
    if (faults.hangAt === name) await delay(FOREVER_MS)
  }

  misbehaveAtStart(process, faults)
  if (faults.exitWithoutApplication !== undefined) return quit(faults.exitWithoutApplication)
  if (faults.grandchild?.does === 'launch') return quit(0)
  await step('start')
  const code = await main({
    words: process.argv.slice(2),
    env,
    faults,
    output,
    user: env.HADOOP_USER_NAME ?? userInfo().username,
    step,
    onTerminate: (action) => {
      terminate = action
    },
    connect: (onRetry) =>
      resourceManagerClient({
        address: resourceManagerAddress(env.HADOOP_CONF_DIR ?? env.YARN_CONF_DIR ?? ''),
        user: env.HADOOP_USER_NAME ?? userInfo().username,
        onRetry
      })
  })
  if (terminating) await delay(FOREVER_MS)
  await step('end')
  quit(faults.exitCode ?? code)
}

/** Longer than any test; `setTimeout` takes no more than 24 days. */
const FOREVER_MS = 2_000_000_000

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function misbehaveAtStart(process: NodeJS.Process, faults: LauncherFaults): void {
  for (const line of faults.spoofedLines ?? []) write(1, `${line}\n`)
  if (faults.noiseBytes !== undefined) {
    makeNoise(
      faults.noiseStream === 'stderr' ? 2 : 1,
      faults.noiseBytes,
      faults.noiseLineBytes ?? 1024
    )
  }
  if (faults.grandchild !== undefined) leaveGrandchild(process, faults)
}

function makeNoise(fd: number, bytes: number, lineBytes: number): void {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  for (let at = lineBytes - 1; at < chunk.length; at += lineBytes) chunk[at] = 0x0a
  for (let left = bytes; left > 0; left -= chunk.length) {
    write(fd, left < chunk.length ? chunk.subarray(0, left) : chunk)
  }
  write(fd, '\n')
}

/** Starts a process in a session of its own that nobody waits for. */
function leaveGrandchild(process: NodeJS.Process, faults: LauncherFaults): void {
  const { grandchild, ...others } = faults
  if (grandchild === undefined) return
  const { does, ms, keepsLock, keepsEnvironment } = grandchild
  const needed = [
    'PATH',
    'HADOOP_CONF_DIR',
    'YARN_CONF_DIR',
    'HADOOP_USER_NAME',
    'SPARK_SUBMIT_OPTS',
    'JVM_ARGS'
  ]
  const env = keepsEnvironment
    ? { ...process.env }
    : Object.fromEntries(needed.map((name) => [name, process.env[name]]))
  const [command, ...args] =
    does === 'sleep'
      ? ['sleep', String(ms / 1000)]
      : [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const paused = { ...others, pauseAt: 'start', pauseMs: ms }
  spawn(command, args, {
    detached: true,
    env: { ...env, SANDBOX_LAUNCHER_FAULTS: JSON.stringify(paused) },
    stdio: ['ignore', 'inherit', 'inherit', ...(keepsLock ? inheritedFiles() : [])]
  }).unref()
}

/** Descriptors of plain files that this process was started with: a lock is one. */
function inheritedFiles(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 2 && isPlainFile(fd))
}

function isPlainFile(fd: number): boolean {
  try {
    const target = readlinkSync(`/proc/self/fd/${fd}`)
    return target.startsWith('/') && !target.startsWith('/dev/') && !target.startsWith('/proc/')
  } catch {
    return false
  }
}
