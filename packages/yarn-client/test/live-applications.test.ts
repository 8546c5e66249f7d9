import t from 'tap'
import { createLiveApplications } from '../src/live-applications.ts'
import { rmError, rmOf } from './support/rm-of.ts'
import { inTurn, say, scripted } from './support/scripted-server.ts'

const list = (...apps: [number, string, string][]) =>
  say(
    200,
    JSON.stringify({
      apps: { app: apps.map(([n, state, name]) => ({ id: `application_1_${n}`, state, name })) }
    })
  )

async function liveOf(t: Test, answer: ReturnType<typeof say>) {
  const server = await scripted(t, answer)
  const clock = { ms: 0 }
  const live = createLiveApplications(rmOf(t, [server]), { now: () => clock.ms })
  return { server, clock, live }
}
type Test = Parameters<typeof rmOf>[0]

t.test('all that is live, what is listed, and who has a name', async (t) => {
  const { server, live } = await liveOf(
    t,
    list(
      [1, 'NEW', 'a'],
      [2, 'NEW_SAVING', 'b'],
      [3, 'SUBMITTED', 'b'],
      [4, 'RUNNING', 'c'],
      [5, 'FINISHED', 'a']
    )
  )
  t.equal((await live.all()).length, 4)
  t.strictSame(
    (await live.listed()).map(({ state }) => state),
    ['SUBMITTED', 'RUNNING']
  )
  t.equal((await live.named('b')).length, 2)
  t.strictSame(
    (await live.named('a')).map(({ id }) => id),
    ['application_1_1'],
    'one that has just ended holds no name'
  )
  t.equal((await live.named('B')).length, 0)
  t.equal(server.asked.length, 1)
  t.match(server.asked[0]?.url, /states=NEW%2CNEW_SAVING%2CSUBMITTED%2CACCEPTED%2CRUNNING&/)
})

t.test('a list is good for two seconds', async (t) => {
  const { server, clock, live } = await liveOf(t, inTurn(list([1, 'RUNNING', 'a']), list()))
  t.equal((await live.all()).length, 1)
  clock.ms = 2000
  t.equal((await live.all()).length, 1)
  t.equal(server.asked.length, 1)
  clock.ms = 2001
  t.equal((await live.all()).length, 0)
  t.equal(server.asked.length, 2)
})

t.test('those who want it at once share one request', async (t) => {
  const { server, live } = await liveOf(t, list([1, 'RUNNING', 'a']))
  await Promise.all([live.all(), live.listed(), live.named('a'), live.all()])
  t.equal(server.asked.length, 1)
})

t.test('an error is not kept', async (t) => {
  const { live } = await liveOf(t, inTurn(say(502, ''), list()))
  await t.rejects(live.all(), rmError('RM_UNREACHABLE'))
  t.strictSame(await live.all(), [])
})

t.test('after a change of one’s own the list is asked anew, also past one in flight', async (t) => {
  const { server, live } = await liveOf(t, list([1, 'RUNNING', 'a']))
  await live.all()
  live.invalidate()
  const early = live.all()
  live.invalidate()
  const late = live.all()
  await Promise.all([early, late])
  t.equal(server.asked.length, 3)
  await live.all()
  t.equal(server.asked.length, 3)
})

t.test('a list asked for before the change does not replace a later one', async (t) => {
  const { server, live } = await liveOf(t, list([1, 'RUNNING', 'old']))
  const answers: (() => void)[] = []
  server.answer = (response, asked) => {
    const nth = answers.length
    answers.push(() => list([nth, 'RUNNING', String(nth)])(response, asked))
    if (answers.length === 2) answers[1]?.()
  }
  const early = live.all()
  while (answers.length === 0) await new Promise((resolve) => setImmediate(resolve))
  live.invalidate()
  t.match(await live.all(), [{ name: '1' }])
  answers[0]?.()
  t.match(await early, [{ name: '0' }])
  t.match(await live.all(), [{ name: '1' }])
})

t.test('the caller’s signal', async (t) => {
  const caller = new AbortController()
  const { live } = await liveOf(t, () => caller.abort(new Error('gone')))
  await t.rejects(live.all(caller.signal), { message: 'gone' })
})

t.test('it works with the real clock', async (t) => {
  const server = await scripted(t, list())
  const live = createLiveApplications(rmOf(t, [server]))
  await live.all()
  await live.all()
  t.equal(server.asked.length, 1)
})
