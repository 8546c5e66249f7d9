import { claimsOf, mintToken, readToken } from '@scheduler-task/auth/test-support/mint-token'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { openSession, SECRET, startGateway } from '../support/gateway.ts'

type Answer = { status: number; data: unknown; code: () => string; cookie: unknown }
type Shown = { items: { id: string; name: string; current: boolean }[]; total: number }

async function startWorld(t: Test, variables: Record<string, string> = {}, now = () => Date.now()) {
  const gateway = await startGateway(t, variables, { now })
  const call = async (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    headers: Record<string, string>,
    body?: object
  ): Promise<Answer> => {
    const response = await request(`${gateway.url}${path}`, {
      method,
      headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? JSON.stringify(body) : null
    })
    const { data } = (await response.body.json()) as { data: unknown }
    const code = () => JSON.parse(String(data)).code as string
    return { status: response.statusCode, data, code, cookie: response.headers['set-cookie'] }
  }
  const logIn = async (name: string) => {
    const body = { username: name, password: name }
    const { token } = (await call('POST', '/auth/login', {}, body)).data as { token: string }
    return { token, id: String(readToken(token).claims.jti) }
  }
  const list = async (token: string, query = '') =>
    (await call('GET', `/auth/sessions${query}`, { token })).data as Shown
  return { ...gateway, call, logIn, list }
}

t.test(
  'a session is renewed before its end: same session, new token, older ones count on',
  async (t) => {
    let clock = Date.now()
    const { call, logIn, sessions } = await startWorld(t, { SESSION_TTL_S: '600' }, () => clock)
    const { token, id } = await logIn('admin')
    clock += 300_000
    const renewed = await call('POST', '/auth/renew', { token })
    t.equal(renewed.status, 200)
    t.equal(renewed.cookie, undefined)
    const { token: next, expiresAt } = renewed.data as { token: string; expiresAt: string }
    const [before, after] = [readToken(token).claims, readToken(next).claims]
    t.equal(after.jti, id)
    t.equal(Number(after.exp), Number(before.exp) + 300)
    t.equal(new Date(expiresAt).getTime() / 1000, after.exp)
    t.equal((await sessions.get(id))?.expiresAt.getTime(), Number(after.exp) * 1000)
    for (const each of [token, next])
      t.equal((await call('GET', '/auth/me', { token: each })).status, 200)
  }
)

t.test('a renewal brings the cookie to whoever came with it', async (t) => {
  const { call, logIn } = await startWorld(t)
  const { token } = await logIn('admin')
  const cookie = `token=${token}`
  t.equal((await call('POST', '/auth/renew', { cookie })).code(), 'AUTH_COOKIE_ALONE')
  const renewed = await call('POST', '/auth/renew', { cookie, 'x-requested-with': 'x' })
  t.match(String(renewed.cookie), /^token=[^;]+;.*HttpOnly/)
})

t.test(
  'no renewal passes SESSION_MAX_S, revives what has ended, or is for others’ sessions',
  async (t) => {
    let clock = Date.now()
    const variables = { SESSION_TTL_S: '600', SESSION_MAX_S: '1000' }
    const { call, logIn, sessions } = await startWorld(t, variables, () => clock)
    const { token, id } = await logIn('admin')
    clock += 500_000
    const renewed = await call('POST', '/auth/renew', { token })
    const { claims } = readToken((renewed.data as { token: string }).token)
    t.equal(Number(claims.exp), Number(readToken(token).claims.iat) + 1000)
    await sessions.remove(id)
    t.equal((await call('POST', '/auth/renew', { token })).code(), 'AUTH_SESSION_ENDED')
    const gone = await openSession(sessions, { id: 'of-a-user-who-is-gone', name: 'gone' })
    t.equal((await call('POST', '/auth/renew', { token: gone })).code(), 'AUTH_SESSION_ENDED')
    t.equal(await sessions.find('of-a-user-who-is-gone'), undefined)
  }
)

t.test('everybody sees and ends their own sessions', async (t) => {
  const { call, logIn, list, sessions } = await startWorld(t)
  const [first, second, third, others] = [
    await logIn('reader'),
    await logIn('reader'),
    await logIn('reader'),
    await logIn('admin')
  ]
  const shown = await list(first.token)
  t.equal(shown.total, 3)
  t.match(shown.items, [{ name: 'reader' }, { name: 'reader' }, { name: 'reader' }])
  t.strictSame(
    shown.items.filter(({ current }) => current).map(({ id }) => id),
    [first.id]
  )
  t.strictSame(
    (await call('DELETE', `/auth/sessions/${second.id}`, { token: first.token })).data,
    true
  )
  t.equal((await call('GET', '/auth/me', { token: second.token })).code(), 'AUTH_SESSION_ENDED')
  for (const id of [others.id, second.id, 'session-1', 'never', '..%2f', '%00']) {
    const refused = await call('DELETE', `/auth/sessions/${id}`, { token: first.token })
    t.ok([404, 400].includes(refused.status), id)
  }
  for (const query of ['?user=admin', '?all=true']) {
    for (const method of ['GET', 'DELETE'] as const) {
      const refused = await call(method, `/auth/sessions${query}`, { token: first.token })
      t.equal(refused.code(), 'GATEWAY_ADMINS_ONLY')
    }
  }
  t.ok(await sessions.find(others.id))
  t.strictSame((await call('DELETE', '/auth/sessions', { token: first.token })).data, { ended: 2 })
  for (const { token } of [first, third])
    t.equal((await call('GET', '/auth/me', { token })).status, 401)
  t.equal((await call('GET', '/auth/me', { token: others.token })).status, 200)
})

t.test('admins see and end anyone’s', async (t) => {
  const { call, logIn, list } = await startWorld(t)
  const [admin, reader, again] = [
    await logIn('admin'),
    await logIn('reader'),
    await logIn('reader')
  ]
  const all = await list(admin.token, '?all=true')
  t.equal(all.total, 4)
  t.strictSame(new Set(all.items.map(({ name }) => name)), new Set(['admin', 'reader', 'zhangsan']))
  t.equal((await list(admin.token, '?user=reader')).total, 2)
  t.equal((await list(admin.token)).total, 1)
  t.equal((await call('DELETE', `/auth/sessions/${reader.id}`, { token: admin.token })).status, 200)
  t.equal((await call('GET', '/auth/me', { token: reader.token })).status, 401)
  const rest = await call('DELETE', '/auth/sessions?user=reader', { token: admin.token })
  t.strictSame(rest.data, { ended: 1 })
  t.equal((await call('GET', '/auth/me', { token: again.token })).status, 401)
  t.equal((await call('GET', '/auth/sessions?all=yes', { token: admin.token })).status, 400)
  t.equal((await call('GET', '/auth/sessions?user=', { token: admin.token })).status, 400)
})

t.test('where no sessions are kept, none can be seen', async (t) => {
  const { call } = await startWorld(t, { AUTH_MODE: 'jwt' })
  const token = mintToken(SECRET, claimsOf('x', { roles: ['admin'] }))
  for (const [method, path] of [
    ['GET', '/auth/sessions'],
    ['DELETE', '/auth/sessions'],
    ['DELETE', '/auth/sessions/x'],
    ['POST', '/auth/renew']
  ] as const) {
    t.equal((await call(method, path, { token })).code(), 'GATEWAY_SESSIONS_NOT_KEPT', path)
  }
})
