import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Change } from '@scheduler-task/auth/record-change'
import {
  type SandboxCluster,
  writeSandboxCluster
} from '@scheduler-task/sandbox/launchers/sandbox-cluster'
import { type SandboxYarn, startYarn, type YarnOptions } from '@scheduler-task/sandbox/yarn/yarn'
import type { App } from '@scheduler-task/service-base/create-app'
import { loadConfig } from '@scheduler-task/service-base/load-config'
import { pino } from 'pino'
import type { Test } from 'tap'
import { request } from 'undici'
import { buildApp, type Replacements } from '../../src/app.ts'
import { type Config, environmentWith } from '../../src/config.ts'
import { configuredLaunching } from '../../src/configured-launching.ts'
import type { AttemptRef } from '../../src/domain/launching.ts'

/** Jobs of the stand-in launchers; see the sandbox's `job.ts`. */
export const CONFIGS = {
  'endless.conf': job('FakeStream', {}),
  'short.conf': job('Fake', { 'sandbox.run.ms': 300 }),
  'slow.conf': job('FakeStream', { 'sandbox.accept.ms': 1500 }),
  'never.conf': job('FakeStream', { 'sandbox.accept.ms': 600000 }),
  'queue.conf': job('FakeStream', { 'spark.yarn.queue': 'nope' }),
  'flink.conf': job('FakeSourceStream', {})
}

function job(source: string, env: Record<string, string | number>): string {
  const lines = Object.entries(env).map(([key, value]) => `  ${key} = ${JSON.stringify(value)}`)
  return `env {\n${lines.join('\n')}\n}\nsource {\n  ${source} { result_table_name = "t" }\n}\ntransform { }\nsink {\n  Console { }\n}\n`
}

export type Answer = {
  http: number
  headers: Record<string, string | string[] | undefined>
  statusCode: number
  message: string
  data: unknown
  /** `data` read as the error text that it holds. */
  error: Record<string, unknown>
}

export type Surroundings = {
  yarn: SandboxYarn
  cluster: SandboxCluster
  /** Environment of a service in these surroundings. */
  variables: Record<string, string>
}

/** A ResourceManager and launchers, a file root with `CONFIGS`, a data directory; processes end with the test. */
export async function startSurroundings(
  t: Test,
  overrides: Record<string, string> = {},
  yarnOptions: YarnOptions = {}
): Promise<Surroundings> {
  // Not t.testdir: it is gone before the launchers are.
  const dir = await mkdtemp(join(tmpdir(), 'yarn-executor-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  await mkdir(join(dir, 'files'))
  await mkdir(join(dir, 'data'))
  for (const [name, text] of Object.entries(CONFIGS)) {
    await writeFile(join(dir, 'files', name), text)
  }
  const yarn = await startYarn(yarnOptions)
  t.teardown(() => yarn.close())
  const cluster = await writeSandboxCluster(join(dir, 'sandbox'), { resourceManagerUrl: yarn.url })
  const variables = {
    PATH: process.env.PATH ?? '',
    HOME: dir,
    AUTH_MODE: 'off',
    PORT: '0',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    YARN_RM_URL: yarn.url,
    YARN_USER: 'alice',
    FILE_ROOT: join(dir, 'files'),
    DATA_DIR: join(dir, 'data'),
    POLL_INTERVAL_MS: '100',
    LOOK_UP_INTERVAL_MS: '100',
    SUBMIT_HORIZON_MS: '300',
    KILL_GRACE_MS: '500',
    SHUTDOWN_TIMEOUT_MS: '500',
    YARN_LOG_SERVER_URL: yarn.historyUrl,
    ...cluster.environment,
    ...overrides
  }
  t.teardown(() => endLaunchers(configOf(variables)))
  return { yarn, cluster, variables }
}

export function configOf(variables: Record<string, string>): Config {
  return loadConfig(environmentWith(), variables)
}

/** Whatever a test left running, is ended. */
export async function endLaunchers(config: Config): Promise<void> {
  const launching = await configuredLaunching(config)
  const signal = AbortSignal.timeout(10_000)
  for (const attempt of await attemptsBelow(config.DATA_DIR)) {
    await launching.end(attempt, { graceMs: 1, signal })
  }
}

/** All attempts of a service, by their directories. */
export async function attemptsBelow(dataDir: string): Promise<AttemptRef[]> {
  const root = join(dataDir, 'attempts')
  const names = await readdir(root).catch(() => [])
  return names.map((attemptId) => ({
    attemptId,
    identity: undefined,
    directory: join(root, attemptId)
  }))
}

export type Executor = Surroundings & {
  app: App
  url: string
  changes: Change[]
  get: (path: string) => Promise<Answer>
  post: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  /** Starts `endless.conf` and answers the id. */
  startSpark: (taskName: string, more?: Record<string, string>) => Promise<string>
  writeConfig: (name: string, text: string | Buffer) => Promise<void>
  close: () => Promise<void>
}

/** The service, listening, in surroundings of its own or in given ones. */
export async function startExecutor(
  t: Test,
  overrides: Record<string, string> = {},
  replacements: Replacements = {},
  given?: Surroundings
): Promise<Executor> {
  const around = given ?? (await startSurroundings(t, overrides))
  const variables = { ...around.variables, ...overrides }
  const config = configOf(variables)
  const changes: Change[] = []
  const app = await buildApp(config, {
    logger: pino({ level: config.LOG_LEVEL }),
    recordChange: (change) => changes.push(change),
    ...replacements
  })
  let closing: Promise<void> | undefined
  const close = async () => {
    closing ??= Promise.resolve(app.close())
    await closing
  }
  t.teardown(close)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })

  const calls = callsTo(url)
  return {
    ...around,
    app,
    url,
    changes,
    ...calls,
    startSpark: async (taskName, more = {}) => {
      const body = { master: 'yarn', 'deploy-mode': 'client', configFile: 'endless.conf', taskName }
      const answer = await calls.post('/executor/start/spark', { ...body, ...more })
      if (answer.statusCode !== 200) throw new Error(JSON.stringify(answer))
      return String(answer.data)
    },
    writeConfig: async (name, text) => {
      await mkdir(config.FILE_ROOT, { recursive: true })
      await writeFile(join(config.FILE_ROOT, name), text)
    },
    close
  }
}

export function callsTo(url: string): Pick<Executor, 'get' | 'post'> {
  async function call(path: string, options: Parameters<typeof request>[1]): Promise<Answer> {
    const {
      statusCode: http,
      headers,
      body
    } = await request(url + path, {
      ...options,
      headersTimeout: 0,
      bodyTimeout: 0
    })
    const envelope = (await body.json()) as Pick<Answer, 'statusCode' | 'message' | 'data'>
    return { http, headers, ...envelope, error: errorIn(envelope.data) }
  }
  return {
    get: (path) => call(path, { method: 'GET' }),
    post: (path, body, headers) =>
      call(path, {
        method: 'POST',
        ...(body === undefined
          ? { headers: headers ?? {} }
          : {
              body: typeof body === 'string' ? body : JSON.stringify(body),
              headers: { 'content-type': 'application/json', ...headers }
            })
      })
  }
}

function errorIn(data: unknown): Record<string, unknown> {
  if (typeof data !== 'string' || !data.startsWith('{')) return {}
  try {
    return JSON.parse(data) as Record<string, unknown>
  } catch {
    return {}
  }
}
