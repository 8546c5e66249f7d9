import t from 'tap'
import { recording } from './support/recordings.ts'
import { rmError, rmOf } from './support/rm-of.ts'
import {
  type Answerer,
  byPath,
  inTurn,
  RM_PATH,
  replay,
  say,
  scripted
} from './support/scripted-server.ts'

const ID = 'application_1795346064118_0009'
const PUT = `PUT /apps/${ID}/state`
const GET = `GET /apps/${ID}`
const accepted = replay('3.3.6/state-put-202')
const decided = replay('3.3.6/state-put-200-killed')
const killed = replay('3.3.6/app-killed')
const passing = say(502, '<html>')

/** A report of the application in these states. */
function report(state: string, finalStatus: string): Answerer {
  return say(200, JSON.stringify({ app: { id: ID, state, finalStatus } }))
}

const times = (count: number, answer: Answerer) => Array.from({ length: count }, () => answer)

async function killOf(t: Test, answers: Record<string, Answerer>, options = {}) {
  const server = await scripted(t, byPath(answers))
  const began = performance.now()
  const outcome = await rmOf(t, [server])
    .kill(ID, { deadlineMs: 5000, firstDelayMs: 2, longestDelayMs: 10, ...options })
    .then(
      (application) => ({ application, error: undefined }),
      (error: unknown) => ({ application: undefined, error })
    )
  const puts = server.asked.filter(({ method }) => method === 'PUT')
  return { ...outcome, puts, server, tookMs: performance.now() - began }
}
type Test = Parameters<typeof rmOf>[0]

t.test('202 is asked again until 200, then the application is read', async (t) => {
  const { application, puts, server, tookMs } = await killOf(
    t,
    { [PUT]: inTurn(...times(3, accepted), decided), [GET]: killed },
    { firstDelayMs: undefined, longestDelayMs: undefined }
  )
  t.match(application, { id: ID, state: 'KILLED', finalStatus: 'KILLED' })
  t.equal(puts.length, 4)
  t.match(puts[0], {
    url: `${RM_PATH}/apps/${ID}/state?user.name=alice`,
    body: '{"state":"KILLED"}',
    headers: { 'content-type': 'application/json', accept: 'application/json' }
  })
  t.equal(server.asked.length, 5)
  t.ok(tookMs >= 690, '100 + 200 + 400 ms')
})

t.test('twenty times 202 are not too much', async (t) => {
  const { application, puts } = await killOf(t, {
    [PUT]: inTurn(...times(20, accepted), decided),
    [GET]: killed
  })
  t.match(application, { state: 'KILLED' })
  t.equal(puts.length, 21)
})

t.test('what ended by itself is returned as it ended', async (t) => {
  const ended = replay('3.3.6/state-put-200-finished')
  for (const [state, finalStatus] of [
    ['FINISHED', 'SUCCEEDED'],
    ['FINISHED', 'FAILED'],
    ['FAILED', 'FAILED']
  ] as const) {
    const { application, puts } = await killOf(t, {
      [PUT]: inTurn(accepted, ended),
      [GET]: report(state, finalStatus)
    })
    t.match(application, { state, finalStatus })
    t.equal(puts.length, 2)
  }
})

t.test('200 before the end, as for an unmanaged application, is waited out', async (t) => {
  const { application, puts } = await killOf(t, {
    [PUT]: decided,
    [GET]: inTurn(report('RUNNING', 'UNDEFINED'), report('RUNNING', 'KILLED'), killed)
  })
  t.match(application, { state: 'KILLED' })
  t.equal(puts.length, 3, 'a failover may have forgotten the kill')
})

t.test('what passes is waited out, in both halves', async (t) => {
  const down: Answerer = (response) => response.destroy()
  const { application } = await killOf(t, {
    [PUT]: inTurn(passing, down, down, replay('3.3.6/ha-noactive-put'), accepted, decided),
    [GET]: inTurn(passing, say(200, '<html>'), killed)
  })
  t.match(application, { state: 'KILLED' })
})

t.test('a burst of 503 as 3.4 answers it is waited out, a lasting one is not', async (t) => {
  const failing = replay('3.4.1/state-put-text-plain')
  const burst = await killOf(t, { [PUT]: inTurn(...times(4, failing), decided), [GET]: killed })
  t.match(burst.application, { state: 'KILLED' })
  const lasting = await killOf(t, { [PUT]: failing })
  t.match(lasting.error, rmError('RM_ERROR', { status: 503 }))
  t.equal(lasting.puts.length, 5)
})

t.test('a refusal and an unknown application are final', async (t) => {
  const refused = await killOf(t, { [PUT]: replay('3.3.6/state-put-403') })
  const text = recording('3.3.6/state-put-403').body.toString()
  t.match(refused.error, rmError('RM_REFUSED', { status: 403, text }))
  t.equal(refused.puts.length, 1)
  const unknown = await killOf(t, { [PUT]: replay('3.3.6/state-put-unknown-404') })
  t.match(unknown.error, rmError('RM_NOT_FOUND'))
  const forgotten = await killOf(t, { [PUT]: decided, [GET]: replay('3.3.6/app-unknown-404') })
  t.match(forgotten.error, rmError('RM_NOT_FOUND'))
  const kerberos = await killOf(t, { [PUT]: say(401, '', { 'www-authenticate': 'Negotiate' }) })
  t.match(kerberos.error, rmError('RM_KERBEROS'))
})

t.test('the deadline holds, and says what was seen last', async (t) => {
  const deadline = { deadlineMs: 1000 }
  const never = await killOf(t, { [PUT]: accepted }, deadline)
  t.match(
    never.error,
    rmError('RM_KILL_PENDING', { message: 'the kill was not confirmed 1000 ms after the kill' })
  )
  const running = await killOf(
    t,
    { [PUT]: decided, [GET]: report('RUNNING', 'UNDEFINED') },
    deadline
  )
  t.match(running.error, rmError('RM_KILL_PENDING', { message: /^it was still RUNNING 1000 ms/ }))
  const away = await killOf(t, { [PUT]: passing }, deadline)
  t.match(away.error, rmError('RM_UNREACHABLE', { status: 502 }))
  const hanging = await killOf(t, { [PUT]: () => {} }, deadline)
  t.match(hanging.error, rmError('RM_KILL_PENDING'))
  for (const { tookMs } of [never, running, away, hanging]) t.ok(tookMs < 4000, String(tookMs))
})

t.test('an abort ends it, in a call and between two', async (t) => {
  const early = AbortSignal.abort(new Error('never mind'))
  const before = await killOf(t, { [PUT]: decided }, { signal: early })
  t.match(before.error, { message: 'never mind' })
  t.equal(before.puts.length, 0)
  const caller = new AbortController()
  const answer: Answerer = (response, asked) => {
    accepted(response, asked)
    response.on('finish', () => setImmediate(() => caller.abort(new Error('never mind'))))
  }
  const between = await killOf(t, { [PUT]: answer }, { signal: caller.signal })
  t.match(between.error, { message: 'never mind' })
})

t.test('why is sent along, but not without end', async (t) => {
  const diagnostics = '停'.repeat(5000)
  const { puts } = await killOf(t, { [PUT]: decided, [GET]: killed }, { diagnostics })
  const body = JSON.stringify({ state: 'KILLED', diagnostics: '停'.repeat(1000) })
  t.equal(puts[0]?.body, body)
})
