import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openTrackedSessions } from '../src/tracked-sessions.ts'
import { needsRedis, type RedisServer, startRedis } from './support/redis-server.ts'

// What packages/auth/README.md says of the rights that a service's Redis user needs, and no more.

const redisNeeded = needsRedis('@scheduler-task/auth')
// Newer ones take HELLO from everybody.
const HELLO = '+hello'
const RIGHTS = ['+client|tracking', '+get', '+pttl', '+ping', '~login:*']
const PASSWORD = 'of-this-test'

/** Sessions as a service finds them that logs in to Redis as a user with these rights. */
async function openAs(t: Test, redis: RedisServer, rights: readonly string[]) {
  await redis.client.call('ACL', 'SETUSER', 'service', 'reset', 'on', `>${PASSWORD}`, ...rights)
  const url = redis.url.replace('://', `://service:${PASSWORD}@`)
  const reasons: string[] = []
  const sessions = openTrackedSessions({
    url,
    prefix: 'login:',
    onAvailable: (available, error) => {
      if (!available) reasons.push(error instanceof Error ? error.message : String(error))
    }
  })
  t.teardown(() => sessions.close())
  await sessions.settled
  return { sessions, reasons }
}

t.test('the rights that are documented are enough', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const { sessions, reasons } = await openAs(t, redis, [HELLO, ...RIGHTS])
  await redis.client.set('login:a', '{"roles":["viewer"]}', 'PX', 60_000)
  t.strictSame(await sessions.find('a'), { roles: ['viewer'] })
  t.ok(sessions.findNow('a'))
  await redis.client.del('login:a')
  const limit = performance.now() + 1000
  while (sessions.findNow('a') && performance.now() < limit) await pause(5)
  t.equal(sessions.findNow('a'), undefined)
  await sessions.ping()
  t.strictSame(reasons, [])
})

t.test('each of them is needed: without it nobody is let in', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  await redis.client.set('login:a', '{}')
  for (const missing of RIGHTS) {
    const rights = [HELLO, ...RIGHTS.filter((right) => right !== missing)]
    const { sessions } = await openAs(t, redis, rights)
    await t.rejects(sessions.find('a'), { name: 'SessionStoreUnavailable' }, missing)
    t.equal(sessions.findNow('a'), undefined)
    sessions.close()
  }
})

t.test('a password that is wrong, or changed meanwhile, lets nobody in', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  await redis.client.set('login:a', '{}')
  const { sessions } = await openAs(t, redis, [HELLO, ...RIGHTS])
  t.ok(await sessions.find('a'))
  await redis.client.call('ACL', 'SETUSER', 'service', 'resetpass', '>another')
  await redis.client.call('CLIENT', 'KILL', 'USER', 'service')
  const limit = performance.now() + 2000
  while (sessions.findNow('a') && performance.now() < limit) await pause(5)
  await t.rejects(sessions.find('a'), { name: 'SessionStoreUnavailable' })
})

t.test('rights that are taken away while it runs let nobody in', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const { sessions } = await openAs(t, redis, [HELLO, ...RIGHTS])
  for (const id of ['a', 'b']) await redis.client.set(`login:${id}`, '{}')
  t.ok(await sessions.find('a'))
  await redis.client.call('ACL', 'SETUSER', 'service', 'resetkeys')
  await t.rejects(sessions.find('b'), { name: 'SessionStoreUnavailable' })
})
