import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'

const resolve = createRequire(import.meta.url).resolve

/** Arguments of `env`: tap adds its own loader to every Node process, which costs 40 MB that are not the product's. */
export function bareNode(entry: string): string[] {
  return ['-u', 'NODE_OPTIONS', process.execPath, entry]
}

/** A built service as a process of its own. */
export type ServiceProcess = {
  url: string
  pid: number
  /** All that it has printed so far. */
  output(): string
  /** Ends it and answers how it ended. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 20_000
const LISTENING = /Server listening at (http:\/\/[^"\s]+)/

/**
 * Starts `dist/server.js` of a package with exactly these variables (and a PATH), waits until it listens, and ends it
 * with the test.
 */
export async function startService(
  t: Test,
  packageName: string,
  variables: Record<string, string>
): Promise<ServiceProcess> {
  const folder = dirname(resolve(`${packageName}/package.json`))
  const environment = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', PORT: '0' }
  return await startCommand(t, ['env', ...bareNode(join(folder, 'dist', 'server.js'))], {
    environment: { ...environment, ...variables }
  })
}

/** A file that throws before its tests begin ends without their teardown. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/**
 * Starts a program with exactly this environment, waits until its output matches `says`, whose first group is the
 * address, and ends it with the test.
 */
export async function startCommand(
  t: Test,
  [program = '', ...parameters]: readonly string[],
  options: { environment: Record<string, string>; cwd?: string; says?: RegExp }
): Promise<ServiceProcess> {
  const { environment, cwd, says = LISTENING } = options
  const child = spawn(program, parameters, {
    env: environment,
    ...(cwd ? { cwd } : {}),
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) => {
    child.once('exit', (code, signal) => {
      running.delete(child)
      done({ code, signal })
    })
  })
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      output = (output + text).slice(-1_000_000)
    })
  }
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    const result = await ended
    clearTimeout(limit)
    return result
  }
  t.teardown(() => stop())
  const url = await listeningAddress(child, says, () => output)
  return { url, pid: child.pid ?? 0, output: () => output, stop }
}

/** Starts a service that is expected to refuse its configuration; answers its exit code and what it said. */
export async function startRefused(
  packageName: string,
  variables: Record<string, string>
): Promise<{ code: number | null; output: string }> {
  const folder = dirname(resolve(`${packageName}/package.json`))
  const child = spawn('env', bareNode(join(folder, 'dist', 'server.js')), {
    env: { PATH: process.env.PATH ?? '', PORT: '0', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: START_LIMIT_MS
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      output += text
    })
  }
  const code = await new Promise<number | null>((done) => child.once('close', done))
  return { code, output }
}

function listeningAddress(
  child: ChildProcess,
  says: RegExp,
  output: () => string
): Promise<string> {
  return new Promise((found, failed) => {
    const limit = setTimeout(() => finish(new Error('it did not listen in time')), START_LIMIT_MS)
    const look = () => {
      const address = says.exec(output())?.[1]
      if (address) finish(address)
    }
    const exited = () => finish(new Error('it ended before it listened'))
    const finish = (result: string | Error) => {
      clearTimeout(limit)
      child.stdout?.off('data', look)
      child.off('exit', exited)
      if (typeof result === 'string') found(result)
      else failed(new Error(`${result.message}:\n${output()}`))
    }
    child.stdout?.on('data', look)
    child.once('exit', exited)
  })
}
