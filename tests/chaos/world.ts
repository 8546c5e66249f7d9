import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { freePort } from '@scheduler-task/test-support/free-port'
import { type Api, createApi } from './api.ts'
import { type AttemptProcess, attemptProcesses } from './attempt-processes.ts'
import { type Cluster, startCluster } from './cluster/cluster.ts'
import { createExecutor, type Executor } from './executor/executor-process.ts'
import type { Frame } from './frame.ts'
import { configOf, type JobPlan } from './job-plan.ts'
import { installLaunchers } from './launchers/install-launchers.ts'
import { startProcess } from './owned-process.ts'

const resolve = createRequire(import.meta.url).resolve
const SECRET = 'a-secret-of-this-run-only-0123456789-0123456789'
const PASSWORD = 'for this run only'

/** Shortened, so that a run of minutes shows what takes hours otherwise. Printed at the start of each run. */
export const SHORTENED = {
  SUBMIT_HORIZON_MS: '1000',
  POLL_INTERVAL_MS: '500',
  LOOK_UP_INTERVAL_MS: '100',
  KILL_GRACE_MS: '500',
  START_TIMEOUT_MS: '60000',
  STOP_TIMEOUT_MS: '60000',
  MAX_LAUNCHERS: '4',
  MAX_DRIVERS: '6'
}

/** All that surrounds the executor, which itself is not started yet. */
export interface World {
  readonly cluster: Cluster
  readonly executor: Executor
  readonly api: Api
  /** Processes of launchers, alive now. */
  processes: () => AttemptProcess[]
  /** Writes the job's config for callers of v1; answers its `configFile`. */
  writeConfig: (plan: JobPlan) => Promise<string>
  /** Environment of the executor without PORT, for scenarios that start more of them. */
  readonly variables: Readonly<Record<string, string>>
}

export type WorldOptions = Readonly<{
  /** Of the executor, over {@link SHORTENED}. */
  variables?: Readonly<Record<string, string>>
  launchers?: 'wrapped' | 'quick'
}>

/** Cluster, launchers and gateway in processes of their own; all of it ends with the run, launchers included. */
export async function createWorld(frame: Frame, options: WorldOptions = {}): Promise<World> {
  const { directory, atEnd } = frame
  const files = join(directory, 'files')
  const data = join(directory, 'data')
  const attempts = join(data, 'attempts')
  const processes = () => attemptProcesses(attempts)
  await mkdir(files)
  const cluster = await startCluster(frame)
  atEnd(() => endProcesses(processes))
  const launchers = await installLaunchers(
    join(directory, 'sandbox'),
    cluster.urls[0],
    options.launchers ?? 'wrapped'
  )
  const chosen = { ...SHORTENED, ...options.variables }
  frame.print(
    `with ${Object.entries(chosen)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`
  )
  const variables = {
    HOME: directory,
    AUTH_MODE: 'jwt',
    JWT_SECRET: SECRET,
    LOG_LEVEL: 'info',
    YARN_RM_URL: cluster.urls.join(','),
    YARN_USER: 'alice',
    FILE_ROOT: files,
    DATA_DIR: data,
    ...launchers,
    ...chosen
  }
  const executor = createExecutor(frame, { port: await freePort(), variables })
  const gatewayUrl = await startGateway(frame, executor.url)
  const urls = { gateway: gatewayUrl, direct: executor.url }
  const api = createApi(urls, await logIn(gatewayUrl))
  atEnd(api.close)
  return {
    cluster,
    executor,
    api,
    processes,
    variables,
    writeConfig: async (plan) => {
      const name = `${plan.taskName}.conf`
      await writeFile(join(files, name), configOf(plan))
      return name
    }
  }
}

async function startGateway({ directory, atEnd }: Frame, executorUrl: string): Promise<string> {
  const server = join(dirname(resolve('@scheduler-task/gateway/package.json')), 'dist/server.js')
  const gateway = startProcess([process.execPath, server], {
    environment: {
      PORT: '0',
      JWT_SECRET: SECRET,
      ADMIN_PASSWORD: PASSWORD,
      DATA_DIR: join(directory, 'gateway'),
      EXECUTOR_URL: executorUrl
    },
    log: join(directory, 'gateway.log')
  })
  atEnd(() => gateway.kill('SIGKILL'))
  return await gateway.says(/Server listening at (http:\/\/[^"\s]+)/)
}

async function logIn(gatewayUrl: string): Promise<string> {
  const response = await fetch(`${gatewayUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: PASSWORD }),
    signal: AbortSignal.timeout(10_000)
  })
  const { data } = (await response.json()) as { data: { token: string } }
  return data.token
}

/** Launchers outlive the executor, whatever ends it: here is their end. */
async function endProcesses(processes: () => AttemptProcess[]): Promise<void> {
  for (let round = 0; round < 50; round++) {
    const left = processes()
    if (left.length === 0) return
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It was faster.
      }
    }
    await new Promise((done) => setTimeout(done, 20))
  }
  throw new Error('launchers are still alive')
}
