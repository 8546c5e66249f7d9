import { join } from 'node:path'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { writeSandboxCluster } from '@scheduler-task/sandbox/launchers/sandbox-cluster'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { freshDirectory } from '../support/fresh-directory.ts'
import { startService } from '../support/service-process.ts'

// What the services say of themselves: every document is linted, and its pages are there.

/** Redocly's strictest own set: each of its rules is an error. */
const RULES = {
  extends: ['recommended-strict'],
  rules: {
    // /live, /ready and /version ask for nothing, so nothing can be wrong with a request.
    'operation-4xx-response': 'off',
    // Beyond that set.
    'operation-operationId-unique': 'error',
    'operation-description': 'off',
    'operation-singular-tag': 'error',
    'operation-tag-defined': 'error',
    'tag-description': 'error',
    'no-invalid-media-type-examples': 'error',
    'no-invalid-schema-examples': 'error',
    'no-invalid-parameter-examples': 'error',
    'no-required-schema-properties-undefined': 'error',
    'response-contains-header': { severity: 'error', names: { '4XX': ['X-Request-Id'] } },
    'path-segment-plural': 'off'
  }
} satisfies NonNullable<Parameters<typeof createConfig>[0]>

type Document = {
  paths: Record<string, Record<string, { security?: []; summary: string }>>
  'x-services-away'?: unknown
}

/** Every service alone, nobody asked for a token, and a gateway in front of all. */
async function startAll(t: Test): Promise<Record<string, string>> {
  const open = { AUTH_MODE: 'off' }
  const root = freshDirectory(t)
  const cluster = await writeSandboxCluster(join(root, 'sandbox'), {
    resourceManagerUrl: 'http://127.0.0.1:1'
  })
  const [files, executor, azkaban] = await Promise.all([
    startService(t, '@scheduler-task/file-service', { ...open, FILE_ROOT: join(root, 'files') }),
    startService(t, '@scheduler-task/yarn-executor', {
      ...open,
      ...cluster.environment,
      FILE_ROOT: join(root, 'files'),
      DATA_DIR: join(root, 'data'),
      YARN_RM_URL: 'http://127.0.0.1:1'
    }),
    startService(t, '@scheduler-task/azkaban-proxy', {
      ...open,
      AZKABAN_URL: 'http://127.0.0.1:1'
    })
  ])
  const gateway = await startService(t, '@scheduler-task/gateway', {
    ...open,
    DATA_DIR: join(root, 'gateway'),
    EXECUTOR_URL: executor.url,
    AZKABAN_PROXY_URL: azkaban.url,
    FILE_SERVICE_URL: files.url
  })
  return {
    executor: executor.url,
    file: files.url,
    azkaban: azkaban.url,
    gateway: gateway.url
  }
}

async function textAt(url: string): Promise<string> {
  return (await request(url)).body.text()
}

t.test('the documents of all services', async (t) => {
  const urls = await startAll(t)
  const config = await createConfig(RULES)
  const documents: Record<string, Document> = {}
  for (const [name, url] of Object.entries(urls)) {
    const source = await textAt(`${url}/openapi.json`)
    documents[name] = JSON.parse(source) as Document
    const problems = await lintFromString({ source, absoluteRef: `${name}.json`, config })
    t.strictSame(
      problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer]),
      [],
      `${name}: the linter finds nothing`
    )
  }

  t.test('the gateway’s holds every call of the others, as it is', async (t) => {
    t.notOk(documents.gateway?.['x-services-away'], 'nobody is missing')
    for (const name of ['executor', 'file', 'azkaban']) {
      const own = Object.entries(documents[name]?.paths ?? {})
      const below = own.filter(([path]) => path.startsWith(`/${name}/`))
      t.ok(below.length > 3, name)
      for (const [path, item] of below) {
        const joint = documents.gateway?.paths[path] ?? {}
        t.strictSame(Object.keys(joint), Object.keys(item), path)
      }
    }
  })

  t.test('every call has words of its own', async (t) => {
    for (const [name, { paths }] of Object.entries(documents)) {
      for (const [path, item] of Object.entries(paths)) {
        for (const [method, { summary }] of Object.entries(item)) {
          t.notMatch(summary, /^[A-Z]+ \//, `${name}: ${method} ${path}`)
        }
      }
    }
  })

  t.test('every service shows its page, and all that it loads', async (t) => {
    for (const [name, url] of Object.entries(urls)) {
      const page = await textAt(`${url}/docs`)
      for (const [, file = ''] of page.matchAll(/(?:src|href)="([^"]+)"/g)) {
        const { statusCode, body } = await request(new URL(file, `${url}/docs`))
        await body.dump()
        t.equal(statusCode, 200, `${name}: ${file}`)
      }
    }
  })
})

t.test('a call asks for a token exactly where its document says so', async (t) => {
  const session = { AUTH_MODE: 'jwt', JWT_SECRET: 'a-secret-of-this-test-run-only-0123456789' }
  const { url } = await startService(t, '@scheduler-task/file-service', {
    ...session,
    FILE_ROOT: freshDirectory(t)
  })
  const gateway = await startService(t, '@scheduler-task/gateway', {
    ...session,
    DATA_DIR: freshDirectory(t),
    FILE_SERVICE_URL: url
  })
  for (const base of [url, gateway.url]) {
    const { paths } = JSON.parse(await textAt(`${base}/openapi.json`)) as Document
    for (const [path, item] of Object.entries(paths)) {
      for (const [method, { security }] of Object.entries(item)) {
        const answer = await request(base + path.replaceAll(/\{\w+\}/g, 'x'), {
          method: method.toUpperCase() as 'GET'
        })
        const text = await answer.body.text()
        t.equal(/AUTH_NO_TOKEN/.test(text), security === undefined, `${method} ${path}: ${text}`)
      }
    }
  }
})
