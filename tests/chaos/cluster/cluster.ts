import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import type { Frame } from '../frame.ts'
import { startProcess } from '../owned-process.ts'
import type { Orders, PlayedApplication } from './orders.ts'

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url))
const LIMIT_MS = 30_000
const FINAL_STATES = ['FINISHED', 'FAILED', 'KILLED']

/** The ResourceManagers, in a process that outlives every kill. */
export interface Cluster {
  /** Of the first one, and of its standby. */
  readonly urls: readonly [string, string]
  readonly orders: Orders
  /** Every application that there ever was, in order of submission. */
  history: () => Promise<PlayedApplication[]>
  /** Both stand still: connections stay, answers come after `thaw`. Nothing can be asked meanwhile. */
  freeze: () => void
  thaw: () => void
}

/** Ends with the run. */
export async function startCluster(frame: Frame): Promise<Cluster> {
  const server = startProcess([process.execPath, '--import', 'tsx', SERVER], {
    environment: {},
    log: join(frame.directory, 'cluster.log')
  })
  frame.atEnd(() => server.kill('SIGKILL'))
  const said = JSON.parse(await server.says(/^cluster (\[.*\])$/m)) as [string, string, string]
  const [first, second, control] = said

  async function call<T>(method: 'GET' | 'POST', path: string, value?: unknown): Promise<T> {
    const { statusCode, body } = await request(`${control}/${path}`, {
      method,
      ...(value === undefined ? {} : { body: JSON.stringify(value) }),
      signal: AbortSignal.timeout(LIMIT_MS)
    })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`the cluster answered ${path} with ${text}`)
    return JSON.parse(text) as T
  }
  const order = (name: keyof Orders) => async (value?: unknown) =>
    void (await call('POST', name, value))
  return {
    urls: [first, second],
    history: () => call('GET', 'history'),
    freeze: () => void process.kill(server.pid, 'SIGSTOP'),
    thaw: () => void process.kill(server.pid, 'SIGCONT'),
    orders: {
      down: order('down'),
      up: order('up'),
      noActive: order('noActive'),
      failover: order('failover'),
      restart: order('restart'),
      forget: order('forget'),
      faults: order('faults')
    }
  }
}

export function isLive({ state, isForgotten }: PlayedApplication): boolean {
  return !isForgotten && !FINAL_STATES.includes(state)
}
