import type { SandboxAzkaban } from '@scheduler-task/sandbox/azkaban/azkaban'
import { defaultProjects } from '@scheduler-task/sandbox/azkaban/default-projects'
import type { SandboxYarn } from '@scheduler-task/sandbox/yarn/yarn'
import { multipartFile } from '@scheduler-task/test-support/multipart'
import type { Test } from 'tap'
import { request } from 'undici'
import { createDocumentChecks } from '../support/openapi-check.ts'
import { startSystem } from '../support/system.ts'
import { arrange, stopExecutions, withQuietFlow } from './arrange.ts'
import type { Facts, Given } from './documented-call.ts'

export type Answer = {
  status: number
  headers: Record<string, string | string[] | undefined>
  /** Byte for byte. */
  text: string
  body: { statusCode: number; message: string; data: unknown }
}

export type Sent = {
  body?: unknown
  raw?: { type: string; text: string }
  file?: string
  headers?: Record<string, string>
}

/** A way into the system: through the gateway, or straight to the service that owns the prefix. */
export type Door = {
  name: string
  call(method: string, path: string, sent?: Sent): Promise<Answer>
}

export type World = {
  doors: readonly Door[]
  token: string
  yarn: SandboxYarn
  azkaban: SandboxAzkaban
  /** Makes what a call needs, on its own. */
  arrange(given: Given): Promise<Facts>
  /** Ends every application and removes what calls have made. */
  clear(): Promise<void>
}

/**
 * The whole system as it is deployed: Redis, gateway and the three services as processes of their own, stand-ins for
 * YARN and Azkaban. All of it ends with the test.
 */
export async function startWorld(t: Test): Promise<World> {
  const { parts, yarn, azkaban, token } = await startSystem(t, {
    projects: withQuietFlow(defaultProjects)
  })
  const through = door('the gateway', () => parts.gateway.url, token)
  const services = {
    azkaban: parts.azkaban.url,
    executor: parts.executor.url,
    file: parts.files.url
  }
  const direct = door(
    'the service',
    (path) => services[path.split('/')[1] as keyof typeof services],
    token
  )

  const scene = { door: direct, yarn, azkaban }
  const clear = async () => {
    await stopExecutions(scene)
    for (const app of yarn.applications) {
      if (isLive(app.state)) await direct.call('POST', `/executor/stop/${app.id}`)
    }
    for (const path of ['c://test', 'text.txt']) {
      await direct.call('GET', `/file/del?fileName=${path}`)
    }
  }
  t.teardown(clear)
  return {
    doors: [through, direct],
    token,
    yarn,
    azkaban,
    clear,
    async arrange(given) {
      await clear()
      return arrange(given, scene)
    }
  }
}

function isLive(state: string): boolean {
  return !['FINISHED', 'FAILED', 'KILLED'].includes(state)
}

/** Every answer that comes through it is checked against the OpenAPI document of the service that gave it. */
export function door(name: string, urlOf: (path: string) => string, token: string): Door {
  const check = createDocumentChecks()
  return {
    name,
    async call(method, path, sent = {}) {
      const { headers, body } = payloadOf(sent)
      const url = urlOf(path)
      const response = await request(url + path, {
        method: method as 'GET',
        headers: { token, ...headers, ...sent.headers },
        ...(body === undefined ? {} : { body }),
        bodyTimeout: 200_000,
        headersTimeout: 200_000
      })
      const answer = {
        status: response.statusCode,
        headers: response.headers,
        text: await response.body.text()
      }
      await check(url, { method, path, ...answer })
      return { ...answer, body: parsed(answer.text) }
    }
  }
}

function payloadOf({ body, raw, file }: Sent): {
  headers: Record<string, string>
  body?: string | Buffer
} {
  if (raw) return { headers: { 'content-type': raw.type }, body: raw.text }
  if (file !== undefined) return multipartFile(file)
  if (body === undefined) return { headers: {} }
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

function parsed(text: string): Answer['body'] {
  try {
    return JSON.parse(text) as Answer['body']
  } catch {
    return { statusCode: 0, message: '', data: text }
  }
}
