import { Refusal } from '@scheduler-task/envelope/errors'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { request } from 'undici'
import { connectSilent } from '../../support/event-streams.ts'
import { type LogStreamServer, startLogStreams } from '../../support/log-streams.ts'

const user = { name: 'alice', roles: ['viewer' as const], sessionId: 's' }
const identity = { user, tokenFrom: null, expiresAt: new Date(Date.now() + 3_600_000) }

/** What a stream has brought so far. */
async function follow({ url, path }: LogStreamServer, headers: Record<string, string> = {}) {
  const { body, statusCode } = await request(`${url}${path}?follow`, { headers })
  const seen = { text: '', ended: false }
  body.on('data', (bytes) => {
    seen.text += bytes
  })
  body.on('end', () => (seen.ended = true))
  body.on('error', () => {})
  const numbers = () => [...seen.text.matchAll(/"text":"(\d+) /g)].map(([, one]) => Number(one))
  return { seen, numbers, statusCode, close: () => body.destroy() }
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at)

t.test('streams of a log end with their session; others go on', async (t) => {
  const ended = new Set<string>()
  const server = await startLogStreams(t, {}, async ({ token }) => {
    if (ended.has(String(token))) throw new Refusal(401, 'the session has ended', { code: 'X' })
    return identity
  })
  await server.write(1)
  const [first, other] = [
    await follow(server, { token: 'a' }),
    await follow(server, { token: 'b' })
  ]
  await until('both read', () => first.numbers().length === 1 && other.numbers().length === 1)
  ended.add('a')
  await until('it ends', () => first.seen.ended)
  t.notMatch(first.seen.text, 'event: end', 'which is not the end of the log')
  await server.write(1)
  await until('the other goes on', () => other.numbers().length === 2)
  t.equal(first.numbers().length, 1)
})

t.test('more than may follow are refused, until one leaves', async (t) => {
  const server = await startLogStreams(t, { maxWatchers: 2 })
  await server.write(1)
  const first = await follow(server)
  await follow(server)
  const third = await request(`${server.url}${server.path}?follow`)
  t.match(third, { statusCode: 503, headers: { 'retry-after': '30' } })
  t.match(await third.body.text(), 'TOO_MANY_WATCHERS')
  const part = await request(`${server.url}${server.path}`)
  t.equal(part.statusCode, 200, 'who only reads is no watcher')
  await part.body.dump()
  first.close()
  await until('there is room', async () => (await follow(server)).statusCode === 200)
})

t.test('a sign of life when nothing happens', async (t) => {
  const server = await startLogStreams(t, { heartbeatMs: 20 })
  await server.write(1)
  const reader = await follow(server)
  await until('some came', () => reader.seen.text.split(': nothing new\n\n').length > 3)
  t.strictSame(reader.numbers(), [0])
})

t.test('whoever takes nothing is cut off, costs little, and holds nobody up', async (t) => {
  const READERS = 30
  const server = await startLogStreams(t, { stuckMs: 2000 })
  const { port, path, connections } = server
  await server.write(1)
  for (let at = 0; at < READERS; at += 1) await connectSilent(t, port, 0, `${path}?follow`)
  const reader = await follow(server)
  await until('all are there', async () => (await connections()) === READERS + 1)
  const before = process.memoryUsage().rss
  // More than the kernel keeps for one that does not read.
  await server.write(3000, 'x'.repeat(8000))
  await until('the one who reads has all', () => reader.numbers().length === 3001)
  t.strictSame(reader.numbers(), upTo(3001))
  await until('the others are cut off', async () => (await connections()) === 1)
  const grownMb = Math.round((process.memoryUsage().rss - before) / 1024 / 1024)
  t.comment(`RSS rose by ${grownMb} MB`)
  t.ok(grownMb < 250, `${grownMb} MB`)
  await server.write(1)
  await until('it goes on', () => reader.numbers().length === 3002)
})

t.test('who comes back goes on exactly behind each line', async (t) => {
  const server = await startLogStreams(t)
  await server.write(20)
  const { body } = await request(`${server.url}${server.path}?size=100000`)
  const { items, size } = (await body.json()) as { items: { cursor: number }[]; size: number }
  t.equal(items.length, 20)
  const readers = await Promise.all(
    items.map(({ cursor }) => follow(server, { 'last-event-id': String(cursor) }))
  )
  await server.write(1)
  for (const [at, { numbers }] of readers.entries()) {
    await until(`line 20 behind line ${at}`, () => numbers().at(-1) === 20)
    t.strictSame(numbers(), upTo(21).slice(at + 1))
  }
  const inside = await follow(server, { 'last-event-id': String((items[0]?.cursor ?? 0) + 3) })
  await until('within a line', () => inside.numbers().length > 0)
  t.strictSame(inside.numbers(), upTo(21).slice(2), 'goes on with the next whole one')
  const beyond = await follow(server, { 'last-event-id': String(size + 1_000_000) })
  const rest = await follow(server)
  await until('nobody is held up by it', () => rest.numbers().length === 21)
  await server.spool.end()
  await until('the end', () => beyond.seen.ended && rest.seen.ended)
  t.strictSame(beyond.numbers(), [], 'beyond the end there was nothing')
  t.match(beyond.seen.text, 'event: end')
})

t.test('hostile places, sizes, sources and ids', async (t) => {
  const server = await startLogStreams(t)
  await server.write(3)
  const status = async (query: string, lastEventId?: string) => {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
    const { statusCode, body } = await request(`${server.url}${server.path}?${query}`, { headers })
    await (query.includes('follow') && statusCode === 200 ? body.destroy() : body.dump())
    return statusCode
  }
  const numbers = [
    '-1',
    '-0.5',
    '1.5',
    '1e999',
    '-1e999',
    'NaN',
    'x',
    '%00',
    '1%20',
    '[]',
    '0x',
    '1_0'
  ]
  for (const name of ['from', 'size', 'tail']) {
    for (const value of numbers) {
      // A blank behind a number is one for whoever reads numbers.
      const expected = value === '1%20' ? 200 : 400
      t.equal(await status(`${name}=${value}`), expected, `${name}=${value}`)
      t.equal(
        await status(`${name}=${value}&follow`),
        name === 'from' && expected === 200 ? 200 : expected
      )
    }
    t.equal(await status(`${name}=1&${name}=2`), 400, `${name} twice`)
    t.equal(await status(`${name}[]=1`), 400)
  }
  t.equal(await status(`from=${'9'.repeat(400)}`), 400)
  for (const from of ['9007199254740991', '1e15', '4294967296']) {
    t.equal(await status(`from=${from}`), 416, from)
    t.equal(await status(`from=${from}&follow`), 416, from)
  }
  t.equal(await status('size=1048577'), 400)
  t.equal(await status('tail=10001'), 400)
  for (const source of [
    '',
    ',',
    'a,',
    'a%0ab',
    '%c3%a4',
    'a'.repeat(401),
    Array(21).fill('a').join()
  ]) {
    t.equal(await status(`source=${source}`), 400, `source=${source}`)
  }
  t.equal(await status('source=..%2F..%2Fetc%2Fpasswd'), 200, 'only a label')
  for (const id of [
    '-1',
    '1e3',
    'x',
    '1, 2',
    '9'.repeat(17),
    '1 2',
    '0x1',
    '18446744073709551616'
  ]) {
    t.equal(await status('follow', id), 400, `Last-Event-ID: ${id}`)
  }
  for (const id of ['0', '0000000000000000', '9999999999999999']) {
    t.equal(await status('follow', id), 200, `Last-Event-ID: ${id}`)
  }
  t.equal(await status('tail=2'), 200, 'and it still answers')
})
