import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { claimsOf, mintToken } from '@scheduler-task/auth/test-support/mint-token'
import { needsRedis, startRedis } from '@scheduler-task/auth/test-support/redis-server'
import { type Relay, startRelay } from '@scheduler-task/auth/test-support/relay'
import { workingProcesses } from '@scheduler-task/test-support/child-processes'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { Agent, request } from 'undici'
import { freshDirectory } from '../support/fresh-directory.ts'
import { type ServiceProcess, startService } from '../support/service-process.ts'

// Whoever ends a session in Redis, in whatever way and however the connections to it behave: a second later no process
// lets it in any more. Two gateways and a service that checks sessions itself, each with a connection of its own. What
// counts is when a process can have begun with a request: when it was sent, or, when the process stood still then, when
// it went on.

const SECRET = 'a-secret-of-this-test-run-only-0123456789'
const LIMIT_MS = 1000
/** At least; longer on a machine that is too busy to do much in that time. */
const LOAD_MS = 12_000
const LONGEST_LOAD_MS = 90_000
const CLIENTS = 24
const SESSIONS = 16
/** Sessions are still tried for this long after their end. */
const TRIED_ON_MS = 3000
const LARGE_FILE_BYTES = 256 * 2 ** 20
/** What the buffers on the way may still hold of a download that was broken off. */
const BUFFERED_BYTES = 32 * 2 ** 20

const redisNeeded = needsRedis('@scheduler-task/tests')
const PREFIX = 'login:'
const tokenOf = (id: string) => mintToken(SECRET, claimsOf(id))

async function startWorld(t: Test) {
  const redis = await startRedis(t)
  const files = freshDirectory(t)
  await writeFile(join(files, 'small.txt'), 'small')
  const large = await open(join(files, 'large.bin'), 'w')
  await large.truncate(LARGE_FILE_BYTES)
  await large.close()
  const relays: Relay[] = []
  const variables = async () => {
    const relay = await startRelay(t, Number(new URL(redis.url).port))
    relays.push(relay)
    return {
      JWT_SECRET: SECRET,
      SESSION_KEY_PREFIX: PREFIX,
      REDIS_URL: `redis://127.0.0.1:${relay.port}`,
      LOG_LEVEL: 'warn',
      FILE_ROOT: files
    }
  }
  const listening = { LOG_LEVEL: 'info' }
  const service = await startService(t, '@scheduler-task/file-service', {
    ...(await variables()),
    ...listening
  })
  // The gateways' service does not check sessions: what they let in is let in.
  const behind = await startService(t, '@scheduler-task/file-service', {
    JWT_SECRET: SECRET,
    AUTH_MODE: 'jwt',
    FILE_ROOT: files
  })
  const gateways: ServiceProcess[] = []
  for (const _ of [1, 2]) {
    const gateway = await startService(t, '@scheduler-task/gateway', {
      ...(await variables()),
      ...listening,
      FILE_SERVICE_URL: behind.url,
      DATA_DIR: freshDirectory(t),
      ADMIN_PASSWORD: 'for this test only'
    })
    gateways.push(gateway)
  }
  const agent = new Agent({ connections: CLIENTS })
  t.teardown(() => agent.destroy())
  const processes = [service, ...gateways]
  const urls = processes.map(({ url }) => url)
  const get = async (url: string, id: string, dispatcher = agent) => {
    const { statusCode, body } = await request(`${url}/file/download?srcfile=small.txt`, {
      dispatcher,
      headers: { token: tokenOf(id) }
    })
    await body.dump()
    return statusCode
  }
  return { redis, relays, processes, urls, agent, get }
}

/** Stops what serves and answers once it stands still. */
async function standStill(service: ServiceProcess): Promise<void> {
  for (const pid of workingProcesses(service.pid)) {
    process.kill(pid, 'SIGSTOP')
    await until(async () => / T /.test(await readFile(`/proc/${pid}/stat`, 'utf8')))
  }
}

function goOn(service: ServiceProcess): void {
  for (const pid of workingProcesses(service.pid)) process.kill(pid, 'SIGCONT')
}

/** One of these, by chance. */
function oneOf<Value>(values: readonly Value[]): Value {
  const value = values[Math.floor(Math.random() * values.length)]
  if (value === undefined) throw new Error('nothing to choose from')
  return value
}

t.test(
  'under load, while sessions end and Redis fails in all ways, none is let in a second later',
  redisNeeded,
  async (t) => {
    const { redis, relays, processes, urls, get } = await startWorld(t)
    const { client } = redis
    /** When a session ended, by performance.now(); absent while it is alive. */
    const endedAt = new Map<string, number>()
    const alive = new Set<string>()
    let made = 0
    const make = async () => {
      made += 1
      const id = `session-${made}`
      await client.set(PREFIX + id, 'opaque')
      alive.add(id)
    }
    const counts = { let_in: 0, refused: 0, unknown: 0, other: 0 }
    let latest = 0
    const tooLate: string[] = []
    const begunAt = performance.now()
    const wasMuch = () => counts.let_in > 100 && counts.refused > 50 && endedAt.size > 50
    const isOver = () => {
      const ms = performance.now() - begunAt
      return ms > LONGEST_LOAD_MS || (ms > LOAD_MS && wasMuch())
    }

    /** @param startedAt before which no process can have begun with it */
    const note = (id: string, status: number, startedAt: number) => {
      if (status === 401) counts.refused += 1
      else if (status === 503) counts.unknown += 1
      else if (status !== 200) counts.other += 1
      if (status !== 200) return
      counts.let_in += 1
      const ended = endedAt.get(id)
      if (ended === undefined || startedAt <= ended) return
      latest = Math.max(latest, startedAt - ended)
      if (startedAt - ended > LIMIT_MS) tooLate.push(`${id}: ${startedAt - ended} ms`)
    }
    const anySession = () => {
      const now = performance.now()
      const ended = [...endedAt].filter(([, at]) => now - at < TRIED_ON_MS)
      return oneOf([...alive, ...ended.map(([id]) => id)])
    }
    const load = async () => {
      while (!isOver()) {
        const startedAt = performance.now()
        const id = anySession()
        note(id, await get(oneOf(urls), id), startedAt)
      }
    }
    /** Requests that the system takes for a process that stands still; it finds them all when it goes on. */
    const callStalled = async (service: ServiceProcess, stallMs: number) => {
      const waiting = new Agent({ connections: null })
      t.teardown(() => waiting.destroy())
      await standStill(service)
      const answers: Promise<[string, number]>[] = []
      const ends = performance.now() + stallMs
      while (performance.now() < ends) {
        const id = anySession()
        answers.push(get(service.url, id, waiting).then((status) => [id, status]))
        await pause(20)
      }
      const wentOnAt = performance.now()
      goOn(service)
      for (const [id, status] of await Promise.all(answers)) note(id, status, wentOnAt)
      await waiting.close()
    }
    const ways: ((key: string) => Promise<unknown>)[] = [
      (key) => client.del(key),
      (key) => client.unlink(key),
      (key) => client.getdel(key),
      (key) => client.rename(key, `was-${key}`),
      (key) => client.pexpire(key, 1),
      (key) => client.expireat(key, 1),
      (key) => client.move(key, 3),
      (key) => client.eval('return redis.call("del", KEYS[1])', 1, key)
    ]
    const waysForAll: (() => Promise<unknown>)[] = [
      () => client.flushall(),
      () => client.flushdb('ASYNC'),
      // What was there before must not come back with the next one.
      () => client.multi().select(5).flushdb().select(0).swapdb(0, 5).exec()
    ]
    const endOne = async (id: string) => {
      alive.delete(id)
      // One that is gone already cannot be renamed.
      await oneOf(ways)(PREFIX + id).catch(() => client.del(PREFIX + id))
      endedAt.set(id, performance.now())
    }
    const end = async () => {
      while (!isOver()) {
        // None just now: Redis is starting anew.
        if (alive.size > 0) await endOne(oneOf([...alive]))
        await make()
        if (Math.random() < 0.02) await endAll(oneOf(waysForAll))
        await pause(50)
      }
    }
    const endAll = async (how: () => Promise<unknown>) => {
      const ended = [...alive]
      alive.clear()
      await how()
      for (const id of ended) endedAt.set(id, performance.now())
      while (alive.size < SESSIONS) await make()
    }
    const faults: (() => Promise<unknown>)[] = [
      async () => oneOf(relays).cut(),
      async () => {
        const relay = oneOf(relays)
        relay.swallow()
        await pause(1500)
        relay.pass()
      },
      async () => {
        const relay = oneOf(relays)
        relay.delay(oneOf([20, 150, 500]))
        await pause(500)
        relay.pass()
      },
      async () => {
        redis.freeze()
        await pause(oneOf([300, 1200]))
        redis.thaw()
      },
      () => client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'),
      () => callStalled(oneOf(processes), oneOf([300, 900])),
      () => callStalled(oneOf(processes), oneOf([1500, 2500])),
      () =>
        endAll(async () => {
          await redis.stop()
          await redis.start()
        })
    ]
    const disturb = async () => {
      // Each at least once.
      for (let turn = 0; !isOver() || turn < faults.length; turn += 1) {
        await (faults[turn] ?? oneOf(faults))()
        await pause(300)
      }
    }

    while (alive.size < SESSIONS) await make()
    for (const url of urls) await until(async () => (await get(url, oneOf([...alive]))) === 200)
    await Promise.all([...Array.from({ length: CLIENTS }, load), end(), disturb()])

    t.comment(JSON.stringify({ ...counts, ended: endedAt.size, latestMs: Math.round(latest) }))
    t.strictSame(tooLate, [])
    t.equal(counts.other, 0, 'every answer is one of 200, 401, 503')
    t.ok(wasMuch(), 'there was load')
    for (const url of urls) {
      await until(async () => (await get(url, oneOf([...alive]))) === 200)
      for (const id of endedAt.keys()) {
        if (alive.has(id)) continue
        t.equal(await get(url, id), 401)
        break
      }
    }
  }
)

t.test(
  'requests that wait for a process while it stands still find their session as it is then',
  redisNeeded,
  async (t) => {
    const { redis, processes, urls, get } = await startWorld(t)
    const waiting = new Agent({ connections: null })
    t.teardown(() => waiting.destroy())
    for (const service of processes) {
      const ids = Array.from({ length: 40 }, (_, at) => `session-${at}`)
      for (const id of ids) await redis.client.set(PREFIX + id, 'opaque')
      const ended = ids.filter((_, at) => at % 2 === 0)
      for (const id of ids) await until(async () => (await get(service.url, id)) === 200)

      await standStill(service)
      const answers = ids.map((id) => get(service.url, id, waiting))
      await pause(100)
      await redis.client.del(ended.map((id) => PREFIX + id))
      await pause(LIMIT_MS)
      goOn(service)
      const statuses = await Promise.all(answers)
      const letIn = ids.filter((_, at) => statuses[at] === 200)
      t.strictSame(
        letIn.filter((id) => ended.includes(id)),
        [],
        'none whose session ended a second before it went on'
      )
      t.ok(
        statuses.every((status) => [200, 401, 503].includes(status)),
        statuses.join()
      )
    }
    for (const url of urls) {
      await until(async () => (await get(url, 'session-1')) === 200)
      t.equal(await get(url, 'session-0'), 401)
    }
  }
)

t.test('downloads and uploads end with their session, in each process', redisNeeded, async (t) => {
  const { redis, urls, agent } = await startWorld(t)
  await redis.client.set(`${PREFIX}a`, 'opaque')
  const token = tokenOf('a')
  for (const url of urls) {
    await until(
      async () =>
        (await request(`${url}/ready`).then(({ body, statusCode }) =>
          body.dump().then(() => statusCode)
        )) === 200
    )
  }
  const downloads = await Promise.all(
    urls.map(async (url) => {
      const path = '/file/download?srcfile=large.bin'
      const { statusCode, body } = await request(url + path, {
        dispatcher: agent,
        headers: { token }
      })
      t.equal(statusCode, 200)
      return body
    })
  )
  const uploads = urls.map(async (url) => {
    const startedAt = performance.now()
    const answer = await request(`${url}/file/upload?fileName=new.bin`, {
      method: 'POST',
      dispatcher: agent,
      headers: { token, 'content-type': 'multipart/form-data; boundary=b' },
      body: Readable.from(endless())
    }).then(
      ({ statusCode, body }) => body.dump().then(() => statusCode),
      () => 'broken off'
    )
    return { answer, endedAt: performance.now(), startedAt }
  })
  await pause(300)
  await redis.client.rename(`${PREFIX}a`, 'elsewhere')
  const endedAt = performance.now()
  for (const upload of uploads) {
    const { answer, endedAt: at } = await upload
    t.ok(answer === 401 || answer === 'broken off', `${answer}`)
    t.ok(at - endedAt > 0 && at - endedAt < LIMIT_MS, `${Math.round(at - endedAt)} ms`)
  }
  await pause(endedAt + LIMIT_MS - performance.now())
  for (const body of downloads) {
    let bytes = 0
    const ending = (async () => {
      for await (const chunk of body) bytes += chunk.length
    })()
    await t.rejects(ending)
    t.ok(bytes < BUFFERED_BYTES, `${bytes} bytes`)
  }
})

/** A file part that goes on and on. */
async function* endless() {
  yield '--b\r\nContent-Disposition: form-data; name="file"; filename="new.bin"\r\n\r\n'
  for (;;) {
    yield 'x'.repeat(1024)
    await pause(20)
  }
}
