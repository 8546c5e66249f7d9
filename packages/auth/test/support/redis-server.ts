import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '@scheduler-task/test-support/free-port'
import { Redis } from 'ioredis'
import type { Test } from 'tap'

const LEAST_VERSION = [6, 2] as const
const START_LIMIT_MS = 60_000

function redisBinary(): string {
  return process.env.REDIS_SERVER_BIN || 'redis-server'
}

function isUsable(): boolean {
  try {
    const text = execFileSync(redisBinary(), ['--version'], { encoding: 'utf8', timeout: 5000 })
    const [major = 0, minor = 0] = (/v=(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number)
    return major > LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor >= LEAST_VERSION[1])
  } catch {
    return false
  }
}

/**
 * For the options of a test that starts a Redis: where there is no redis-server, it is counted as skipped with the
 * package's name; with CI=true it runs and fails.
 */
export function needsRedis(packageName: string): { skip?: string } {
  if (isUsable() || process.env.CI === 'true') return {}
  return { skip: `${packageName}: no redis-server ≥ 6.2 in REDIS_SERVER_BIN or the PATH` }
}

export type RedisServer = {
  url: string
  /** A client of the test's own. */
  client: Redis
  stop(): Promise<void>
  start(): Promise<void>
  /** SIGSTOP: connections stay open and nothing is answered. */
  freeze(): void
  thaw(): void
}

/** A redis-server of this test's own, on a free port of loopback, without persistence; ended with the test. */
export async function startRedis(t: Test): Promise<RedisServer> {
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  let client: Redis | undefined

  const stop = async () => {
    const running = child
    child = undefined
    if (!running || running.exitCode !== null) return
    const ended = once(running, 'exit')
    running.kill('SIGKILL')
    await ended
  }
  const start = async () => {
    child = spawn(
      redisBinary(),
      ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      { stdio: 'ignore' }
    )
    await Promise.race([
      answers(port),
      once(child, 'error').then(([error]) => Promise.reject(error))
    ])
  }
  t.teardown(async () => {
    client?.disconnect()
    await stop()
  })
  await start()
  client = new Redis(url, { retryStrategy: () => 50 })
  client.on('error', () => {})
  return {
    url,
    client,
    stop,
    start,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT')
  }
}

async function answers(port: number): Promise<void> {
  const client = new Redis(port, '127.0.0.1', {
    retryStrategy: () => 20,
    maxRetriesPerRequest: null
  })
  client.on('error', () => {})
  try {
    const limit = new AbortController()
    await Promise.race([
      client.ping(),
      pause(START_LIMIT_MS, undefined, { signal: limit.signal, ref: false }).then(() => {
        throw new Error(`redis-server does not answer within ${START_LIMIT_MS} ms`)
      })
    ]).finally(() => limit.abort())
  } finally {
    client.disconnect()
  }
}
