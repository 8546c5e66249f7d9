import { claimsOf, mintToken } from '@scheduler-task/auth/test-support/mint-token'
import { needsRedis, startRedis } from '@scheduler-task/auth/test-support/redis-server'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { buildApp } from '../src/app.ts'
import { knownUsers, SECRET, testConfig } from './support/gateway.ts'
import { startUpstream } from './support/upstream-server.ts'

const redisNeeded = needsRedis('@scheduler-task/gateway')

async function startWithRedis(t: Test, redisUrl: string) {
  const upstream = await startUpstream(t, (_request, response) => {
    response.end('{}')
  })
  const config = testConfig({
    DATA_DIR: lastingDirectory(t),
    REDIS_URL: redisUrl,
    EXECUTOR_URL: upstream.url,
    SESSION_KEY_PREFIX: 'login:'
  })
  const app = await buildApp(config, { users: knownUsers() })
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const ask = async (token: string, path = '/executor/x') => {
    const { statusCode, headers, body } = await request(`${url}${path}`, { headers: { token } })
    return { status: statusCode, retryAfter: headers['retry-after'], text: await body.text() }
  }
  await until(async () => (await ask('', '/ready')).status === 200)
  return { url, ask }
}

t.test(
  'login records of another system count, and end when that removes them',
  redisNeeded,
  async (t) => {
    const redis = await startRedis(t)
    const { ask } = await startWithRedis(t, redis.url)
    const token = mintToken(SECRET, claimsOf('of-another'))
    t.equal((await ask(token)).status, 401)
    await redis.client.set('login:of-another', 'opaque')
    t.equal((await ask(token)).status, 200)
    t.match((await ask(token, '/auth/me')).text, '"roles":["operator"]')
    await redis.client.del('login:of-another')
    t.match((await ask(token)).text, 'AUTH_SESSION_ENDED')
    await redis.client.hset('login:of-another', 'name', 'zhangsan')
    t.equal((await ask(token)).status, 200, 'whatever its type')
  }
)

t.test('Redis stopped: 503 and never a pass; back by itself', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const { url, ask } = await startWithRedis(t, redis.url)
  const token = mintToken(SECRET, claimsOf('kept'))
  await redis.client.set('login:kept', '{}')
  t.equal((await ask(token)).status, 200)

  await redis.stop()
  for (const path of ['/executor/x', '/auth/me']) {
    const answer = await ask(token, path)
    t.equal(answer.status, 503, path)
    t.match(answer.text, 'AUTH_SESSIONS_UNAVAILABLE')
    t.ok(answer.retryAfter)
  }
  t.equal((await ask('nonsense')).status, 401, 'a bad token needs no Redis')
  t.equal((await ask('', '/ready')).status, 503)
  t.equal((await ask('', '/live')).status, 200)
  const login = await request(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: 'admin' })
  })
  t.equal(login.statusCode, 503)
  await login.body.dump()

  await redis.start()
  await until(async () => (await ask('', '/ready')).status === 200)
  t.match((await ask(token)).text, 'AUTH_SESSION_ENDED', 'this Redis remembers nothing')
  await redis.client.set('login:kept', '{}')
  t.equal((await ask(token)).status, 200)
})

t.test('Redis that stands still: 503 within a second; back by itself', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const { ask } = await startWithRedis(t, redis.url)
  const token = mintToken(SECRET, claimsOf('kept'))
  await redis.client.set('login:kept', '{}')
  t.equal((await ask(token)).status, 200)

  redis.freeze()
  const startedAt = performance.now()
  await until(async () => (await ask(token)).status === 503)
  t.ok(performance.now() - startedAt < 1500, 'less than a second, and the time to find out')
  const answers = await Promise.all([ask(token), ask(token), ask(token)])
  t.strictSame(
    answers.map(({ status }) => status),
    [503, 503, 503]
  )

  redis.thaw()
  await until(async () => (await ask(token)).status === 200)
})
