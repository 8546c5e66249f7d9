import type { Change } from '@scheduler-task/auth/record-change'
import { readToken } from '@scheduler-task/auth/test-support/mint-token'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { SECRET, startGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream-server.ts'

type Body = { statusCode: number; message: string; data: unknown }

async function call(
  url: string,
  {
    method = 'POST',
    headers = {},
    body
  }: { method?: string; headers?: Record<string, string>; body?: unknown } = {}
) {
  const response = await request(url, {
    method: method as 'POST',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? null : JSON.stringify(body)
  })
  const envelope = (await response.body.json()) as Body
  const code = () => JSON.parse(String(envelope.data)).code as string
  return { status: response.statusCode, headers: response.headers, envelope, code }
}

async function logIn(
  t: Test,
  url: string,
  body: object = { username: 'admin', password: 'admin' }
) {
  const answer = await call(`${url}/auth/login`, { body })
  t.equal(answer.status, 200)
  return { ...answer, ...(answer.envelope.data as { token: string; expiresAt: string }) }
}

t.test('login answers a token like that of the document, and its end', async (t) => {
  const { url } = await startGateway(t)
  const before = Math.floor(Date.now() / 1000)
  const { envelope, token, expiresAt, headers } = await logIn(t, url)
  t.strictSame(Object.keys(envelope), ['statusCode', 'message', 'data'])
  t.match(envelope, { statusCode: 200, message: '成功!' })
  const { header, claims } = readToken(token)
  t.equal(header.alg, 'HS256')
  t.strictSame(Object.keys(claims), ['jti', 'iat', 'iss', 'sub', 'exp', 'roles'])
  t.match(claims, { jti: /^[0-9a-f-]{36}$/, iss: 'wdjs', sub: 'admin', roles: ['admin'] })
  const iat = Number(claims.iat)
  t.ok(iat >= before && iat <= before + 5)
  t.equal(claims.exp, iat + 3600)
  t.equal(new Date(expiresAt).getTime() / 1000, claims.exp)
  t.equal(headers['cache-control'], 'no-store')
  t.equal(headers['set-cookie'], undefined, 'no cookie unasked')
})

t.test('issuer and length of a session are configured', async (t) => {
  const { url } = await startGateway(t, { JWT_ISSUER: 'here', SESSION_TTL_S: '60' })
  const { claims } = readToken((await logIn(t, url)).token)
  t.equal(claims.iss, 'here')
  t.equal(Number(claims.exp) - Number(claims.iat), 60)
})

t.test('who am I', async (t) => {
  const { url } = await startGateway(t)
  const { token, expiresAt } = await logIn(t, url)
  for (const headers of [
    { token },
    { authorization: `Bearer ${token}` },
    { cookie: `token=${token}` }
  ]) {
    const me = await call(`${url}/auth/me`, { method: 'GET', headers })
    t.strictSame(me.envelope.data, { name: 'admin', roles: ['admin'], expiresAt })
  }
})

t.test('logout ends the session at once, here and for the services', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.end('{}')
  })
  const { url, sessions } = await startGateway(t, { EXECUTOR_URL: upstream.url })
  const { token } = await logIn(t, url)
  const other = await logIn(t, url)
  const ask = (sent: string) =>
    call(`${url}/executor/x`, { method: 'GET', headers: { token: sent } })
  t.equal((await ask(token)).status, 200)
  const out = await call(`${url}/auth/logout`, { headers: { token } })
  t.strictSame(out.envelope, { statusCode: 200, message: '成功!', data: true })
  t.equal((await ask(token)).code(), 'AUTH_SESSION_ENDED')
  t.equal(await sessions.find(String(readToken(token).claims.jti)), undefined)
  t.equal((await ask(other.token)).status, 200, 'another session of the same user stays')
  t.equal((await call(`${url}/auth/logout`, { headers: { token } })).status, 401)
})

t.test('the cookie is one that no script and no other site can use', async (t) => {
  const { url } = await startGateway(t, { TRUST_PROXY: 'true' })
  const credentials = { username: 'admin', password: 'admin', cookie: true }
  const { headers, token, expiresAt } = await logIn(t, url, credentials)
  const cookie = String(headers['set-cookie'])
  t.match(cookie, new RegExp(`^token=${token.replaceAll('.', '\\.')};`))
  t.match(cookie, /; Path=\//)
  t.match(cookie, /; HttpOnly/)
  t.match(cookie, /; SameSite=Strict/)
  t.match(cookie, `; Expires=${new Date(expiresAt).toUTCString()}`)
  t.notMatch(cookie, /Secure/)
  const secure = await call(`${url}/auth/login`, {
    body: credentials,
    headers: { 'x-forwarded-proto': 'https' }
  })
  t.match(String(secure.headers['set-cookie']), /; Secure/)
})

t.test('a cookie alone logs nobody out, with X-Requested-With it does', async (t) => {
  const { url } = await startGateway(t)
  const { token } = await logIn(t, url)
  const cookie = `token=${token}`
  const alone = await call(`${url}/auth/logout`, { headers: { cookie } })
  t.equal(alone.status, 403)
  t.equal(alone.code(), 'AUTH_COOKIE_ALONE')
  const asked = await call(`${url}/auth/logout`, { headers: { cookie, 'x-requested-with': 'x' } })
  t.equal(asked.status, 200)
  t.match(String(asked.headers['set-cookie']), /^token=;.*Expires=Thu, 01 Jan 1970/)
})

t.test('a viewer may log out', async (t) => {
  const { url } = await startGateway(t)
  const { token } = await logIn(t, url, { username: 'reader', password: 'reader' })
  t.equal((await call(`${url}/auth/logout`, { headers: { token } })).status, 200)
})

t.test('an unknown user and a wrong password get the same answer', async (t) => {
  const { url } = await startGateway(t)
  const answers = []
  for (const body of [
    { username: 'admin', password: 'wrong' },
    { username: 'nobody', password: 'admin' },
    { username: '__proto__', password: 'admin' }
  ]) {
    const { status, envelope } = await call(`${url}/auth/login`, {
      body,
      headers: { 'x-request-id': 'same' }
    })
    answers.push(JSON.stringify({ status, envelope }))
  }
  t.equal(new Set(answers).size, 1)
  t.strictSame(JSON.parse(answers[0] ?? ''), {
    status: 401,
    envelope: {
      statusCode: 401,
      message: '用户名或密码错误',
      data: '{"error":"user name or password is wrong","code":"GATEWAY_BAD_CREDENTIALS","requestId":"same"}'
    }
  })
})

t.test('failed logins slow down, also with the right password then', async (t) => {
  let now = Date.now()
  const { url } = await startGateway(t, {}, { now: () => now })
  const attempt = (password: string) =>
    call(`${url}/auth/login`, { body: { username: 'admin', password } })
  for (let turn = 0; turn < 5; turn += 1) t.equal((await attempt('wrong')).status, 401)
  const paused = await attempt('admin')
  t.equal(paused.status, 429)
  t.equal(paused.code(), 'GATEWAY_LOGIN_TOO_OFTEN')
  t.equal(paused.headers['retry-after'], '1')
  now += 1000
  t.equal((await attempt('admin')).status, 200)
})

t.test('with TRUST_PROXY the address that counts is the one the proxy saw', async (t) => {
  const { url } = await startGateway(t, { TRUST_PROXY: 'true' })
  const attempt = (username: string, forwarded: string) =>
    call(`${url}/auth/login`, {
      body: { username, password: 'wrong' },
      headers: { 'x-forwarded-for': forwarded }
    })
  for (let turn = 0; turn < 5; turn += 1) await attempt(`user ${turn}`, `10.0.0.${turn}, 10.9.9.9`)
  t.equal((await attempt('another', '10.0.0.77, 10.9.9.9')).status, 429, 'not what a client says')
  t.equal((await attempt('another', '10.9.9.8')).status, 401)
})

t.test('bodies that are no login', async (t) => {
  const { url } = await startGateway(t)
  for (const body of [
    {},
    [],
    'text',
    { username: 'admin' },
    { username: '', password: 'a' },
    { username: 'admin', password: '' },
    { username: 7, password: 'a' },
    { username: 'a'.repeat(257), password: 'a' },
    { username: 'admin', password: 'a'.repeat(1025) },
    { username: 'admin', password: 'admin', cookie: 'yes' }
  ]) {
    const answer = await call(`${url}/auth/login`, { body })
    t.equal(answer.status, 400, JSON.stringify(body).slice(0, 60))
    t.equal(answer.envelope.message, '参数错误')
  }
  const large = await call(`${url}/auth/login`, { body: { username: 'a'.repeat(2 << 20) } })
  t.equal(large.status, 413)
  t.equal((await call(`${url}/auth/login`, { method: 'GET' })).status, 405)
})

t.test('logins and logouts are reported as changes, without secrets', async (t) => {
  const lines: string[] = []
  const { pino } = await import('pino')
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const { url } = await startGateway(t, {}, { logger })
  const { token } = await logIn(t, url)
  await call(`${url}/auth/login`, { body: { username: 'nobody', password: 'a-wrong-one' } })
  await call(`${url}/auth/logout`, { headers: { token } })
  const changes = lines
    .map((line) => JSON.parse(line).change as Change | undefined)
    .filter((change) => change !== undefined)
    .map(({ who, what, target, code }) => ({ who, what, target, code }))
  t.strictSame(changes, [
    { who: 'admin', what: 'session.login', target: 'admin', code: 200 },
    { who: '', what: 'session.login', target: 'nobody', code: 401 },
    { who: 'admin', what: 'session.logout', target: undefined, code: 200 }
  ])
  const all = lines.join('')
  for (const secret of [token, 'a-wrong-one', SECRET]) t.notOk(all.includes(secret))
})

t.test('AUTH_MODE=jwt: the token alone counts, and cannot be ended', async (t) => {
  const { url, sessions } = await startGateway(t, { AUTH_MODE: 'jwt' })
  const { token } = await logIn(t, url, { username: 'reader', password: 'reader' })
  t.equal(await sessions.find(String(readToken(token).claims.jti)), undefined)
  const me = await call(`${url}/auth/me`, { method: 'GET', headers: { token } })
  t.match(me.envelope.data, { name: 'reader', roles: ['viewer'] })
  const out = await call(`${url}/auth/logout`, { headers: { token } })
  t.equal(out.status, 409)
  t.equal(out.code(), 'GATEWAY_SESSIONS_NOT_KEPT')
})

t.test('AUTH_MODE=off: nobody logs in, pages of other sites are kept out', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.end('{}')
  })
  const { url } = await startGateway(t, { AUTH_MODE: 'off', EXECUTOR_URL: upstream.url })
  const me = await call(`${url}/auth/me`, { method: 'GET' })
  t.strictSame(me.envelope.data, { name: 'anonymous', roles: ['admin'], expiresAt: null })
  const login = await call(`${url}/auth/login`, { body: { username: 'admin', password: 'admin' } })
  t.equal(login.code(), 'GATEWAY_NO_LOGIN')
  t.equal((await call(`${url}/auth/logout`)).code(), 'GATEWAY_SESSIONS_NOT_KEPT')
  for (const [headers, status] of [
    [{}, 200],
    [{ origin: url }, 200],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ origin: 'http://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ host: 'evil.example' }, 403]
  ] as const) {
    for (const path of ['/auth/me', '/executor/x']) {
      const answer = await call(`${url}${path}`, { method: 'GET', headers: { ...headers } })
      t.equal(answer.status, status, `${path} ${JSON.stringify(headers)}`)
    }
  }
})

t.test('what everybody may see', async (t) => {
  const { url } = await startGateway(t)
  for (const path of ['/live', '/ready', '/version', '/openapi.json']) {
    const response = await request(`${url}${path}`)
    t.equal(response.statusCode, 200, path)
    await response.body.dump()
  }
  const document = (await (await request(`${url}/openapi.json`)).body.json()) as { paths: object }
  const paths =
    '/auth/login /auth/logout /auth/renew /auth/me /auth/sessions /auth/sessions/{id} /live /version /ready'
  t.strictSame(Object.keys(document.paths), paths.split(' '))
})
