import type { Change } from '@scheduler-task/auth/record-change'
import {
  type AzkabanOptions,
  type SandboxAzkaban,
  startAzkaban
} from '@scheduler-task/sandbox/azkaban/azkaban'
import { type SandboxYarn, startYarn } from '@scheduler-task/sandbox/yarn/yarn'
import type { App } from '@scheduler-task/service-base/create-app'
import { loadConfig } from '@scheduler-task/service-base/load-config'
import { until } from '@scheduler-task/test-support/until'
import { pino } from 'pino'
import type { Test } from 'tap'
import { request } from 'undici'
import { buildApp, type Replacements } from '../../src/app.ts'
import { environmentWith } from '../../src/config.ts'
import { PROJECTS } from './projects.ts'

export type Answer = {
  http: number
  statusCode: number
  message: string
  data: unknown
  /** `data` read as the JSON that it holds. */
  json: Record<string, unknown>
}

export type Proxy = {
  app: App
  url: string
  /** What was logged, one line each. */
  logged: () => string
  changes: Change[]
  post: (call: string, body: unknown, headers?: Record<string, string>) => Promise<Answer>
  close: () => Promise<void>
}

/** The service, listening; ended with the test. */
export async function startProxy(
  t: Test,
  variables: Record<string, string>,
  replacements: Replacements = {}
): Promise<Proxy> {
  const changes: Change[] = []
  const lines: string[] = []
  const config = loadConfig(environmentWith(), {
    AUTH_MODE: 'off',
    SHUTDOWN_TIMEOUT_MS: '300',
    YARN_USER: 'alice',
    ...variables
  })
  const app = await buildApp(config, {
    logger: pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }),
    recordChange: (change) => void changes.push(change),
    ...replacements
  })
  let closing: Promise<void> | undefined
  const close = async () => {
    closing ??= Promise.resolve(app.close())
    await closing
  }
  t.teardown(close)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    app,
    url,
    changes,
    logged: () => lines.join(''),
    post: (call, body, headers) => post(`${url}/azkaban/${call}`, body, headers),
    close
  }
}

/** One call with a JSON body; a string goes out as it is. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {}
): Promise<Answer> {
  const response = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headersTimeout: 0,
    bodyTimeout: 0
  })
  const envelope = (await response.body.json()) as Omit<Answer, 'http' | 'json'>
  return { http: response.statusCode, ...envelope, json: jsonIn(envelope.data) }
}

function jsonIn(data: unknown): Record<string, unknown> {
  if (typeof data !== 'string' || !data.startsWith('{')) return {}
  try {
    return JSON.parse(data) as Record<string, unknown>
  } catch {
    return {}
  }
}

export type Surroundings = { azkaban: SandboxAzkaban; yarn: SandboxYarn }

/** The stand-ins, ended with the test. */
export async function startSurroundings(
  t: Test,
  options: AzkabanOptions = {}
): Promise<Surroundings> {
  const yarn = await startYarn()
  t.teardown(() => yarn.close())
  const azkaban = await startAzkaban({
    projects: PROJECTS,
    dispatchDelayMs: 20,
    justFinishedMs: 200,
    killGraceMs: 300,
    refreshMs: 50,
    yarnUrl: yarn.url,
    ...options
  })
  t.teardown(() => azkaban.close())
  return { azkaban, yarn }
}

export type Everything = Surroundings &
  Proxy & {
    sessionId: string
    /** Starts a flow of project `test` and answers the execution's id. */
    start: (flow: string) => Promise<number>
  }

/** Proxy, Azkaban and YARN, with a session of `admin`. */
export async function startAll(
  t: Test,
  options: AzkabanOptions = {},
  variables: Record<string, string> = {}
): Promise<Everything> {
  const around = await startSurroundings(t, options)
  const { azkaban, yarn } = around
  const proxy = await startProxy(t, {
    AZKABAN_URL: azkaban.url,
    YARN_RM_URL: yarn.url,
    ...variables
  })
  const sessionId = await logIn(proxy)
  return {
    ...around,
    ...proxy,
    sessionId,
    start: async (flow) => {
      const answer = await proxy.post('start', { sessionId, project: 'test', flow })
      if (answer.statusCode !== 200) throw new Error(JSON.stringify(answer))
      return Number(answer.json.execid)
    }
  }
}

/** A session id of `admin`. */
export async function logIn(proxy: Pick<Proxy, 'post'>): Promise<string> {
  const answer = await proxy.post('login', { username: 'admin', password: 'admin' })
  if (answer.statusCode !== 200) throw new Error(JSON.stringify(answer))
  return String(answer.json['session.id'])
}

/** Waits until an execution is really in that state. */
export function untilStatus(azkaban: SandboxAzkaban, execId: number, status: string) {
  return until(`execution ${execId} is ${status}`, () =>
    azkaban.executions.find((one) => one.execId === execId && one.shownStatus === status)
  )
}

/** Waits until a job has submitted an application, and answers its id. */
export function untilSubmitted(azkaban: SandboxAzkaban, execId: number): Promise<string> {
  return until(`execution ${execId} has an application`, () =>
    azkaban.executions
      .find((one) => one.execId === execId)
      ?.jobs.flatMap((job) => job.applicationIds)
      .at(-1)
  )
}
