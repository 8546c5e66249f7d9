import { once } from 'node:events'
import { connect } from 'node:net'
import { Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { Refusal } from '@scheduler-task/envelope/errors'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { z } from 'zod'
import { baseEnvironment } from '../src/base-config.ts'
import { createApp } from '../src/create-app.ts'
import { loadConfig } from '../src/load-config.ts'
import { createLogger, loggableUrl } from '../src/logger.ts'

const service = { name: 'tried', version: '1.2.3', title: 'A service that is tried' }

async function start(t: Test, options: { docs?: 'off'; check?: () => Promise<void> } = {}) {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    }
  })
  const config = loadConfig(z.object(baseEnvironment(0)), { DOCS: options.docs ?? 'on' })
  const app = await createApp({
    service,
    config,
    checks: options.check ? { engine: options.check } : {},
    logger: createLogger({ name: 'tried', level: 'info' }, destination)
  })
  app.get(
    '/hello',
    { schema: { querystring: z.object({ a: z.string().optional() }) } },
    async () => {
      return { hello: true }
    }
  )
  app.get('/waits', async () => {
    await once(app.server, 'go on')
    return { waited: true }
  })
  app.get('/refused', async () => {
    throw new Refusal(409, 'no', { code: 'NO' })
  })
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, url, lines }
}

async function json(url: string, headers: Record<string, string> = {}) {
  const response = await request(url, { headers })
  return {
    status: response.statusCode,
    headers: response.headers,
    body: await response.body.json()
  }
}

t.test('live, version and ready', async (t) => {
  const { url } = await start(t, { check: async () => {} })
  t.match(await json(`${url}/live`), { status: 200, body: { status: 'live' } })
  t.match(await json(`${url}/version`), { status: 200, body: { name: 'tried', version: '1.2.3' } })
  t.match(await json(`${url}/ready`), {
    status: 200,
    body: { status: 'ready', checks: { engine: 'ok' } }
  })
})

t.test('ready is 503 while a dependency is away, live is not', async (t) => {
  const { url } = await start(t, {
    check: async () => Promise.reject(new Error('10.1.2.3 is down'))
  })
  const ready = await json(`${url}/ready`)
  t.match(ready, { status: 503, body: { checks: { engine: 'unavailable' } } })
  t.notMatch(JSON.stringify(ready.body), /10\.1\.2\.3/)
  t.equal((await json(`${url}/live`)).status, 200)
})

t.test('a dependency that never answers does not hold ready', async (t) => {
  const { url } = await start(t, { check: () => new Promise(() => {}) })
  t.match(await json(`${url}/ready`), { status: 503 })
})

t.test('the OpenAPI document lists the routes, and can be hidden', async (t) => {
  const { url } = await start(t)
  t.match(await json(`${url}/openapi.json`), {
    status: 200,
    body: { openapi: '3.1.0', info: { title: service.title }, paths: { '/hello': { get: {} } } }
  })
  const hidden = await start(t, { docs: 'off' })
  t.equal((await json(`${hidden.url}/openapi.json`)).status, 404)
})

t.test('one log line a request, without secrets', async (t) => {
  const { url, lines } = await start(t)
  await json(`${url}/hello?a=1&token=eyJabc`, { token: 'eyJsecret', 'x-request-id': 'r-1' })
  const line = lines.find((text) => text.includes('/hello'))
  t.ok(line)
  t.match(JSON.parse(line ?? ''), { method: 'GET', status: 200, reqId: 'r-1' })
  t.notMatch(lines.join(''), /eyJ/)
})

t.test('a request whose client has left is logged too, as cut off', async (t) => {
  const { url, lines, app } = await start(t)
  const arrived = once(app.server, 'request')
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write('GET /waits HTTP/1.1\r\nHost: a\r\n\r\n')
  const [incoming] = await arrived
  const gone = once(incoming.socket, 'close')
  socket.destroy()
  await gone
  app.server.emit('go on')
  const limit = Date.now() + 5000
  while (lines.length < 2 && Date.now() < limit) await setImmediate()
  t.match(JSON.parse(lines.at(-1) ?? '{}'), { url: '/waits', status: 200, cutOff: true })
})

t.test('no field and no header that is a secret is logged, however deep it lies', async (t) => {
  const lines: string[] = []
  const log = createLogger({ name: 'tried', level: 'trace' }, { write: (line) => lines.push(line) })
  const headers = { token: 'eyJ1', authorization: 'Bearer eyJ2', cookie: 'token=eyJ3', host: 'h' }
  // The form parser of uploads logs its options so.
  log.trace({ busboyOptions: { headers } }, 'options')
  log.info({ req: { headers }, res: { headers: { 'set-cookie': 'token=eyJ4' } } })
  log.info({ token: 'eyJ5', password: 'eyJ6', session: { token: 'eyJ7' } })
  t.equal(lines.length, 3)
  t.notMatch(lines.join(''), /eyJ/)
  t.equal(JSON.parse(lines[0] ?? '').busboyOptions.headers.host, 'h', 'the rest is there')
})

t.test('secret parameters are hidden in a logged URL, and long ones are cut', async (t) => {
  t.equal(loggableUrl('/a?x=1&access_token=abc&b=2#f'), '/a?x=1&access_token=[hidden]&b=2#f')
  t.equal(loggableUrl('/a?PASSWORD=p'), '/a?PASSWORD=[hidden]')
  t.equal(loggableUrl(`/${'a'.repeat(5000)}`).length, 1001)
})

t.test('what is not HTTP, or no valid path, gets an envelope', async (t) => {
  const { url } = await start(t)
  const port = Number(new URL(url).port)
  const cases: [string, string, RegExp][] = [
    ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 .*"statusCode":400,"message":"参数错误"/s],
    [
      'a path that cannot be decoded',
      'GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      /^HTTP\/1\.1 400 .*"statusCode":400/s
    ],
    [
      'a fragment',
      'GET /live#/../x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      /^HTTP\/1\.1 400 .*"statusCode":400/s
    ],
    [
      'too many headers',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 .*"statusCode":431/s
    ]
  ]
  for (const [name, bytes, expected] of cases) {
    t.match(await exchange(port, bytes), expected, name)
  }
})

function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.once('close', () => resolve(text))
    socket.once('error', reject)
  })
}
