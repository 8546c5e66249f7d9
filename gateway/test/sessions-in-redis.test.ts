import { claimsOf, mintToken, readToken } from '@scheduler-task/auth/test-support/mint-token'
import {
  needsRedis,
  type RedisServer,
  startRedis
} from '@scheduler-task/auth/test-support/redis-server'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { buildApp } from '../src/app.ts'
import { knownUsers, SECRET, testConfig } from './support/gateway.ts'

const redisNeeded = needsRedis('@scheduler-task/gateway')
const PREFIX = 'login:'
/** Those of packages/auth/README.md for the gateway. */
const RIGHTS =
  '+hello +client|tracking +get +pttl +ping +info +set +del +mget +zadd +zrem +zscore +zcard +zrange +zrangebyscore +zremrangebyscore +zremrangebyrank +zpopmin +hget +hset +hdel +hexists +hincrby +pexpire +eval +time'
const PASSWORD = 'of-this-test'

/** A gateway on this Redis, as the user `gateway` that may do no more than is documented. */
async function startOn(t: Test, redis: RedisServer, rights = RIGHTS.split(' ')) {
  const { client } = redis
  await client.call(
    'ACL',
    'SETUSER',
    'gateway',
    'reset',
    'on',
    `>${PASSWORD}`,
    `~${PREFIX}*`,
    ...rights
  )
  const config = testConfig({
    DATA_DIR: lastingDirectory(t),
    REDIS_URL: redis.url.replace('://', `://gateway:${PASSWORD}@`),
    SESSION_KEY_PREFIX: PREFIX
  })
  const app = await buildApp(config, { users: knownUsers() })
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  await until(async () => app.redis.status === 'ready')
  const call = async (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    token = '',
    body?: object
  ) => {
    const answer = await request(url + path, {
      method,
      headers: { token, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? JSON.stringify(body) : null
    })
    const { data } = (await answer.body.json()) as { data: never }
    const code = answer.statusCode === 200 ? '' : (JSON.parse(data).code as string)
    return { status: answer.statusCode, data: data as unknown, code }
  }
  const logIn = async (name: string, password = name) => {
    const { status, data } = await call('POST', '/auth/login', '', { username: name, password })
    if (status !== 200) return { status, token: '', id: '' }
    const { token } = data as { token: string }
    return { status, token, id: String(readToken(token).claims.jti) }
  }
  return { call, logIn }
}

t.test('with the rights that are documented: log in, renew, list, end', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const [first, second] = [await startOn(t, redis), await startOn(t, redis)]
  const admin = await first.logIn('admin')
  const readers = [
    await first.logIn('reader'),
    await second.logIn('reader'),
    await first.logIn('reader')
  ]
  const [reader, other, third] = readers as [typeof admin, typeof admin, typeof admin]

  const renewed = await second.call('POST', '/auth/renew', reader.token)
  t.equal(renewed.status, 200)
  const { token } = renewed.data as { token: string }
  t.equal(readToken(token).claims.jti, reader.id)
  t.equal((await first.call('GET', '/auth/me', token)).status, 200)
  t.equal(
    (await first.call('GET', '/auth/me', reader.token)).status,
    200,
    'the older one counts on'
  )

  t.match((await second.call('GET', '/auth/sessions', reader.token)).data, { total: 3 })
  t.match((await second.call('GET', '/auth/sessions?all=true', admin.token)).data, { total: 4 })
  for (const [method, path] of [
    ['GET', '/auth/sessions?all=true'],
    ['GET', '/auth/sessions?user=admin'],
    ['DELETE', '/auth/sessions?user=admin']
  ] as const) {
    t.equal((await first.call(method, path, reader.token)).code, 'GATEWAY_ADMINS_ONLY')
  }
  // Of others, keys that are no sessions, and one of another system.
  await redis.client.set(`${PREFIX}of-another-system`, '{}')
  for (const id of [admin.id, 'of-another-system', 'scheduler-task:sessions', 'never']) {
    t.equal((await first.call('DELETE', `/auth/sessions/${id}`, reader.token)).status, 404, id)
    if (id !== admin.id) {
      t.equal((await first.call('DELETE', `/auth/sessions/${id}`, admin.token)).status, 404, id)
    }
  }
  t.equal(
    await redis.client.exists(`${PREFIX}of-another-system`, `${PREFIX}scheduler-task:sessions`),
    2
  )

  const ended = async (gone: { token: string }) =>
    until(
      async () => (await second.call('GET', '/auth/me', gone.token)).code === 'AUTH_SESSION_ENDED'
    )
  t.equal((await first.call('DELETE', `/auth/sessions/${other.id}`, reader.token)).status, 200)
  await ended(other)
  t.equal((await first.call('DELETE', `/auth/sessions/${third.id}`, admin.token)).status, 200)
  await ended(third)
  t.strictSame((await first.call('DELETE', '/auth/sessions', reader.token)).data, { ended: 1 })
  await ended(reader)
  t.equal((await second.call('POST', '/auth/renew', reader.token)).status, 401, 'it stays ended')
  t.equal((await first.call('POST', '/auth/logout', admin.token)).status, 200)
  await ended(admin)

  const foreign = mintToken(SECRET, claimsOf('of-another-system'))
  t.equal(
    (await first.call('POST', '/auth/renew', foreign)).code,
    'GATEWAY_SESSION_OF_ANOTHER_SYSTEM'
  )
  t.equal((await first.call('POST', '/auth/logout', foreign)).status, 200)
  t.equal(await redis.client.exists(`${PREFIX}of-another-system`), 0)
})

t.test(
  'a user has a hundred sessions at most; one more ends the one that would end first',
  redisNeeded,
  async (t) => {
    const redis = await startRedis(t)
    const { call, logIn } = await startOn(t, redis)
    const stays = await logIn('admin')
    const logins = []
    for (let turn = 0; turn < 102; turn += 1) logins.push(await logIn('reader'))
    const statuses = []
    for (const { token } of logins) statuses.push((await call('GET', '/auth/me', token)).status)
    t.equal(statuses.filter((status) => status === 200).length, 100)
    t.equal(statuses.at(-1), 200, 'the newest is there')
    t.equal((await call('GET', '/auth/me', stays.token)).status, 200, 'others are left alone')
    const last = logins.at(-1)
    t.match((await call('GET', '/auth/sessions', last?.token)).data, { total: 100 })
    t.equal(await redis.client.zcard(`${PREFIX}scheduler-task:sessions`), 101)

    // Those that have ended already do not count.
    const others = logins.slice(-50, -1)
    for (const { id } of others) await redis.client.del(PREFIX + id)
    const kept = statuses.indexOf(200)
    for (let turn = 0; turn < 49; turn += 1) await logIn('reader')
    t.equal((await call('GET', '/auth/me', logins[kept]?.token)).status, 200)
  }
)

t.test('failed logins count for all gateways together', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const gateways = [await startOn(t, redis), await startOn(t, redis)]
  const statuses: number[] = []
  for (let turn = 0; turn < 8; turn += 1) {
    const gateway = gateways[turn % 2]
    if (gateway) statuses.push((await gateway.logIn('admin', 'wrong')).status)
  }
  t.strictSame(statuses, [401, 401, 401, 401, 401, 429, 429, 429])
})
