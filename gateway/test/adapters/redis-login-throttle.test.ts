import { connectRedis } from '@scheduler-task/auth/redis-plugin'
import {
  needsRedis,
  type RedisServer,
  startRedis
} from '@scheduler-task/auth/test-support/redis-server'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { createRedisLoginThrottle } from '../../src/adapters/redis-login-throttle.ts'
import { checkLoginThrottle, tryOnce } from '../support/login-throttle-contract.ts'

const redisNeeded = needsRedis('@scheduler-task/gateway')

/** A throttle as one process has it, with a connection of its own. */
async function openThrottle(t: Test, { url }: RedisServer, now?: () => number) {
  const redis = connectRedis(url)
  redis.on('error', () => {})
  t.teardown(() => redis.disconnect())
  await until(() => redis.status === 'ready')
  return createRedisLoginThrottle({ redis, prefix: 'login:', now })
}

t.test('as in memory', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  checkLoginThrottle(t, async (t, now) => {
    await redis.client.flushall()
    return await openThrottle(t, redis, now)
  })
})

t.test('processes that share a Redis count together', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const throttles = [await openThrottle(t, redis), await openThrottle(t, redis)]
  const tries = Array.from({ length: 40 }, (_, at) => {
    const throttle = throttles[at % 2]
    return throttle ? tryOnce(throttle, 'a', `10.0.0.${at}`) : 0
  })
  const begun = (await Promise.all(tries)).filter((waitMs) => waitMs === 0)
  t.equal(begun.length, 5)
})

t.test('what is kept is bounded, expires, and names nobody', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const throttle = await openThrottle(t, redis)
  for (let at = 0; at < 200; at += 1) {
    const tries = Array.from({ length: 100 }, (_, more) =>
      tryOnce(throttle, `secret-${at}-${more}`, `address-${at}-${more}`)
    )
    await Promise.all(tries)
  }
  const attempt = await throttle.begin('zhangsan', 'home')
  if ('waitMs' in attempt) throw new Error('paused')
  await attempt.succeeded()
  const keys = await redis.client.keys('*')
  t.equal(keys.length, 3)
  for (const key of keys) {
    t.ok(key.startsWith('login:scheduler-task:'), key)
    t.ok((await redis.client.pttl(key)) > 0, `${key} expires`)
  }
  t.equal(await redis.client.zcard('login:scheduler-task:login-failures-recent'), 30_000)
  t.equal(await redis.client.hlen('login:scheduler-task:login-failures'), 30_000)
  const names = await redis.client.hkeys('login:scheduler-task:login-failures')
  t.strictSame(
    names.filter((name) => /secret|zhangsan|address|home/.test(name)),
    []
  )
})

t.test('Redis away: nobody may try', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const throttle = await openThrottle(t, redis)
  await redis.stop()
  await t.rejects(throttle.begin('a', '1'), { name: 'SessionStoreUnavailable' })
})
