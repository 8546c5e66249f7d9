import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { SessionEnd } from '../src/session-lookup.ts'
import { openTrackedSessions, type TrackedSessions } from '../src/tracked-sessions.ts'
import { needsRedis, type RedisServer, startRedis } from './support/redis-server.ts'
import { startRelay } from './support/relay.ts'

const redisNeeded = needsRedis('@scheduler-task/auth')
const LIMIT_MS = 1000

type World = {
  redis: RedisServer
  sessions: TrackedSessions
  /** What `find` answers: the roles, `ended`, or `unknown` when the store could not be asked. */
  ask(id: string): Promise<string>
  /** How long it takes until `find` answers that, in ms. */
  untilAsked(id: string, wanted: string): Promise<number>
}

async function startWorld(t: Test, { port }: { port?: number } = {}, server?: RedisServer) {
  const redis = server ?? (await startRedis(t))
  const url = port ? `redis://127.0.0.1:${port}` : redis.url
  const sessions = openTrackedSessions({ url, prefix: 'login:' })
  t.teardown(() => sessions.close())
  await sessions.settled
  const ask = async (id: string) => {
    try {
      return (await sessions.find(id))?.roles.join() ?? 'ended'
    } catch (error) {
      if (error instanceof Error && error.name === 'SessionStoreUnavailable') return 'unknown'
      throw error
    }
  }
  const untilAsked = async (id: string, wanted: string) => {
    const startedAt = performance.now()
    while ((await ask(id)) !== wanted) {
      if (performance.now() - startedAt > 20_000) throw new Error(`${id} never is ${wanted}`)
      await pause(2)
    }
    return performance.now() - startedAt
  }
  return { redis, sessions, ask, untilAsked } satisfies World
}

const portOf = ({ url }: RedisServer) => Number(new URL(url).port)

/** How many questions Redis has been asked so far. */
async function questions({ client }: RedisServer): Promise<number> {
  return Number(/cmdstat_get:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0)
}

t.test('a session is asked for once, not for each request', redisNeeded, async (t) => {
  const { redis, ask } = await startWorld(t)
  await redis.client.set('login:a', '{"roles":["viewer"]}')
  const before = await questions(redis)
  await Promise.all(Array.from({ length: 100 }, () => ask('a')))
  for (let at = 0; at < 1000; at += 1) t.equal(await ask('a'), 'viewer')
  const asked = (await questions(redis)) - before
  t.ok(asked <= 20, `${asked} questions for 1100 requests`)
})

t.test('whoever ends a session in whatever way: it ends at once', redisNeeded, async (t) => {
  const { redis, ask, untilAsked } = await startWorld(t)
  const { client } = redis
  const ways: Record<string, () => Promise<unknown>> = {
    del: () => client.del('login:a'),
    unlink: () => client.unlink('login:a'),
    rename: () => client.rename('login:a', 'elsewhere'),
    'expiry set to now': () => client.pexpire('login:a', 0),
    'expiry set to soon': () => client.pexpire('login:a', 100),
    move: () => client.move('login:a', 3),
    flushdb: () => client.flushdb(),
    flushall: () => client.flushall(),
    'a transaction': () => client.multi().del('login:a').exec(),
    'a script': () => client.eval('return redis.call("del", KEYS[1])', 1, 'login:a'),
    'swapdb, which Redis tells nobody': () => client.swapdb(0, 7)
  }
  for (const [way, end] of Object.entries(ways)) {
    await client.set('login:a', 'opaque')
    t.equal(await ask('a'), 'operator')
    t.equal(await ask('a'), 'operator')
    await end()
    const ms = await untilAsked('a', 'ended')
    t.ok(ms < LIMIT_MS, `${way}: ${Math.round(ms)} ms`)
    await client.flushall()
  }
})

t.test(
  'a session ends when its record expires, however long it was remembered',
  redisNeeded,
  async (t) => {
    const { redis, ask } = await startWorld(t)
    // Redis looks for expired keys seldom: it is not what tells.
    await redis.client.config('SET', 'hz', '1')
    const endsAt = performance.now() + 600
    await redis.client.set('login:a', '{}', 'PX', 600)
    let passed = 0
    while ((await ask('a')) === 'operator') passed += 1
    const lateMs = performance.now() - endsAt
    t.ok(passed > 1)
    t.ok(lateMs < 300, `${Math.round(lateMs)} ms late`)
  }
)

t.test('a record that changes counts as it is now', redisNeeded, async (t) => {
  const { redis, ask, untilAsked } = await startWorld(t)
  await redis.client.set('login:a', '{"roles":["admin"]}')
  t.equal(await ask('a'), 'admin')
  await redis.client.set('login:a', '{"roles":["viewer"]}')
  t.ok((await untilAsked('a', 'viewer')) < LIMIT_MS)
  await redis.client.del('login:a')
  await redis.client.hset('login:a', 'name', 'zhangsan')
  t.ok((await untilAsked('a', 'operator')) < LIMIT_MS, 'whatever its type')
  await redis.client.del('login:a')
  t.ok((await untilAsked('a', 'ended')) < LIMIT_MS)
  await redis.client.set('login:a', '{}')
  t.equal(await ask('a'), 'operator', 'an answer that there is none is not remembered')
})

t.test('ids that Redis could not name in a change are nobody’s', redisNeeded, async (t) => {
  const { redis, ask, untilAsked } = await startWorld(t)
  for (const id of ['', ' ', '用户', '\u0000', '\ufffd', '😀', '*', 'x'.repeat(1024)]) {
    await redis.client.set(`login:${id}`, '{}')
    t.equal(await ask(id), 'operator')
    await redis.client.del(`login:${id}`)
    t.ok((await untilAsked(id, 'ended')) < LIMIT_MS)
  }
  await redis.client.set('login:\ufffd', '{}')
  t.equal(await ask('\ud800'), 'ended')
})

t.test('a session that ends while it is asked for is not remembered', redisNeeded, async (t) => {
  const redis = await startRedis(t)
  const relay = await startRelay(t, portOf(redis))
  const { ask, untilAsked } = await startWorld(t, relay, redis)
  for (let at = 0; at < 100; at += 1) {
    await redis.client.set('login:a', '{}')
    // Answer and change come in one piece, in either order.
    const asked = ask('a')
    await redis.client.del('login:a')
    await asked
    t.ok((await untilAsked('a', 'ended')) < 100)
  }
})

t.test('Redis stopped: nobody is let in at once; back by itself', redisNeeded, async (t) => {
  const { redis, ask, untilAsked } = await startWorld(t)
  await redis.client.set('login:a', '{}')
  t.equal(await ask('a'), 'operator')
  await redis.stop()
  t.ok((await untilAsked('a', 'unknown')) < 300)
  await redis.start()
  t.ok((await untilAsked('a', 'ended')) < 3000, 'this Redis remembers nothing')
  await redis.client.set('login:a', '{}')
  t.equal(await ask('a'), 'operator')
})

t.test(
  'Redis stands still: what is remembered counts for less than a second',
  redisNeeded,
  async (t) => {
    const { redis, ask, untilAsked } = await startWorld(t)
    await redis.client.set('login:a', '{}')
    t.equal(await ask('a'), 'operator')
    redis.freeze()
    const ms = await untilAsked('a', 'unknown')
    t.ok(ms < LIMIT_MS + 400, `${Math.round(ms)} ms, the last 400 of them to find out`)
    const startedAt = performance.now()
    t.strictSame(await Promise.all([ask('a'), ask('b')]), ['unknown', 'unknown'])
    t.ok(performance.now() - startedAt < 700)
    redis.thaw()
    t.ok((await untilAsked('a', 'operator')) < 3000)
  }
)

t.test(
  'a connection that swallows everything is given up, and made again',
  redisNeeded,
  async (t) => {
    const redis = await startRedis(t)
    const relay = await startRelay(t, portOf(redis))
    const { ask, untilAsked } = await startWorld(t, relay, redis)
    await redis.client.set('login:a', '{}')
    t.equal(await ask('a'), 'operator')
    relay.swallow()
    await redis.client.del('login:a')
    const startedAt = performance.now()
    let letInAt = startedAt
    // Each question as of its beginning.
    for (let from = startedAt; (await ask('a')) === 'operator'; from = performance.now()) {
      letInAt = from
      await pause(2)
    }
    t.ok(letInAt - startedAt < LIMIT_MS, `${Math.round(letInAt - startedAt)} ms`)
    t.equal(await ask('a'), 'unknown')
    relay.pass()
    t.ok((await untilAsked('a', 'ended')) < 5000, 'the dead connection stays dead')
  }
)

t.test(
  'a slow Redis lets in or says that it cannot tell, never later than it may',
  redisNeeded,
  async (t) => {
    const redis = await startRedis(t)
    const relay = await startRelay(t, portOf(redis))
    const { ask, untilAsked } = await startWorld(t, relay, redis)
    await redis.client.set('login:a', '{}')
    relay.delay(60)
    t.equal(await ask('a'), 'operator')
    await redis.client.del('login:a')
    t.ok((await untilAsked('a', 'ended')) < LIMIT_MS)
    relay.delay(700)
    t.equal(await ask('b'), 'unknown')
    relay.pass()
    t.ok((await untilAsked('b', 'ended')) < 5000)
  }
)

t.test(
  'who watches a session is told when it has ended, and not before',
  redisNeeded,
  async (t) => {
    const { redis, sessions, ask } = await startWorld(t)
    const { client } = redis
    const told = new Map<string, SessionEnd>()
    const ways: Record<string, (key: string) => Promise<unknown>> = {
      stays: async () => {},
      changes: (key) => client.set(key, '{"roles":["viewer"]}'),
      'lives longer': (key) => client.expire(key, 100),
      del: (key) => client.del(key),
      rename: (key) => client.rename(key, 'elsewhere'),
      expiry: (key) => client.pexpire(key, 200)
    }
    for (const id of Object.keys(ways)) {
      await client.set(`login:${id}`, '{}')
      await ask(id)
      sessions.watch(id, (end) => told.set(id, end))
    }
    const startedAt = performance.now()
    for (const [id, end] of Object.entries(ways)) await end(`login:${id}`)
    while (told.size < 3 && performance.now() - startedAt < 5000) await pause(5)
    t.ok(performance.now() - startedAt < 200 + LIMIT_MS)
    t.strictSame([...told].sort(), [
      ['del', 'ended'],
      ['expiry', 'ended'],
      ['rename', 'ended']
    ])
    const flushedAt = performance.now()
    await client.flushall()
    while (told.size < 6 && performance.now() - flushedAt < 5000) await pause(5)
    t.ok(performance.now() - flushedAt < LIMIT_MS)
    t.strictSame(new Set(told.values()), new Set(['ended']))
  }
)

t.test(
  'a watched session outlives a cut connection, not a Redis that stays away',
  redisNeeded,
  async (t) => {
    const redis = await startRedis(t)
    const relay = await startRelay(t, portOf(redis))
    const { sessions, ask, untilAsked } = await startWorld(t, relay, redis)
    const told: string[] = []
    for (const id of ['a', 'b']) {
      await redis.client.set(`login:${id}`, '{}')
      t.equal(await ask(id), 'operator')
      sessions.watch(id, (end) => told.push(`${id} ${end}`))
    }
    // What is ended while nobody could be told of it.
    relay.cut()
    await redis.client.del('login:b')
    const cutAt = performance.now()
    while (told.length === 0 && performance.now() - cutAt < 5000) await pause(5)
    t.strictSame(told, ['b ended'])
    t.ok(performance.now() - cutAt < LIMIT_MS)
    await untilAsked('a', 'operator')
    await pause(1200)
    t.strictSame(told, ['b ended'])

    relay.swallow()
    const silentAt = performance.now()
    while (told.length === 1 && performance.now() - silentAt < 5000) await pause(5)
    t.strictSame(told, ['b ended', 'a unknown'])
    t.ok(performance.now() - silentAt < LIMIT_MS + 100)
  }
)

t.test('what answers in the place of Redis lets nobody in', async (t) => {
  for (const [name, answer] of [
    ['a number', ':1\r\n'],
    ['an empty list', '*0\r\n'],
    ['a list', '*1\r\n$1\r\na\r\n'],
    ['an error', '-ERR nothing\r\n'],
    ['a demand for a password', '-NOAUTH Authentication required.\r\n'],
    ['no Redis at all', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['nothing', '']
  ] as const) {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        const commands = bytes.toString('latin1').match(/^\*\d+\r$/gm) ?? []
        socket.write(answer.repeat(commands.length))
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const sessions = openTrackedSessions({ url: `redis://127.0.0.1:${port}`, prefix: '' })
    for (let at = 0; at < 20; at += 1) {
      await t.rejects(sessions.find('a'), { name: 'SessionStoreUnavailable' }, name)
      await pause(5)
    }
    sessions.close()
    server.close()
  }
})

t.test('a process that was held up itself gives nothing up', redisNeeded, async (t) => {
  const { redis, sessions, ask } = await startWorld(t)
  await redis.client.set('login:a', '{}')
  t.equal(await ask('a'), 'operator')
  const told: string[] = []
  sessions.watch('a', (end) => told.push(end))
  for (let turn = 0; turn < 3; turn += 1) {
    const until = performance.now() + 1500
    while (performance.now() < until);
    t.equal(await ask('a'), 'operator')
    await pause(50)
  }
  await pause(500)
  t.strictSame(told, [])
})
