import { createHmac } from 'node:crypto'
import t from 'tap'
import { startAll, startProxy, startSurroundings } from '../support/proxy.ts'

const JWT_SECRET = 'a-secret-of-at-least-thirty-two-bytes'
const JWT = { AUTH_MODE: 'jwt', JWT_SECRET }

function tokenOf(claims: Record<string, unknown> = {}): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 3600
  const input = `${part({ alg: 'HS256' })}.${part({ jti: 'a', sub: 'zhangsan', exp, ...claims })}`
  return `${input}.${createHmac('sha256', JWT_SECRET).update(input).digest('base64url')}`
}

const ALL = {
  username: 'admin',
  password: 'admin',
  sessionId: 's',
  project: 'test',
  flow: 'hold',
  execId: 1,
  jobId: 'hold'
}
const READS = ['getAppId', 'logger', 'status', 'running']
const CHANGES = ['start', 'stop', 'restart']

t.test('nobody gets in without a token', async (t) => {
  const { azkaban } = await startSurroundings(t)
  const { post } = await startProxy(t, { ...JWT, AZKABAN_URL: azkaban.url })
  for (const call of ['login', ...READS, ...CHANGES]) {
    t.match(await post(call, ALL), { http: 401, statusCode: 401 }, call)
  }
  t.equal(azkaban.requests.length, 0)
})

t.test('a viewer reads and logs in to Azkaban, and changes nothing', async (t) => {
  const { azkaban } = await startSurroundings(t)
  const { post, changes } = await startProxy(t, { ...JWT, AZKABAN_URL: azkaban.url })
  const headers = { token: tokenOf({ roles: ['viewer'] }) }
  t.match(await post('login', ALL, headers), { http: 200, statusCode: 200 })
  for (const call of READS) t.equal((await post(call, ALL, headers)).http, 200, call)
  for (const call of CHANGES) t.equal((await post(call, ALL, headers)).http, 403, call)
  const cookie = { cookie: `token=${tokenOf()}` }
  t.equal((await post('start', ALL, cookie)).http, 403, 'a cookie alone is not enough')
  t.equal(azkaban.executions.length, 0)
  t.match(changes[0], { who: 'zhangsan', what: 'azkaban.login', target: 'admin', code: 200 })
})

t.test('passwords and session ids stand in no log and no record', async (t) => {
  const users = [
    { name: 'admin', password: 'admin' },
    { name: 'li', password: 'pa55-word-of-li' }
  ]
  const { post, logged, changes, azkaban } = await startAll(t, { users })
  const login = await post('login', { username: 'li', password: 'pa55-word-of-li' })
  const sessionId = String(login.json['session.id'])
  await post('login', { username: 'li', password: 'wrong-pa55-word' })
  await post('login', { username: 5, password: 'wrong-pa55-word' })
  for (const call of [...READS, ...CHANGES])
    await post(call, { ...ALL, sessionId, extra: sessionId })
  azkaban.faults.add({ kind: 'reset' })
  for (const call of [...READS, ...CHANGES]) await post(call, { ...ALL, sessionId })
  const told = logged() + JSON.stringify(changes)
  t.match(told, /azkaban\.login/)
  t.match(told, /"keys":\["extra"\]/, 'unknown keys are named')
  t.notMatch(told, /pa55-word/)
  t.notOk(told.includes(sessionId))
})
