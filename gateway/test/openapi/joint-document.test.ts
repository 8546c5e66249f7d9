import type { RequestListener } from 'node:http'
import type { JsonObject, OpenApiDocument } from '@scheduler-task/service-base/openapi/document'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { createJointDocument } from '../../src/openapi/joint-document.ts'
import { createUpstream } from '../../src/proxy/upstream.ts'
import { startGateway, testConfig } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream-server.ts'

type Joint = OpenApiDocument & { 'x-services-away'?: { name: string; reason: string }[] }

const FAILURE = { type: 'object', properties: { statusCode: { type: 'integer' } } }
const refused = (name: string) => ({ $ref: `#/components/responses/${name}` })

/** A document of a service with one call, and more that is no call of the gateway. */
function documentOf(path: string, { failure = FAILURE as JsonObject } = {}) {
  const operation = (id: string, tag: string) => ({
    operationId: id,
    summary: id,
    tags: [tag],
    security: [],
    responses: { 409: refused('Odd') }
  })
  return {
    openapi: '3.1.0',
    info: { title: 'a service', version: '1' },
    tags: [{ name: 'calls', description: `of ${path}` }, { name: 'health' }],
    paths: {
      [`${path}/call`]: { get: operation(`call${path.slice(1)}`, 'calls') },
      [`${path}s/other`]: { get: operation('other', 'calls') },
      '/live': { get: operation('live', 'health') }
    },
    components: {
      schemas: { Thing: failure },
      responses: {
        Odd: {
          description: 'no',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } }
        }
      },
      securitySchemes: { token: { type: 'http', scheme: 'basic' } }
    }
  }
}

const answering =
  (body: unknown, status = 200): RequestListener =>
  (_incoming, response) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))

async function joint(t: Test, listeners: { executor?: RequestListener; file?: RequestListener }) {
  const variables: Record<string, string> = {}
  if (listeners.executor) {
    variables.EXECUTOR_URL = (await startUpstream(t, listeners.executor)).url
  }
  if (listeners.file) variables.FILE_SERVICE_URL = (await startUpstream(t, listeners.file)).url
  const { url } = await startGateway(t, variables)
  const read = async () => (await (await request(`${url}/openapi.json`)).body.json()) as Joint
  return { read, document: await read() }
}

const awayOf = (document: Joint, name: string) =>
  document['x-services-away']?.find((away) => away.name === name)?.reason

t.test('the calls of all services below their prefixes, beside the gateway’s own', async (t) => {
  const { document } = await joint(t, {
    executor: answering(documentOf('/executor')),
    file: answering(documentOf('/file'))
  })
  const own = '/auth/login /auth/logout /auth/renew /auth/me /auth/sessions /auth/sessions/{id}'
  const paths = `${own} /live /version /ready /executor/call /file/call`
  t.strictSame(Object.keys(document.paths), paths.split(' '))
  t.match(document.paths['/live'], { get: { security: [], summary: 'The process lives' } })
  t.match(document.tags, [{ name: 'auth' }, { name: 'health' }, { name: 'calls' }])
  t.strictSame(Object.keys(document.components?.securitySchemes ?? {}), ['token'])
  t.match(document.components?.securitySchemes?.token, { type: 'apiKey', name: 'token' })
  const call = document.paths['/executor/call']?.get
  t.equal(call?.security, undefined, 'the gateway asks for the token itself')
  t.match(call?.responses, { 409: {}, 401: {}, 502: refused('ServiceBrokeOff'), 504: {} })
  t.strictSame(Object.keys(document.components?.schemas ?? {}).sort(), [
    'Envelope',
    'ErrorText',
    'Failure',
    'Thing'
  ])
})

t.test('below /executor/v2 the gateway’s own answers are problem details too', async (t) => {
  const { document } = await joint(t, { executor: answering(documentOf('/executor/v2')) })
  const call = document.paths['/executor/v2/call']?.get
  t.match(call?.responses, {
    401: refused('NotLoggedInProblem'),
    502: refused('ServiceBrokeOffProblem'),
    504: refused('ServiceTooSlowProblem')
  })
  const answer = document.components?.responses?.NotLoggedInProblem as JsonObject
  t.ok((answer.content as JsonObject)['application/problem+json'])
})

t.test('services of different versions keep their own components', async (t) => {
  const { document } = await joint(t, {
    executor: answering(documentOf('/executor')),
    file: answering(documentOf('/file', { failure: { type: 'string' } }))
  })
  t.match(document.paths['/executor/call']?.get?.responses, { 409: refused('Odd') })
  t.match(document.paths['/file/call']?.get?.responses, { 409: refused('file-service.Odd') })
  t.match(document.components?.schemas, {
    Thing: FAILURE,
    'file-service.Thing': { type: 'string' }
  })
  t.match(document.components?.responses?.['file-service.Odd'], {
    content: { 'application/json': { schema: { $ref: '#/components/schemas/file-service.Thing' } } }
  })
})

t.test('a service that cannot be shown is left out, and the document says so', async (t) => {
  const cases: [string, RequestListener, RegExp][] = [
    ['hides its document', answering({}, 404), /shows no document/],
    ['answers no JSON', answering('<html>'), /cannot be read/],
    ['answers other JSON', answering({ openapi: '3.1.0', paths: [] }), /cannot be read/],
    ['answers null', answering('null'), /cannot be read/],
    ['speaks another version', answering({ ...documentOf('/file'), openapi: '2.0' }), /read/],
    ['answers too much', answering(`{"a":"${'a'.repeat(3 << 20)}"}`), /cannot be read/],
    ['breaks off', (_, response) => void response.socket?.destroy(), /cannot be reached/],
    ['never answers', () => {}, /in time/],
    ['never ends', (_, response) => void response.writeHead(200).write('{'), /in time/]
  ]
  for (const [why, file, reason] of cases) {
    const { document } = await joint(t, { executor: answering(documentOf('/executor')), file })
    t.match(awayOf(document, 'file-service'), reason, why)
    t.ok(document.paths['/executor/call'], `${why}: the others are there`)
    t.notOk(document.paths['/file/call'], why)
    t.match(document.info.description, /Not shown at the moment.*`\/file`: file-service/s, why)
    t.match(awayOf(document, 'azkaban-proxy'), /AZKABAN_PROXY_URL is missing/)
  }
})

t.test('services are not asked again for a while, whoever asks', async (t) => {
  let asked = 0
  const { url } = await startUpstream(t, (_incoming, response) => {
    asked += 1
    response.end(JSON.stringify(documentOf('/file')))
  })
  const upstream = createUpstream('file-service', url, testConfig())
  t.teardown(() => upstream.destroy())
  let now = 0
  const complete = createJointDocument(
    [{ path: '/file', name: 'file-service', variable: 'FILE_SERVICE_URL', upstream }],
    () => now
  )
  const own = { openapi: '3.1.0', info: { title: 'gateway', version: '1' }, paths: {} }
  await Promise.all([complete(own), complete(own)])
  now = 10_000
  const document = await complete(own)
  t.equal(asked, 1)
  t.notOk('x-services-away' in document)
  now = 10_001
  await complete(own)
  t.equal(asked, 2)
})

t.test('a service that has more to do than it can is not asked', async (t) => {
  const { url } = await startUpstream(t, answering(documentOf('/file')))
  const upstream = { ...createUpstream('file-service', url, testConfig()), isFull: () => true }
  t.teardown(() => upstream.destroy())
  const complete = createJointDocument([
    { path: '/file', name: 'file-service', variable: 'FILE_SERVICE_URL', upstream }
  ])
  const own = { openapi: '3.1.0', info: { title: 'gateway', version: '1' }, paths: {} }
  t.match(await complete(own), { 'x-services-away': [{ reason: /more calls waiting/ }] })
})

t.test('the page of the gateway shows the joint document', async (t) => {
  const { url } = await startGateway(t)
  const page = await request(`${url}/docs`)
  t.equal(page.statusCode, 200)
  t.match(await page.body.text(), /docs\/start\.js/)
  t.match(await (await request(`${url}/docs/start.js`)).body.text(), /openapi\.json/)
  const hidden = await startGateway(t, { DOCS: 'off' })
  for (const path of ['/docs', '/openapi.json']) {
    const { statusCode, body } = await request(hidden.url + path)
    await body.dump()
    t.equal(statusCode, 404, path)
  }
})
