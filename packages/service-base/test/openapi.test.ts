import { DOWNLOAD_FAILED, START_FAILED, STOP_FAILED } from '@scheduler-task/envelope/codes'
import { envelopeOf, ok } from '@scheduler-task/envelope/envelope'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { baseEnvironment } from '../src/base-config.ts'
import { type App, createApp } from '../src/create-app.ts'
import { loadConfig } from '../src/load-config.ts'
import type { JsonObject, OpenApiDocument } from '../src/openapi/document.ts'

const service = { name: 'tried', version: '1.2.3', title: 'A <service> that is tried' }

async function makeApp(
  t: Test,
  routes: (app: App) => unknown = () => {},
  options: Partial<Parameters<typeof createApp>[0]> & { DOCS?: string } = {}
): Promise<App> {
  const { DOCS = 'on', ...rest } = options
  const config = loadConfig(z.object(baseEnvironment(0)), { DOCS, LOG_LEVEL: 'silent' })
  const app = await createApp({ service, config, checks: {}, ...rest })
  t.teardown(() => app.close())
  await routes(app)
  return app
}

async function documentOf(app: App): Promise<OpenApiDocument> {
  const answer = await app.inject('/openapi.json')
  return answer.json()
}

async function operation(t: Test, method: string, path: string, routes: (app: App) => unknown) {
  const document = await documentOf(await makeApp(t, routes))
  const found = document.paths[path]?.[method]
  if (!found) throw new Error(`no ${method} ${path} in ${Object.keys(document.paths)}`)
  return found
}

const statuses = ({ responses }: { responses: JsonObject }) => Object.keys(responses)

t.test('a call is described with its input, its success and its own codes', async (t) => {
  const found = await operation(t, 'post', '/azkaban/start/{id}', (app) => {
    app.post(
      '/azkaban/start/:id',
      {
        schema: {
          params: z.object({ id: z.string().describe('which') }),
          querystring: z.object({
            a: z.string().meta({ examples: ['x'] }),
            b: z.int().default(1)
          }),
          body: z
            .object({ flow: z.string().transform((flow) => flow.trim()) })
            .meta({ examples: [{ flow: 'test' }] }),
          response: { 200: envelopeOf(z.string().meta({ examples: ['application_1_2'] })) }
        },
        config: { failure: START_FAILED, alsoFails: [STOP_FAILED] }
      },
      async () => ok('')
    )
  })
  t.match(found, {
    operationId: 'postAzkabanStartById',
    summary: 'POST /azkaban/start/{id}',
    tags: ['azkaban'],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: { properties: { flow: { type: 'string' } } },
          example: { flow: 'test' }
        }
      }
    }
  })
  t.strictSame(found.parameters, [
    { name: 'id', in: 'path', description: 'which', required: true, schema: { type: 'string' } },
    { name: 'a', in: 'query', required: true, schema: { type: 'string' }, example: 'x' },
    { name: 'b', in: 'query', required: false, schema: { default: 1, type: 'integer' } },
    { $ref: '#/components/parameters/RequestId' }
  ])
  t.strictSame(statuses(found), '200 400 401 403 413 415 500 503'.split(' '))
  t.match(found.responses['200'], {
    content: {
      'application/json': {
        example: { statusCode: 200, message: '成功!', data: 'application_1_2' },
        schema: {
          oneOf: [
            { properties: { statusCode: { const: 200 }, data: { type: 'string' } } },
            { properties: { statusCode: { const: 150 }, message: { const: '启动任务失败' } } },
            { properties: { statusCode: { const: 151 }, message: { const: '停止任务失败' } } }
          ]
        }
      }
    }
  })
  t.equal(found.security, undefined, 'the document’s own security holds')
})

t.test('what a route declares for its document wins over what is derived', async (t) => {
  const found = await operation(t, 'get', '/v2/things', (app) => {
    app.get(
      '/v2/things',
      {
        schema: {
          operationId: 'listThings',
          summary: 'All things',
          description: 'Long words',
          tags: ['things'],
          security: [],
          response: { 200: z.object({ items: z.array(z.string()) }) }
        },
        config: { refusals: [418], openApi: { responses: { 304: { description: 'Known' } } } }
      },
      async () => ({ items: [] })
    )
  })
  t.match(found, {
    operationId: 'listThings',
    summary: 'All things',
    description: 'Long words',
    tags: ['things'],
    security: [],
    responses: {
      200: { content: { 'application/json': { schema: { properties: { items: {} } } } } },
      304: { description: 'Known' },
      418: { $ref: '#/components/responses/Status418' }
    }
  })
  t.strictSame(statuses(found), ['200', '304', '418', '500'])
})

t.test('calls below /executor/v2 answer problem details', async (t) => {
  const found = await operation(t, 'post', '/executor/v2/jobs', (app) => {
    const schema = {
      headers: z.object({ 'a-key': z.string().optional() }),
      body: z.strictObject({}),
      response: { 202: z.object({ id: z.string() }) }
    }
    app.post('/executor/v2/jobs', { schema, config: { refusals: [409, 422] } }, async () => ({
      id: ''
    }))
  })
  t.match(found.parameters?.[0], { name: 'a-key', in: 'header', required: false })
  t.match(found.responses, {
    202: { description: /kept/, headers: { Location: { $ref: '#/components/headers/Location' } } },
    400: { $ref: '#/components/responses/BadParametersProblem' },
    409: { $ref: '#/components/responses/ConflictProblem' },
    422: { $ref: '#/components/responses/NotUsableProblem' }
  })
})

t.test('a call whose failures keep their HTTP status says so', async (t) => {
  const found = await operation(t, 'get', '/file/{name}', (app) => {
    app.get('/file/:name', { config: { failure: DOWNLOAD_FAILED, refusals: [404] } }, () => '')
  })
  t.strictSame(statuses(found), ['400', '401', '403', '404', '500', '503'])
  t.match(found.responses['404'], {
    content: {
      'application/json': {
        schema: {
          oneOf: [
            { properties: { statusCode: { const: 404 } } },
            { properties: { statusCode: { const: 164 } } }
          ]
        }
      }
    }
  })
  t.match(found.parameters?.[0], { name: 'name', in: 'path', schema: { type: 'string' } })
})

t.test('an answer that is no envelope is shown as it is declared', async (t) => {
  const found = await operation(t, 'get', '/executor/list', (app) => {
    app.get(
      '/executor/list',
      { schema: { response: { 200: z.array(z.string()) } }, config: { failure: START_FAILED } },
      async () => []
    )
  })
  t.strictSame(found.responses['200']?.content, {
    'application/json': { schema: { type: 'array', items: { type: 'string' } } }
  })
})

t.test('bodies are refused where the scope of a route would refuse them', async (t) => {
  const document = await documentOf(
    await makeApp(t, async (app) => {
      await app.register(async (scope) => {
        scope.removeAllContentTypeParsers()
        scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
        scope.post('/any', async () => '')
      })
      await app.register(async (scope) => {
        scope.removeAllContentTypeParsers()
        scope.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null))
        const requestBody = { content: {} }
        scope.post('/form', { config: { openApi: { requestBody } } }, async () => '')
      })
    })
  )
  t.strictSame(
    statuses(document.paths['/any']?.post ?? { responses: {} }),
    '401 403 500 503'.split(' ')
  )
  const form = document.paths['/form']?.post ?? { responses: {} }
  t.strictSame(statuses(form), '400 401 403 413 415 500 503'.split(' '))
  t.match(form, { requestBody: { content: {} } })
})

t.test('the document names only components that it uses, and all that it uses', async (t) => {
  const document = await documentOf(
    await makeApp(t, (app) => app.get('/hello', { schema: { summary: 'Hello' } }, () => ''))
  )
  const refs = [...JSON.stringify(document).matchAll(/"#\/components\/(\w+)\/(\w+)"/g)]
  for (const [ref, kind = '', name = ''] of refs) t.ok(document.components?.[kind]?.[name], ref)
  const used = new Set(refs.map(([, kind, name]) => `${kind}/${name}`))
  for (const [kind, named] of Object.entries(document.components ?? {})) {
    if (kind === 'securitySchemes') continue
    for (const name of Object.keys(named)) t.ok(used.has(`${kind}/${name}`), `${kind}/${name}`)
  }
  t.match(document.security, [{ token: [] }])
  t.match(document.tags, [
    { name: 'hello', description: 'Calls below /hello.' },
    { name: 'health', description: /Open to everybody/ }
  ])
  t.strictSame(Object.keys(document.paths), ['/hello', '/live', '/version', '/ready'])
  t.notOk(document.paths['/hello']?.head, 'HEAD says nothing new')
})

t.test('an app may complete its document, at each request', async (t) => {
  let times = 0
  const app = await makeApp(t, () => {}, {
    completeDocument: async (own) => {
      times += 1
      return { ...own, info: { ...own.info, description: `${times}` } }
    }
  })
  t.equal((await documentOf(app)).info.description, '1')
  t.equal((await documentOf(app)).info.description, '2')
})

t.test(
  'the page and all that it loads come from here, and nothing else may be loaded',
  async (t) => {
    const app = await makeApp(t)
    const page = await app.inject('/docs')
    t.equal(page.headers['content-type'], 'text/html; charset=utf-8')
    t.match(page.body, '<title>A &lt;service> that is tried</title>')
    t.match(page.headers, {
      'content-security-policy': /^default-src 'none'; script-src 'self';/,
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer'
    })
    const names = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name = '']) => name)
    t.equal(names.length, 4)
    for (const name of names) {
      const url = new URL(name, 'http://here/docs')
      t.equal(url.origin, 'http://here', name)
      const asset = await app.inject(url.pathname)
      t.equal(asset.statusCode, 200, name)
      t.equal(
        String(asset.rawPayload.length),
        asset.headers['content-length'],
        `${name}: its length`
      )
      t.ok(asset.headers['content-security-policy'], `${name}: its policy`)
    }
    t.notMatch(page.body, /<script>|<style>|style=|onload=/, 'nothing inline')
    t.match((await app.inject('/docs/start.js')).body, /validatorUrl: null/, 'nobody else is told')
    const slash = await app.inject('/docs/')
    t.equal(new URL(String(slash.headers.location), 'http://here/docs/').pathname, '/docs')
  }
)

t.test('a page asked for with HEAD, or left half read, costs nothing', async (t) => {
  const app = await makeApp(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const head = await fetch(`${url}/docs/swagger-ui-bundle.js`, { method: 'HEAD' })
  t.equal(head.status, 200)
  t.equal(await head.text(), '')
  const stop = new AbortController()
  const half = await fetch(`${url}/docs/swagger-ui-bundle.js`, { signal: stop.signal })
  await half.body?.getReader().read()
  stop.abort()
  t.equal((await fetch(`${url}/live`)).status, 200)
})

t.test('DOCS=off hides the document and the page', async (t) => {
  const app = await makeApp(t, () => {}, { DOCS: 'off' })
  for (const path of ['/openapi.json', '/docs', '/docs/', '/docs/start.js']) {
    t.match((await app.inject(path)).json(), { statusCode: 404 }, path)
  }
})
