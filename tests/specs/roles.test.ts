import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { claimsOf, mintToken } from '@scheduler-task/auth/test-support/mint-token'
import { writeSandboxCluster } from '@scheduler-task/sandbox/launchers/sandbox-cluster'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { freshDirectory } from '../support/fresh-directory.ts'
import { startService } from '../support/service-process.ts'

// Each service asks for the role itself: whoever reaches it without the gateway may not do more.

const SECRET = 'a-secret-of-this-test-run-only-0123456789'
const OPEN = ['/live', '/ready', '/version', '/auth/login']

/** What a viewer may call. A call that is missing here changes something, and is refused. */
const READS: Record<string, string[]> = {
  'file-service': ['GET /file/download'],
  'azkaban-proxy': [
    'POST /azkaban/login',
    'POST /azkaban/getAppId',
    'POST /azkaban/logger',
    'POST /azkaban/running',
    'POST /azkaban/status'
  ],
  'yarn-executor': [
    'GET /executor/running',
    'GET /executor/status/{applicationId}',
    'GET /executor/y/logger/{applicationId}',
    'GET /executor/yarnStatus',
    'GET /executor/v2/applications',
    'GET /executor/v2/applications/{applicationId}',
    'GET /executor/v2/events',
    'GET /executor/v2/jobs',
    'GET /executor/v2/jobs/{id}',
    'GET /executor/v2/jobs/{id}/config',
    'GET /executor/v2/jobs/{id}/diagnosis',
    'GET /executor/v2/jobs/{id}/events',
    'GET /executor/v2/jobs/{id}/log',
    'GET /executor/v2/profiles',
    'POST /executor/v2/jobs/check'
  ]
}

async function variablesOf(t: Test, name: string): Promise<Record<string, string>> {
  const directory = freshDirectory(t)
  await mkdir(join(directory, 'files'))
  const nobody = 'http://127.0.0.1:9'
  const cluster = await writeSandboxCluster(join(directory, 'sandbox'), {
    resourceManagerUrl: nobody
  })
  const own: Record<string, Record<string, string>> = {
    'azkaban-proxy': { AZKABAN_URL: nobody },
    'yarn-executor': {
      ...cluster.environment,
      YARN_RM_URL: nobody,
      DATA_DIR: join(directory, 'data')
    }
  }
  const common = { AUTH_MODE: 'jwt', JWT_SECRET: SECRET, FILE_ROOT: join(directory, 'files') }
  return { ...common, ...own[name] }
}

type Document = { paths: Record<string, Record<string, unknown>> }

for (const [name, reads] of Object.entries(READS)) {
  t.test(`${name}: a viewer changes nothing, an operator may`, async (t) => {
    const { url } = await startService(t, `@scheduler-task/${name}`, await variablesOf(t, name))
    const tokenOf = (roles: unknown) => mintToken(SECRET, claimsOf('any', { roles }))
    const isRefused = async (call: string, roles: unknown) => {
      const [method = '', path = ''] = call.split(' ')
      const signal = AbortSignal.timeout(20_000)
      const { body } = await request(url + path.replaceAll(/\{\w+\}/g, 'x'), {
        method: method as 'GET',
        headers: { token: tokenOf(roles) },
        signal
      })
      let text = ''
      for await (const chunk of body) {
        text += chunk
        // An event stream has no end.
        if (text.length > 0) break
      }
      return text.includes('AUTH_ROLE_MISSING')
    }
    const { paths } = (await (await request(`${url}/openapi.json`)).body.json()) as Document
    const calls = Object.entries(paths)
      .filter(([path]) => !OPEN.includes(path))
      .flatMap(([path, item]) =>
        Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`)
      )
      .filter((call) => call !== 'GET /executor/v2/events')
    t.ok(calls.length >= 5)
    for (const call of calls) {
      const isRead = reads.includes(call)
      t.equal(await isRefused(call, ['viewer']), !isRead, `viewer: ${call}`)
      t.equal(await isRefused(call, ['nonsense']), !isRead, `unknown role: ${call}`)
      if (!isRead) {
        t.equal(await isRefused(call, ['operator']), false, `operator: ${call}`)
        t.equal(await isRefused(call, undefined), false, `no roles: ${call}`)
      }
    }
  })
}
