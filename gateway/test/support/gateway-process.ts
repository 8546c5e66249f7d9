import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

const ENTRY = fileURLToPath(new URL('../../src/server.ts', import.meta.url))
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))
const START_LIMIT_MS = 30_000

export type GatewayProcess = {
  child: ChildProcess
  url: string
  /** Standard output and standard error so far. */
  output(): string
  errors(): string
  /** The most memory it has ever had, and what it has now, in MiB. */
  peakMiB(): number
  nowMiB(): number
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** The gateway as a process of its own, with this environment and no other; killed with the test. */
export async function spawnGateway(
  t: Test,
  environment: Record<string, string>
): Promise<GatewayProcess> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@scheduler-task/source', ENTRY],
    { cwd: PACKAGE, env: { PATH: process.env.PATH, PORT: '0', ...environment } }
  )
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text
  })
  const url = await new Promise<string>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`no address: ${errors}`)), START_LIMIT_MS)
    const look = () => {
      const found = /Server listening at (http:[^"]+)/.exec(output)?.[1]
      if (!found) return
      clearTimeout(limit)
      resolve(found)
    }
    child.stdout.on('data', look)
    child.once('exit', (code) => {
      clearTimeout(limit)
      reject(new Error(`ended with ${code}: ${errors}`))
    })
  })
  const memory = (name: string) => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024
  }
  return {
    child,
    url,
    output: () => output,
    errors: () => errors,
    peakMiB: () => memory('VmHWM'),
    nowMiB: () => memory('VmRSS'),
    async end(signal) {
      const ended = once(child, 'exit')
      child.kill(signal)
      const [code] = await ended
      return code
    }
  }
}
