import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { request } from 'undici'
import type { BenchContext } from '../benchmark.ts'
import { type Calls, callsTo, ended } from '../child-calls.ts'

/** Delays of the event loop in ms beyond what was asked for, and the share of one core that the process has used. */
export type LoopDelays = Readonly<{
  p50: number
  p99: number
  p999: number
  max: number
  cpuShare: number
}>

export type ExecutorProcess = Readonly<{
  url: string
  /** From the spawn to the first 200 of /ready. */
  startMs: number
  loop: Calls<{ reset: () => void; read: () => LoopDelays }>
  /** Resident memory, bytes. */
  residentBytes: () => Promise<number>
  end: () => Promise<void>
  /** SIGKILL. */
  kill: () => Promise<void>
}>

const ROOT = join(import.meta.dirname, '../../..')
const SERVER = process.env.BENCH_EXECUTOR ?? join(ROOT, 'services/yarn-executor/dist/server.js')
const LISTENS = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/
const START_LIMIT_MS = 60_000

/** The built executor as a real process. `measured`: with the delays of its event loop, which costs it a little. */
export async function startExecutor(
  { onEnd }: BenchContext,
  variables: Readonly<Record<string, string>>,
  { measured = true } = {}
): Promise<ExecutorProcess> {
  const began = performance.now()
  const preload = join(import.meta.dirname, 'loop-delay.mjs')
  const parameters = [...(measured ? ['--import', preload] : []), SERVER]
  const profile = process.env.BENCH_PROFILE
    ? ['--cpu-prof', '--cpu-prof-dir', process.env.BENCH_PROFILE]
    : []
  const child = spawn(process.execPath, [...profile, ...parameters], {
    env: {
      PATH: process.env.PATH ?? '',
      AUTH_MODE: 'off',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'info',
      ...variables
    },
    stdio: ['ignore', 'pipe', 'pipe', ...(measured ? (['ipc'] as const) : [])]
  })
  const end = () => ended(child)
  onEnd(end)
  const url = await listening(child)
  await untilReady(url)
  const startMs = performance.now() - began
  return {
    url,
    startMs,
    loop: callsTo(child),
    residentBytes: () => residentBytes(child.pid ?? 0),
    end,
    kill: async () => {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    }
  }
}

/** VmRSS of a process. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text: string | undefined = ''
    const fail = (why: string) => reject(new Error(`the executor ${why}:\n${text?.slice(-4000)}`))
    const limit = setTimeout(() => fail('does not listen'), START_LIMIT_MS)
    const look = (chunk: string) => {
      // Read to the end of the process, so that it never waits for its own log.
      if (text === undefined) return
      text += chunk
      const found = LISTENS.exec(text)?.[1]
      if (!found) return
      clearTimeout(limit)
      text = undefined
      resolve(found)
    }
    child.stdout?.setEncoding('utf8').on('data', look)
    child.stderr?.setEncoding('utf8').on('data', look)
    child.once('exit', () => fail('ended before it listened'))
  })
}

async function untilReady(url: string): Promise<void> {
  const endsAt = performance.now() + START_LIMIT_MS
  for (;;) {
    const { statusCode, body } = await request(`${url}/ready`)
    const text = await body.text()
    if (statusCode === 200) return
    if (performance.now() > endsAt) throw new Error(`the executor is not ready: ${text}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
