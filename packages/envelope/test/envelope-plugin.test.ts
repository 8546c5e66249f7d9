import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { z } from 'zod'
import { DOWNLOAD_FAILED, START_FAILED, STOP_FAILED } from '../src/codes.ts'
import { envelopeOf, ok } from '../src/envelope.ts'
import { envelopePlugin } from '../src/envelope-plugin.ts'
import { BadParameters, Failure, Refusal } from '../src/errors.ts'
import { requestIdFrom } from '../src/request-id.ts'

async function listen(t: Test): Promise<string> {
  const app = Fastify({ genReqId: (incoming) => requestIdFrom(incoming.headers['x-request-id']) })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(envelopePlugin)
  app.get('/fine', { schema: { response: { 200: envelopeOf(z.string()) } } }, async () =>
    ok('fine')
  )
  app.post(
    '/start',
    { schema: { body: z.object({ name: z.string() }) }, config: { failure: START_FAILED } },
    async () => {
      throw new Failure('the name is in use', { code: 'X_NAME_IN_USE', fields: { by: 'a' } })
    }
  )
  app.get('/restart', { config: { failure: START_FAILED } }, async () => {
    throw new Failure('could not stop', { code: 'X_STOP', documented: STOP_FAILED })
  })
  app.get('/upstream', { config: { failure: START_FAILED } }, async () => {
    throw new Failure('said no', { code: 'X', upstreamText: '{"error" : "its own text"}' })
  })
  app.get('/download', { config: { failure: DOWNLOAD_FAILED } }, async () => {
    throw new Failure('no such file', { code: 'X_MISSING', httpStatus: 404 })
  })
  app.get('/undocumented', async () => {
    throw new Failure('in conflict', { code: 'X_CONFLICT' })
  })
  app.get('/refused', async () => {
    throw new Refusal(503, 'come back', { code: 'X_BUSY', headers: { 'retry-after': '3' } })
  })
  app.get('/parameters', async () => {
    throw new BadParameters([{ path: 'a.b', message: 'must be less' }])
  })
  app.get('/bug', async () => {
    throw new Error('password=hunter2 at /etc/secret')
  })
  app.get('/thrown-text', async () => {
    throw 'a text'
  })
  app.get('/wrong-shape', { schema: { response: { 200: envelopeOf(z.number()) } } }, async () =>
    ok('no number' as unknown as number)
  )
  app.get('/items/:id/parts/*', async () => ok(true))
  t.teardown(() => app.close())
  return app.listen({ host: '127.0.0.1', port: 0 })
}

async function answer(url: string, options?: Parameters<typeof request>[1]) {
  const response = await request(url, options)
  const text = await response.body.text()
  const body = JSON.parse(text) as { statusCode: number; message: string; data: unknown }
  return { status: response.statusCode, headers: response.headers, text, body }
}

t.test('success has the three keys in their order, and the document’s message', async (t) => {
  const url = await listen(t)
  const { text, headers } = await answer(`${url}/fine`)
  t.equal(text, '{"statusCode":200,"message":"成功!","data":"fine"}')
  t.equal(headers['content-type'], 'application/json; charset=utf-8')
  t.ok(headers['x-request-id'])
})

t.test('a failure of a documented call is HTTP 200 with its code', async (t) => {
  const url = await listen(t)
  const { status, body } = await answer(`${url}/start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'req-7' },
    body: '{"name":"a"}'
  })
  t.equal(status, 200)
  t.strictSame(body, {
    statusCode: 150,
    message: '启动任务失败',
    data: '{"error":"the name is in use","code":"X_NAME_IN_USE","requestId":"req-7","by":"a"}'
  })
})

t.test(
  'an error may name another documented code, and an upstream’s text stays as it is',
  async (t) => {
    const url = await listen(t)
    t.match((await answer(`${url}/restart`)).body, { statusCode: 151, message: '停止任务失败' })
    t.equal((await answer(`${url}/upstream`)).body.data, '{"error" : "its own text"}')
  }
)

t.test('a failed download and a call without a code keep their HTTP status', async (t) => {
  const url = await listen(t)
  const download = await answer(`${url}/download`)
  t.equal(download.status, 404)
  t.match(download.body, { statusCode: 164, message: '下载文件失败' })
  const undocumented = await answer(`${url}/undocumented`)
  t.equal(undocumented.status, 409)
  t.match(undocumented.body, { statusCode: 409, message: '请求冲突' })
})

t.test('refusals carry their headers', async (t) => {
  const url = await listen(t)
  const { status, headers, body } = await answer(`${url}/refused`)
  t.equal(status, 503)
  t.equal(headers['retry-after'], '3')
  t.equal(body.statusCode, 503)
})

t.test('bad parameters list what is wrong and where', async (t) => {
  const url = await listen(t)
  const json = { 'content-type': 'application/json' }
  const own = await answer(`${url}/parameters`)
  t.match(JSON.parse(own.body.data as string), {
    error: 'a.b: must be less',
    errors: [{ path: 'a.b', message: 'must be less' }]
  })
  const cases: [string, Parameters<typeof request>[1]][] = [
    ['a wrong type', { method: 'POST', headers: json, body: '{"name":1}' }],
    ['a missing key', { method: 'POST', headers: json, body: '{}' }],
    ['not JSON', { method: 'POST', headers: json, body: '{"name":' }],
    ['an empty body', { method: 'POST', headers: json, body: '' }],
    ['no body at all', { method: 'POST' }],
    ['a prototype', { method: 'POST', headers: json, body: '{"__proto__":{"a":1},"name":"b"}' }]
  ]
  for (const [name, options] of cases) {
    const { status, body } = await answer(`${url}/start`, options)
    t.equal(status, 400, name)
    t.match(body, { statusCode: 400, message: '参数错误' }, name)
    const errors = JSON.parse(body.data as string).errors as unknown[]
    t.ok(errors.length > 0, `${name}: says what is wrong`)
  }
})

t.test('other content types and too much are refused as such', async (t) => {
  const url = await listen(t)
  const type = await answer(`${url}/start`, {
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body: '<a/>'
  })
  t.match(type, { status: 415, body: { statusCode: 415 } })
  const large = await answer(`${url}/start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"name":"${'a'.repeat(2 * 1024 * 1024)}"}`
  })
  t.match(large, { status: 413, body: { statusCode: 413, message: '请求体过大' } })
})

t.test('a fault of ours says nothing about itself', async (t) => {
  const url = await listen(t)
  for (const path of ['/bug', '/thrown-text', '/wrong-shape']) {
    const { status, body, text } = await answer(url + path)
    t.equal(status, 500, path)
    t.match(body, { statusCode: 500, message: '服务内部错误' }, path)
    t.notMatch(text, /hunter2|secret|number/, path)
  }
})

t.test('what is no call here is told so whatever its body is', async (t) => {
  const url = await listen(t)
  const cases: [string, { 'content-type'?: string }, string | null][] = [
    ['QUERY', {}, null],
    ['POST', { 'content-type': 'application/json' }, '{"not JSON'],
    ['POST', { 'content-type': 'nonsense' }, 'x'],
    ['POST', { 'content-type': 'application/json' }, `"${'x'.repeat(2 * 1024 * 1024)}"`]
  ]
  for (const [method, headers, body] of cases) {
    const send = (path: string) => answer(url + path, { method: method as 'POST', headers, body })
    t.match(await send('/nope'), { status: 404, body: { statusCode: 404 } }, method)
    const wrong = await send('/fine')
    t.match(wrong, { status: 405, body: { statusCode: 405 } }, method)
    t.equal(wrong.headers.allow, 'GET, HEAD')
  }
})

t.test('unknown paths are 404, wrong methods 405 with what is allowed', async (t) => {
  const url = await listen(t)
  t.match(await answer(`${url}/nope?x=1`), { status: 404, body: { statusCode: 404 } })
  const wrong = await answer(`${url}/start?x=1`)
  t.match(wrong, { status: 405, body: { statusCode: 405 } })
  t.equal(wrong.headers.allow, 'POST')
  const below = await answer(`${url}/items/7/parts/a/b`, { method: 'DELETE' })
  t.equal(below.headers.allow, 'GET, HEAD')
  t.ok(below.headers['x-request-id'])
})

t.test('a path of its own is no name under another one’s pattern', async (t) => {
  const app = Fastify()
  await app.register(envelopePlugin)
  app.get('/jobs/:id', async () => 'one')
  app.post('/jobs/check', async () => 'checked')
  t.teardown(() => app.close())
  for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS'] as const) {
    const { statusCode, headers } = await app.inject({ method, url: '/jobs/check?x=1' })
    t.match({ statusCode, allow: headers.allow }, { statusCode: 405, allow: /^POST$/ }, method)
  }
  t.equal((await app.inject({ method: 'POST', url: '/jobs/check' })).body, 'checked')
  t.equal((await app.inject('/jobs/checks')).body, 'one')
})

t.test('a sane request id is kept, any other is replaced', async (t) => {
  t.equal(requestIdFrom('a-1.b:c'), 'a-1.b:c')
  for (const bad of [undefined, '', 'a b', 'a\nb', '-a', 'x'.repeat(129), ['a', 'b'], 'é']) {
    t.match(requestIdFrom(bad), /^[0-9a-f-]{36}$/)
  }
})

t.test('below /executor/v2 errors are problem details, whatever they are', async (t) => {
  const app = Fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(envelopePlugin)
  const body = z.strictObject({ name: z.string() })
  app.post('/executor/v2/jobs', { schema: { body } }, async () => {
    throw new Failure('the name is in use', { code: 'X_NAME_IN_USE', fields: { holder: 'a' } })
  })
  app.get('/executor/v2/full', async () => {
    const headers = { 'retry-after': '3' }
    throw new Refusal(503, 'come back', { code: 'X_BUSY', headers, fields: { status: 1 } })
  })
  app.get('/executor/v2/bug', async () => {
    throw new Error('password=hunter2')
  })
  t.teardown(() => app.close())
  const payload = { name: 'x' }
  const cases = [
    ['POST', '/executor/v2/jobs', { payload }, 409, { code: 'X_NAME_IN_USE', holder: 'a' }],
    ['POST', '/executor/v2/jobs', { payload: {} }, 400, { errors: [{ path: 'name' }] }],
    ['POST', '/executor/v2/jobs', { payload: { ...payload, b: 1 } }, 400, { errors: [{}] }],
    ['GET', '/executor/v2/full', {}, 503, { detail: 'come back', code: 'X_BUSY' }],
    ['GET', '/executor/v2/bug', {}, 500, { code: 'INTERNAL_ERROR', detail: /error of its own/ }],
    ['GET', '/executor/v2/nothing?x', {}, 404, { code: 'NOT_FOUND' }],
    ['GET', '/executor/v2', {}, 404, { title: 'Not Found' }],
    ['PUT', '/executor/v2/jobs', {}, 405, { code: 'METHOD_NOT_ALLOWED' }]
  ] as const
  for (const [method, url, options, status, expected] of cases) {
    const answer = await app.inject({ method, url, ...options })
    t.equal(answer.statusCode, status, url)
    t.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
    t.match(answer.json(), { type: 'about:blank', status, requestId: /./, ...expected })
    t.notMatch(answer.body, /hunter2/)
    if (status === 503) t.equal(answer.headers['retry-after'], '3')
    if (status === 405) t.equal(answer.headers.allow, 'POST')
  }
  const old = await app.inject('/executor/v20')
  t.match(old.json(), { statusCode: 404 }, 'another path answers an envelope')
})
