import { once } from 'node:events'
import { type AddressInfo, createConnection } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { baseEnvironment } from '@scheduler-task/service-base/base-config'
import { createApp } from '@scheduler-task/service-base/create-app'
import { loadConfig } from '@scheduler-task/service-base/load-config'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { z } from 'zod'
import { type AuthOptions, authPlugin } from '../src/auth-plugin.ts'
import { createAuthenticator } from '../src/authenticator.ts'
import type { Change } from '../src/record-change.ts'
import type { Role } from '../src/roles.ts'
import type { SessionLookup } from '../src/session-lookup.ts'
import { authConfig, SECRET } from './support/auth-config.ts'
import { claimsOf, mintToken } from './support/mint-token.ts'
import { needsRedis, startRedis } from './support/redis-server.ts'
import { checkTokenAttacks } from './support/token-attacks.ts'

const redisNeeded = needsRedis('@scheduler-task/auth')

/** Sessions in memory. */
function sessionsOf(roles: Record<string, readonly Role[]>): SessionLookup {
  const sessions = new Map(Object.entries(roles))
  const findNow = (id: string) => {
    const found = sessions.get(id)
    return found && { roles: found }
  }
  return {
    find: async (id) => findNow(id),
    findNow,
    ping: async () => {},
    watch: () => () => {}
  }
}

async function startService(
  t: Test,
  { variables = {}, ...options }: Partial<AuthOptions> & { variables?: Record<string, string> }
) {
  const config = loadConfig(z.object(baseEnvironment(0)), { LOG_LEVEL: 'silent' })
  const app = await createApp({
    service: { name: 'tried', version: '1', title: 'tried' },
    config,
    checks: {}
  })
  await app.register(authPlugin, { config: authConfig(variables), ...options })
  await app.register(async (scope) => {
    scope.addHook('onRequest', scope.authenticate)
    scope.get('/me', async ({ user }) => user)
    scope.post('/plain', async () => true)
    scope.get('/del', { config: { change: 'file.del' } }, async (request) => {
      request.changed = { target: 'a.txt' }
      return { statusCode: 162, message: '', data: '' }
    })
    scope.post('/slow', { config: { change: 'slow' } }, async () => {
      const finished = new Promise<void>((resolve) => app.server.once('finish-slow', resolve))
      app.server.emit('slow-begun')
      await finished
      return true
    })
    scope.post('/own', { config: { change: 'own', leastRole: 'viewer' } }, async () => true)
    scope.post('/rule', { config: { change: 'rule', leastRole: 'admin' } }, async () => true)
  })
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const call = async (
    path: string,
    headers: Record<string, string> = {},
    method: 'GET' | 'POST' = 'GET'
  ) => {
    const response = await request(`${url}${path}`, { method, headers })
    const body = (await response.body.json()) as { data?: string }
    const code = () => JSON.parse(body.data ?? '{}').code as string
    return { status: response.statusCode, headers: response.headers, body, code }
  }
  return { app, url, call }
}

const tokenOf = (id: string) => mintToken(SECRET, claimsOf(id))

t.test('every attack on the token is refused, and spoils no connection', async (t) => {
  const { url } = await startService(t, { sessions: sessionsOf({ a: ['operator'] }) })
  await checkTokenAttacks(t, { url, path: '/me', secret: SECRET, goodToken: tokenOf('a') })
})

t.test('with AUTH_MODE=jwt all but ended sessions are refused too', async (t) => {
  const { url, call } = await startService(t, { variables: { AUTH_MODE: 'jwt' } })
  await checkTokenAttacks(t, {
    url,
    path: '/me',
    secret: SECRET,
    goodToken: tokenOf('a'),
    looksUpSessions: false
  })
  const token = mintToken(SECRET, claimsOf('any', { roles: ['viewer'], sub: undefined }))
  t.strictSame((await call('/me', { token })).body, {
    name: '',
    roles: ['viewer'],
    sessionId: 'any'
  })
})

t.test('a refusal says how to log in, in Chinese', async (t) => {
  const { call } = await startService(t, { sessions: sessionsOf({}) })
  const { status, headers, body } = await call('/me')
  t.equal(status, 401)
  t.equal(headers['www-authenticate'], 'Bearer')
  t.match(body, { statusCode: 401, message: '缺少token' })
})

t.test('who it is comes from the token, what they may from the session', async (t) => {
  const { call } = await startService(t, { sessions: sessionsOf({ a: ['viewer'] }) })
  const token = mintToken(SECRET, claimsOf('a', { roles: ['admin'] }))
  t.strictSame((await call('/me', { token })).body, {
    name: 'zhangsan',
    roles: ['viewer'],
    sessionId: 'a'
  })
})

t.test('roles: who may change what', async (t) => {
  const roles = { viewer: ['viewer'], operator: ['operator'], admin: ['admin'] } as const
  const { call } = await startService(t, { sessions: sessionsOf(roles) })
  for (const [role, path, method, status] of [
    ['viewer', '/me', 'GET', 200],
    ['viewer', '/del', 'GET', 403],
    ['viewer', '/plain', 'POST', 200],
    ['viewer', '/own', 'POST', 200],
    ['viewer', '/rule', 'POST', 403],
    ['operator', '/del', 'GET', 200],
    ['operator', '/rule', 'POST', 403],
    ['admin', '/del', 'GET', 200],
    ['admin', '/rule', 'POST', 200]
  ] as const) {
    const answer = await call(path, { token: tokenOf(role) }, method)
    t.equal(answer.status, status, `${role} ${method} ${path}`)
    if (status === 403) t.equal(answer.code(), 'AUTH_ROLE_MISSING')
  }
})

t.test('a cookie alone changes nothing', async (t) => {
  const { call } = await startService(t, { sessions: sessionsOf({ a: ['operator'] }) })
  const cookie = `token=${tokenOf('a')}`
  for (const [headers, path, method, status] of [
    [{ cookie }, '/me', 'GET', 200],
    [{ cookie }, '/del', 'GET', 403],
    [{ cookie }, '/plain', 'POST', 403],
    [{ cookie, 'sec-fetch-site': 'cross-site' }, '/del', 'GET', 403],
    [{ cookie, 'sec-fetch-site': 'same-origin' }, '/del', 'GET', 200],
    [{ cookie, 'x-requested-with': 'a' }, '/plain', 'POST', 200],
    [{ token: tokenOf('a') }, '/del', 'GET', 200]
  ] as const) {
    const answer = await call(path, { ...headers }, method)
    t.equal(answer.status, status, `${method} ${path} ${Object.keys(headers)}`)
    if (status === 403) t.equal(answer.code(), 'AUTH_COOKIE_ALONE')
  }
})

t.test('every change is reported, whoever tried it and however it ended', async (t) => {
  const changes: Change[] = []
  const { call } = await startService(t, {
    sessions: sessionsOf({ a: ['operator'], v: ['viewer'] }),
    recordChange: (change) => void changes.push(change)
  })
  await call('/me', { token: tokenOf('a') })
  await call('/del', { token: tokenOf('a'), 'x-request-id': 'one' })
  await call('/del', { token: tokenOf('v'), 'x-request-id': 'two' })
  await call('/del', { 'x-request-id': 'three' })
  await call('/own', { token: tokenOf('v'), 'x-request-id': 'four' }, 'POST')
  t.strictSame(changes, [
    {
      who: 'zhangsan',
      sessionId: 'a',
      what: 'file.del',
      target: 'a.txt',
      requestId: 'one',
      code: 162,
      httpStatus: 200
    },
    {
      who: 'zhangsan',
      sessionId: 'v',
      what: 'file.del',
      requestId: 'two',
      code: 403,
      httpStatus: 403
    },
    { who: '', sessionId: '', what: 'file.del', requestId: 'three', code: 401, httpStatus: 401 },
    { who: 'zhangsan', sessionId: 'v', what: 'own', requestId: 'four', code: 200, httpStatus: 200 }
  ])
})

t.test('a change is reported also when its caller has left meanwhile', async (t) => {
  const changes: Change[] = []
  const { app, url } = await startService(t, {
    sessions: sessionsOf({ a: ['operator'] }),
    recordChange: (change) => void changes.push(change)
  })
  const begun = once(app.server, 'slow-begun')
  const socket = createConnection(Number(new URL(url).port), '127.0.0.1')
  const gone = once(app.server, 'connection').then(([served]) => once(served, 'close'))
  socket.write(`POST /slow HTTP/1.1\r\nHost: a\r\ntoken: ${tokenOf('a')}\r\n\r\n`)
  await begun
  socket.destroy()
  await gone
  app.server.emit('finish-slow')
  const limit = Date.now() + 5000
  while (changes.length === 0 && Date.now() < limit) await setImmediate()
  t.match(changes, [{ who: 'zhangsan', what: 'slow', httpStatus: 200 }])
})

t.test('AUTH_MODE=off serves programs and pages of its own, on this machine', async (t) => {
  const { url, call } = await startService(t, { variables: { AUTH_MODE: 'off' } })
  t.strictSame((await call('/me')).body, { name: 'anonymous', roles: ['admin'], sessionId: '' })
  t.equal((await call('/del', { origin: url })).status, 200)
  t.equal((await call('/me', { origin: 'http://evil.example' })).code(), 'AUTH_FOREIGN_ORIGIN')
  t.equal((await call('/me', { host: 'evil.example' })).code(), 'AUTH_FOREIGN_HOST')
})

t.test('sessions that cannot be asked are no sessions', async (t) => {
  const { call } = await startService(t, {
    sessions: {
      find: () => Promise.reject(new Error('broken')),
      findNow: () => undefined,
      ping: async () => {},
      watch: () => () => {}
    }
  })
  const answer = await call('/me', { token: tokenOf('a') })
  t.equal(answer.status, 503)
  t.equal(answer.code(), 'AUTH_SESSIONS_UNAVAILABLE')
  t.equal(answer.headers['retry-after'], '1')
})

t.test('AUTH_MODE=session without a store is a mistake of the program', async (t) => {
  t.throws(() => createAuthenticator({ config: authConfig(), sessions: null }), /session store/)
})

t.test('sessions in Redis: found, ended, and 503 while Redis is away', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const { app, url, call } = await startService(t, {
    variables: { REDIS_URL: redis.url, SESSION_KEY_PREFIX: 'login:' }
  })
  const token = tokenOf('a')
  const becomes = async (status: number) => {
    const limit = Date.now() + 15_000
    while ((await call('/me', { token })).status !== status) {
      if (Date.now() > limit) throw new Error(`never ${status}`)
    }
    t.pass(`${status}`)
  }
  await becomes(401)
  await redis.client.set('login:a', '{"roles":["admin"]}')
  t.strictSame((await call('/me', { token })).body, {
    name: 'zhangsan',
    roles: ['admin'],
    sessionId: 'a'
  })
  await redis.client.set('login:a', 'opaque')
  t.match((await call('/me', { token })).body, { roles: ['operator'] })
  await redis.client.del('login:a')
  t.equal((await call('/me', { token })).code(), 'AUTH_SESSION_ENDED')
  await redis.client.hset('login:a', 'name', 'zhangsan')
  t.match((await call('/me', { token })).body, { roles: ['operator'] }, 'whatever its type')
  await redis.client.del('login:a')
  await redis.client.set('login:a', '{}')
  await checkTokenAttacks(t, { url, path: '/me', secret: SECRET, goodToken: token })
  await t.resolves(app.sessions?.ping() ?? Promise.reject(new Error('no sessions')))

  await redis.stop()
  await becomes(503)
  await redis.start()
  await becomes(401)
  await redis.client.set('login:a', '{}')
  await becomes(200)

  redis.freeze()
  await becomes(503)
  redis.thaw()
  await becomes(200)
})

t.test('a service starts before its Redis, and closes without it', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  await redis.stop()
  const { app, call } = await startService(t, { variables: { REDIS_URL: redis.url } })
  t.equal((await call('/me', { token: tokenOf('a') })).status, 503)
  const port = (app.server.address() as AddressInfo).port
  await app.close()
  const socket = createConnection(port, '127.0.0.1')
  const [error] = await once(socket, 'error')
  t.equal((error as { code?: string }).code, 'ECONNREFUSED')
})
