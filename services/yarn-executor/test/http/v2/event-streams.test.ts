import { once } from 'node:events'
import { connect } from 'node:net'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { request } from 'undici'
import { connectSilent, startStreams } from '../../support/event-streams.ts'

/** Ids as they come, until `count` of them were there. */
async function ids(body: AsyncIterable<unknown>, count: number): Promise<number[]> {
  const found: number[] = []
  let text = ''
  for await (const bytes of body) {
    text += String(bytes)
    const parts = text.split('\n\n')
    text = parts.pop() ?? ''
    for (const part of parts) {
      const [, id] = /^id: (\d+)$/m.exec(part) ?? []
      if (id) found.push(Number(id))
    }
    if (found.length >= count) break
  }
  return found
}

const rising = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at)

t.test('whoever reads nothing is cut off, costs little, and holds nobody up', async (t) => {
  const READERS = 50
  const EVENTS = 2000
  const { url, port, write, connections, store } = await startStreams(t, { stuckMs: 3000 })
  const first = (await store.lastPosition()) + 1
  const silent = await Promise.all(Array.from({ length: READERS }, () => connectSilent(t, port)))
  const headers = { 'last-event-id': String(first - 1) }
  const { body } = await request(`${url}/events`, { headers })
  await until('all are there', async () => (await connections()) === READERS + 1)
  await body.once('readable', () => {})
  const before = process.memoryUsage().rss
  let most = before
  const look = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 20)
  t.teardown(() => clearInterval(look))
  const reading = ids(body, EVENTS)
  await write(EVENTS, 'x'.repeat(4000))
  t.strictSame(await reading, rising(first, EVENTS), 'the one who reads has all of them')
  await until('the others are cut off', async () => (await connections()) <= 1)
  const grownMb = Math.round((most - before) / 1024 / 1024)
  t.comment(`RSS rose by at most ${grownMb} MB`)
  t.ok(grownMb < 250, `${grownMb} MB`)
  for (const socket of silent) socket.destroy()
})

t.test('one that was cut off comes back and has missed nothing', async (t) => {
  const { url, port, write, connections, store } = await startStreams(t, { stuckMs: 2000 })
  const first = (await store.lastPosition()) + 1
  const socket = await connectSilent(t, port, first - 1)
  await until('it is there', async () => (await connections()) === 1)
  // More than the kernel keeps for it.
  await write(1500, 'x'.repeat(8000))
  await until('it is cut off', async () => (await connections()) === 0)
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes
  })
  socket.resume()
  await once(socket, 'close')
  const whole = text.slice(0, text.lastIndexOf('\n\n'))
  const seen = [...whole.matchAll(/^id: (\d+)\ndata: .*\}$/gm)].map(([, id]) => Number(id))
  t.ok(seen.length > 0 && seen.length < 1500, `${seen.length} had come`)
  const headers = { 'last-event-id': String(seen.at(-1)) }
  const { body } = await request(`${url}/events`, { headers })
  const rest = await ids(body, 1500 - seen.length)
  t.strictSame([...seen, ...rest], rising(first, 1500))
})

t.test('more than may watch are refused, until one leaves', async (t) => {
  const { url } = await startStreams(t, { maxWatchers: 2 })
  const leave = new AbortController()
  const { signal } = leave
  const first = await request(`${url}/events`, { signal })
  const second = await request(`${url}/events`)
  first.body.on('error', () => {})
  const third = await request(`${url}/events`)
  t.match(third, { statusCode: 503, headers: { 'retry-after': '30' } })
  t.match(await third.body.text(), 'TOO_MANY_WATCHERS')
  const head = await request(`${url}/events`, { method: 'HEAD' })
  t.match(head, { statusCode: 200, headers: { 'content-type': /^text\/event-stream/ } })
  leave.abort()
  await until('there is room', async () => {
    const again = await request(`${url}/events`)
    if (again.statusCode === 200) return true
    await again.body.dump()
    return false
  })
  second.body.destroy()
})

t.test('HEAD opens no stream, other methods are not known', async (t) => {
  const { url } = await startStreams(t, { maxWatchers: 1 })
  for (let at = 0; at < 3; at += 1) {
    const { statusCode, body } = await request(`${url}/events`, { method: 'HEAD' })
    t.equal(statusCode, 200)
    t.equal(await body.text(), '')
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'] as const) {
    const { statusCode, body } = await request(`${url}/events`, { method })
    t.ok([404, 405].includes(statusCode), `${method}: ${statusCode}`)
    await body.dump()
  }
  const { statusCode, body } = await request(`${url}/events`)
  t.equal(statusCode, 200, 'there was room')
  body.destroy()
})

t.test('500 that come and go, some while their session is looked up, leave nothing', async (t) => {
  const slow: (() => void)[] = []
  const identity = { user: { name: 'a', roles: [], sessionId: 's' }, tokenFrom: null }
  const { url, port, connections, write } = await startStreams(
    t,
    { maxWatchers: 10, sessionCheckMs: 60_000 },
    async ({ token }) => {
      if (token === 'slow') await new Promise<void>((resolve) => slow.push(resolve))
      return { ...identity, expiresAt: new Date(Date.now() + 1e7) }
    }
  )
  for (let round = 0; round < 50; round += 1) {
    const sockets = await Promise.all(
      Array.from({ length: 10 }, async (_, at) => {
        const socket = connect({ host: '127.0.0.1', port })
        socket.on('error', () => {})
        await once(socket, 'connect')
        const token = at % 2 === 0 ? 'slow' : 'quick'
        socket.write(`GET /events HTTP/1.1\r\nHost: a\r\ntoken: ${token}\r\n\r\n`)
        if (token === 'quick') await once(socket, 'data')
        return socket
      })
    )
    await until('the slow ones are asked for', () => slow.length === 5)
    for (const socket of sockets) socket.destroy()
    await until('they are gone', async () => (await connections()) === 0)
    for (const resolve of slow.splice(0)) resolve()
  }
  const headers = { 'last-event-id': '0' }
  const ask = () => request(`${url}/events`, { headers })
  const open = await Promise.all(Array.from({ length: 10 }, ask))
  t.strictSame(
    open.map(({ statusCode }) => statusCode),
    open.map(() => 200),
    'all places are free'
  )
  await write(1)
  for (const { body } of open) t.equal((await ids(body, 1)).length, 1)
})
