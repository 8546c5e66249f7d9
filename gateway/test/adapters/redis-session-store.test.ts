import { needsRedis, startRedis } from '@scheduler-task/auth/test-support/redis-server'
import t from 'tap'
import { SESSION_INDEX_KEY } from '../../src/adapters/redis-session-store.ts'
import { openRedisSessions } from '../support/redis-sessions.ts'
import { checkSessionStore, sessionOf } from '../support/session-store-contract.ts'

const redisNeeded = needsRedis('@scheduler-task/gateway')

t.test('contract', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  let places = 0
  checkSessionStore(t, async (t) => {
    places += 1
    const prefix = `place-${places}:`
    return () => openRedisSessions(t, redis.url, prefix)
  })
})

t.test('the record is as the document has it: its key is the jti', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const store = await openRedisSessions(t, redis.url, 'login:')
  const session = sessionOf({ roles: ['admin'] })
  await store.create(session)
  t.strictSame(JSON.parse((await redis.client.get(`login:${session.id}`)) ?? ''), {
    name: 'zhangsan',
    roles: ['admin'],
    createdAt: session.createdAt.toISOString(),
    expiresAt: session.expiresAt.toISOString()
  })
  const ttl = await redis.client.pttl(`login:${session.id}`)
  t.ok(ttl > 55_000 && ttl <= 60_000, 'it expires by itself')
})

t.test('sessions made here are listed, those that have ended are not', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const store = await openRedisSessions(t, redis.url)
  const [ended, removed, alive] = [
    sessionOf({ expiresAt: new Date(Date.now() - 1) }),
    sessionOf(),
    sessionOf()
  ]
  for (const session of [ended, removed, alive]) await store.create(session)
  await store.remove(removed.id)
  t.strictSame(await redis.client.zrange(SESSION_INDEX_KEY, '0', '-1'), [alive.id])
})

t.test('Redis away: neither made, found, nor removed', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const store = await openRedisSessions(t, redis.url)
  const session = sessionOf()
  await redis.stop()
  const away = { name: 'SessionStoreUnavailable' }
  await t.rejects(store.create(session), away)
  await t.rejects(store.find(session.id), away)
  await t.rejects(store.remove(session.id), away)
  await t.rejects(store.get(session.id), away)
  await t.rejects(store.list(), away)
  await t.rejects(store.replace(session), away)
  await t.rejects(store.ping())
})

t.test('a Redis that may not be written to is not taken for success', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  await redis.client.config('SET', 'min-replicas-to-write', '1')
  const store = await openRedisSessions(t, redis.url)
  await t.rejects(store.create(sessionOf()), { name: 'SessionStoreUnavailable' })
})

t.test(
  'records of other systems are found, and are no sessions made here',
  redisNeeded,
  async (t) => {
    const redis = await startRedis(t)
    const store = await openRedisSessions(t, redis.url)
    await redis.client.set('of-another', 'opaque')
    await redis.client.zadd(SESSION_INDEX_KEY, Date.now() + 60_000, 'listed-but-opaque')
    await redis.client.set('listed-but-opaque', '{"name":1}')
    t.ok(await store.find('of-another'))
    t.equal(await store.get('of-another'), undefined)
    t.equal(await store.get('listed-but-opaque'), undefined)
    t.strictSame(await store.list(), [])
  }
)
