import { Refusal } from '@scheduler-task/envelope/errors'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { request } from 'undici'
import { connectSilent, startStreams } from '../../support/event-streams.ts'

const user = { name: 'alice', roles: ['viewer' as const], sessionId: 's' }
const identity = { user, tokenFrom: null, expiresAt: new Date(Date.now() + 3_600_000) }
const gone = (status: number) => new Refusal(status, 'the session has ended', { code: 'X' })

t.test('streams end with their session, also when nothing happens; others go on', async (t) => {
  const ended = new Set<string>()
  const asked: string[] = []
  const { url, write } = await startStreams(t, { sessionCheckMs: 20 }, async ({ token }) => {
    asked.push(String(token))
    if (ended.has(String(token))) throw gone(401)
    return identity
  })
  const open = async (token: string) =>
    (await request(`${url}/events`, { headers: { token } })).body
  const [first, second, other] = [await open('a'), await open('a'), await open('b')]
  let heard = ''
  other.on('data', (bytes) => {
    heard += bytes
  })
  t.ok(asked.length >= 3)
  ended.add('a')
  t.strictSame(await Promise.all([first.text(), second.text()]), [
    'retry: 2000\n\n: nothing new\n\n',
    'retry: 2000\n\n: nothing new\n\n'
  ])
  await write(1)
  await until('the other one hears', () => heard.includes('noted'))
  const before = asked.length
  await until('it is looked at on', () => asked.length > before + 2)
  t.notOk(asked.slice(before).includes('a'), 'nobody asks for the one that ended')
})

t.test('sessions that cannot be asked for a moment end nothing', async (t) => {
  let away = false
  let asked = 0
  const { url, write } = await startStreams(t, { sessionCheckMs: 10 }, async () => {
    if (!away) return identity
    asked += 1
    throw gone(503)
  })
  const { body } = await request(`${url}/events`)
  away = true
  await until('it was asked for in vain', () => asked > 3)
  away = false
  await write(1)
  for await (const bytes of body) if (String(bytes).includes('noted')) break
  t.pass('it goes on')
})

t.test('a client that reads nothing goes with its session too', async (t) => {
  let alive = true
  const { port, write, connections } = await startStreams(t, {}, async () => {
    if (!alive) throw gone(401)
    return identity
  })
  await connectSilent(t, port)
  await until('it is there', async () => (await connections()) === 1)
  await write(1500, 'x'.repeat(8000))
  alive = false
  await until('it is gone', async () => (await connections()) === 0)
  t.pass('it is gone')
})
