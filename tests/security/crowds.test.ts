import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { needsRedis } from '@scheduler-task/auth/test-support/redis-server'
import { until, untilWithin } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { type System, startSystem } from '../support/system.ts'
import { crowd } from './support/many-connections.ts'
import { memoryMb, openFiles } from './support/memory.ts'
import { p99, probeWhile } from './support/probes.ts'
import { head, sendAlone } from './support/send.ts'

// Clients that are slow, idle, too many or too loud: everybody else is answered, and in the end nothing is left of them.

/** Loose: it is to tell waiting for a crowd from waiting for a busy machine. */
const P99_LIMIT_MS = 5000
const LARGE_FILE_BYTES = 16 * 2 ** 20
const MOST_CONNECTIONS = 7000
/** What a process may keep: V8 gives its heap back late. */
const MOST_KEPT_MB = 200

/** Short limits, so that the test sees them at work. */
const LIMITS = {
  gateway: {
    HEAD_TIMEOUT_MS: '4000',
    CLIENT_IDLE_TIMEOUT_MS: '4000',
    STREAM_IDLE_TIMEOUT_MS: '4000',
    MAX_CONNECTIONS: String(MOST_CONNECTIONS)
  },
  files: { REQUEST_TIMEOUT_MS: '4000', IDLE_TIMEOUT_MS: '4000' },
  executor: { REQUEST_TIMEOUT_MS: '4000' },
  azkaban: { REQUEST_TIMEOUT_MS: '4000' }
}

function repeat(count: number, text: string): string[] {
  return Array.from({ length: count }, () => text)
}

async function isWell(t: Test, system: System, when: string): Promise<void> {
  for (const [name, { url, output }] of Object.entries(system.parts)) {
    await until(`${name} is ready ${when}`, async () => {
      const { statusCode, body } = await request(`${url}/ready`)
      await body.dump()
      return statusCode === 200
    })
    t.notMatch(output(), /"level":[56]0/, `${name} met no error of its own ${when}`)
  }
}

t.test('crowds', needsRedis('@scheduler-task/tests'), async (t) => {
  const system = await startSystem(t, { variables: LIMITS })
  const { parts, token, files } = system
  const large = await open(join(files, 'large.bin'), 'w')
  await large.truncate(LARGE_FILE_BYTES)
  await large.close()
  const probes = [
    `${parts.gateway.url}/live`,
    `${parts.gateway.url}/auth/me`,
    `${parts.gateway.url}/executor/running`,
    `${parts.executor.url}/executor/running`,
    `${parts.files.url}/live`
  ]
  const fieldsWith = (more: Record<string, string>) => ({ Token: token, ...more })
  const slowHead = 'GET /auth/me HTTP/1.1\r\nHost: localhost\r\nX-Slow: '
  const slowBody = (path: string, type: string) =>
    `${head('POST', path, fieldsWith({ 'Content-Type': type, 'Content-Length': '4000' }))}{`
  const slowReader = head('GET', '/file/download?srcfile=large.bin', fieldsWith({}))

  await t.test('1 000 slow clients at the gateway', async (t) => {
    const { pid, url } = parts.gateway
    const before = { memory: memoryMb(pid), files: openFiles(pid) }
    const beginnings = [
      ...repeat(500, slowHead),
      ...repeat(100, slowBody('/executor/start/spark', 'application/json')),
      ...repeat(100, slowBody('/auth/login', 'application/json')),
      ...repeat(100, slowBody('/file/upload?fileName=x', 'multipart/form-data; boundary=x')),
      ...repeat(200, slowReader)
    ]
    const slow = await crowd(t, url, beginnings, (at) => at < 800)
    t.equal(slow.refused(), 0, 'all 1 000 have been let in')
    // One more byte now and then: that a head goes on coming does not keep it open.
    const drip = setInterval(() => {
      for (const socket of slow.sockets.slice(0, 500)) if (socket.writable) socket.write('a')
    }, 500)
    t.teardown(() => clearInterval(drip))
    const allEnded = untilWithin(
      60_000,
      'the gateway has ended those that read or wrote too slowly',
      () => slow.closed() >= 800
    )
    const probed = await probeWhile(probes, { token }, allEnded)
    clearInterval(drip)
    t.comment(`${probed.times.length} probes, p99 ${p99(probed)} ms`)
    t.ok(probed.times.length >= 50)
    t.strictSame(probed.wrong, [], 'every probe was answered')
    t.ok(p99(probed) < P99_LIMIT_MS, `p99 ${p99(probed)} ms`)
    t.equal(slow.received.slice(0, 500).filter((text) => !/^HTTP\/1.1 408 /.test(text)).length, 0)
    slow.end()
    await untilWithin(30_000, 'no connection is left', () => openFiles(pid) < before.files + 100)
    t.ok(memoryMb(pid) - before.memory < MOST_KEPT_MB, `${before.memory} → ${memoryMb(pid)} MB`)
    await isWell(t, system, 'after slow clients')
  })

  await t.test('1 000 slow clients at a service alone', async (t) => {
    const { pid, url } = parts.files
    const before = { memory: memoryMb(pid), files: openFiles(pid) }
    const slow = await crowd(
      t,
      url,
      [
        ...repeat(500, slowHead),
        ...repeat(250, slowBody('/file/upload?fileName=x', 'multipart/form-data; boundary=x')),
        ...repeat(250, slowReader)
      ],
      (at) => at < 750
    )
    const allEnded = untilWithin(40_000, 'the service has ended them', () => slow.closed() >= 750)
    const probed = await probeWhile([`${url}/live`, `${url}/ready`], { token }, allEnded)
    t.comment(`${probed.times.length} probes, p99 ${p99(probed)} ms`)
    t.strictSame(probed.wrong, [], 'every probe was answered')
    t.ok(p99(probed) < P99_LIMIT_MS, `p99 ${p99(probed)} ms`)
    slow.end()
    await untilWithin(30_000, 'no connection is left', () => openFiles(pid) < before.files + 100)
    t.ok(memoryMb(pid) - before.memory < MOST_KEPT_MB, `${before.memory} → ${memoryMb(pid)} MB`)
    await isWell(t, system, 'after slow clients')
  })

  await t.test('5 000 idle connections, and more than are taken', async (t) => {
    const { pid, url } = parts.gateway
    const before = { memory: memoryMb(pid), files: openFiles(pid) }
    const idle = await crowd(t, url, repeat(5000, head('GET', '/live')))
    await untilWithin(60_000, 'each has been answered once', () =>
      idle.received.every((text) => text.startsWith('HTTP/1.1 200 '))
    )
    t.equal(idle.refused() + idle.closed(), 0, 'all are open')
    const probed = await probeWhile(probes, { token }, pause(2000))
    t.comment(`beside 5 000 idle ones: ${probed.times.length} probes, p99 ${p99(probed)} ms`)
    t.strictSame(probed.wrong, [], 'every probe was answered')
    t.ok(p99(probed) < P99_LIMIT_MS, `p99 ${p99(probed)} ms`)
    const more = await crowd(t, url, repeat(3000, head('GET', '/live')))
    await untilWithin(
      60_000,
      'those beyond MAX_CONNECTIONS are closed',
      () => more.closed() + more.refused() >= 5000 + 3000 - MOST_CONNECTIONS
    )
    t.ok(openFiles(pid) < MOST_CONNECTIONS + 500, 'no more are open than are taken')
    more.end()
    idle.end()
    await untilWithin(30_000, 'no connection is left', () => openFiles(pid) < before.files + 100)
    t.ok(memoryMb(pid) - before.memory < MOST_KEPT_MB, `${before.memory} → ${memoryMb(pid)} MB`)
    await isWell(t, system, 'after idle clients')
  })

  await t.test('heads that are too long, or of too many fields', async (t) => {
    const many = (count: number, length: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`X-${at}`, 'a'.repeat(length)]))
    const floods: [string, string, number[]][] = [
      ['1 000 short fields', head('GET', '/live', many(1000, 1)), [200, 431]],
      ['3 000 short fields', head('GET', '/live', many(3000, 1)), [431]],
      ['one of 100 KB', head('GET', '/live', many(1, 100_000)), [431]],
      ['a name of 100 KB', head('GET', '/live', { ['a'.repeat(100_000)]: 'x' }), [431]],
      ['a path of 100 KB', head('GET', `/${'a'.repeat(100_000)}`), [414, 431]],
      ['a query of 100 KB', head('GET', `/live?${'a'.repeat(100_000)}`), [414, 431]],
      ['a method of 10 KB', head('A'.repeat(10_000), '/live'), [400, 405, 431]],
      ['a cookie of 60 KB', head('GET', '/live', { Cookie: 'a=b; '.repeat(12_000) }), [431]]
    ]
    for (const [name, { url }] of Object.entries(parts)) {
      for (const [what, text, statuses] of floods) {
        const answer = await sendAlone(t, url, text)
        if (!answer) continue
        t.ok(statuses.includes(answer.status), `${name}: ${what}: ${answer.status}`)
        if (answer.status === 200) continue
        t.match(JSON.parse(answer.body), { statusCode: answer.status, data: /code/ }, what)
      }
    }
    await isWell(t, system, 'after floods of headers')
  })

  await t.test('2 000 requests at once', async (t) => {
    const answers = await Promise.all(
      Array.from({ length: 2000 }, async (_, at) => {
        const { statusCode, body } = await request(probes[at % 3] ?? '', { headers: { token } })
        await body.dump()
        return statusCode
      })
    )
    t.strictSame([...new Set(answers)], [200])
    await isWell(t, system, 'after many requests')
  })
})
