import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import type { AzkabanFault } from '../../src/azkaban/azkaban.ts'
import { ask, azkabanFor, sessionOf } from './support/azkaban.ts'

const hold = {
  name: 'test',
  flows: [{ id: 'test', jobs: [{ id: 'test', program: [{ kind: 'hold' }] }] }]
} as const
const quick = { projects: [hold], dispatchDelayMs: 0 }

const answered: ReadonlyArray<readonly [AzkabanFault, number, RegExp]> = [
  [{ kind: 'login-page' }, 200, /^<!DOCTYPE html>[\s\S]*name="password"/],
  [{ kind: 'page-500', message: 'No <space> left' }, 500, /<pre> {4}No &lt;space&gt; left<\/pre>/],
  [{ kind: 'session-lost' }, 200, /^\{"action":"login","message":"Invalid Session/],
  [{ kind: 'empty' }, 200, /^$/],
  [{ kind: 'garbage' }, 200, /^\{\n {2}"data" : "/],
  [{ kind: 'huge', bytes: 300_000 }, 200, /^\{\n {2}"data" : " {299000}/],
  [{ kind: 'error', text: 'no "luck"' }, 200, /^\{\n {2}"error" : "no \\"luck\\""\n\}$/]
]

for (const [fault, status, text] of answered) {
  t.test(`${fault.kind}: answered so, nothing is done, and it ends`, async (t) => {
    const azkaban = await azkabanFor(t, quick)
    const { id } = await sessionOf(azkaban)
    azkaban.faults.add({ ...fault, ajax: 'executeFlow', times: 1 })
    const fields = { ajax: 'executeFlow', project: 'test', flow: 'test', 'session.id': id }
    const answer = await ask(azkaban.url, fields)
    t.match(answer, { status, text })
    t.equal(azkaban.executions.length, 0)
    t.match(azkaban.requests.at(-1), { fault: fault.kind, parameters: { ajax: 'executeFlow' } })
    const again = await sessionOf(azkaban)
    t.equal(await again.start(), 1)
  })
}

const unanswered: ReadonlyArray<readonly [AzkabanFault, number]> = [
  [{ kind: 'reset' }, 0],
  [{ kind: 'cut' }, 1],
  [{ kind: 'drop-after-accept' }, 1]
]

for (const [fault, started] of unanswered) {
  t.test(`${fault.kind}: no whole answer, ${started} execution`, async (t) => {
    const azkaban = await azkabanFor(t, quick)
    const session = await sessionOf(azkaban)
    azkaban.faults.add({ ...fault, skip: 1, times: 1 })
    t.match(await session.call('getRunning', { project: 'test', flow: 'test' }), {})
    await t.rejects(session.start())
    t.equal(azkaban.executions.length, started)
    t.equal(await session.start(), started + 1)
  })
}

t.test('hang: no answer, nothing is done, close ends it', async (t) => {
  const azkaban = await azkabanFor(t, quick)
  const session = await sessionOf(azkaban)
  azkaban.faults.add({ kind: 'hang' })
  const waiting = session.start().catch((error: unknown) => error)
  await until('the call arrives', () => azkaban.requests.at(-1)?.fault === 'hang')
  await azkaban.close()
  t.ok((await waiting) instanceof Error)
  t.equal(azkaban.executions.length, 0)
})

t.test('slow: everything happens so much later', async (t) => {
  const azkaban = await azkabanFor(t, quick)
  const session = await sessionOf(azkaban)
  azkaban.faults.add({ kind: 'slow', ms: 80 })
  const started = Date.now()
  await session.start()
  t.ok(Date.now() - started >= 79)
  azkaban.faults.clear()
  t.ok((azkaban.executions[0]?.submitTime ?? 0) - started >= 79)
})

t.test('a fault hits only the calls that it names', async (t) => {
  const azkaban = await azkabanFor(t, quick)
  azkaban.faults.add({ kind: 'error', text: 'down', ajax: 'login', times: 1 })
  const refused = await ask(
    azkaban.url,
    { action: 'login', username: 'admin', password: 'admin' },
    '/'
  )
  t.match(refused.text, /down/)
  const session = await sessionOf(azkaban)
  azkaban.faults.add({ kind: 'error', text: 'no log', ajax: 'fetchExecJobLogs' })
  t.equal(await session.start(), 1)
  const block = { execid: 1, jobId: 'test', offset: 0, length: 1 }
  t.match(await session.call('fetchExecJobLogs', block), { error: 'no log' })
})

t.test('a cancel that lies leaves the run as it is', async (t) => {
  const azkaban = await azkabanFor(t, quick)
  const session = await sessionOf(azkaban)
  const execid = await session.start()
  await until('it runs', () => azkaban.executions[0]?.status === 'RUNNING')
  azkaban.faults.add({ kind: 'cancel-lies', times: 1 })
  t.same(await session.call('cancelFlow', { execid }), {})
  t.equal(await session.status(execid), 'RUNNING')
  t.same(await session.call('cancelFlow', { execid }), {})
  await until('it ends', () => azkaban.executions[0]?.status === 'KILLED')
})

t.test('a cancel that is refused may have cancelled', async (t) => {
  const azkaban = await azkabanFor(t, quick)
  const session = await sessionOf(azkaban)
  const execid = await session.start()
  await until('it runs', () => azkaban.executions[0]?.status === 'RUNNING')
  azkaban.faults.add({ kind: 'cancel-refused-but-cancelled' })
  t.match(await session.call('cancelFlow', { execid }), { error: /unreachable/ })
  await until('it ends', () => azkaban.executions[0]?.status === 'KILLED')
})

t.test('a run in the hands of the dispatcher starts after its cancel', async (t) => {
  const azkaban = await azkabanFor(t, { ...quick, dispatchDelayMs: 100 })
  const session = await sessionOf(azkaban)
  azkaban.faults.add({ kind: 'cancel-too-early' })
  const execid = await session.start()
  const said = await session.call('cancelFlow', { execid })
  t.same(said, { error: "Execution 1 of flow test isn't running." })
  await until('it runs', () => azkaban.executions[0]?.status === 'RUNNING')
  t.same(await session.call('cancelFlow', { execid }), {})
})

t.test('faults are set, shown and cleared over HTTP', async (t) => {
  const azkaban = await azkabanFor(t, quick)
  const url = `${azkaban.url}/sandbox/faults`
  const send = async (method: string, body?: string) => {
    const response = await fetch(url, { method, ...(body !== undefined && { body }) })
    return { status: response.status, value: JSON.parse(await response.text()) }
  }
  const faults = [{ kind: 'error', ajax: 'login', text: 'down', times: 1 }]
  t.match(await send('PUT', JSON.stringify({ faults })), { status: 200, value: { faults } })
  await ask(azkaban.url, { action: 'login' }, '/')
  const shown = await send('GET')
  t.match(shown, { status: 200, value: { faults, hits: [1] } })
  t.match(await send('PUT', JSON.stringify(shown.value)), { status: 200 })
  const bad = [
    '',
    '{',
    '{"faults":{}}',
    '{"faults":[{"kind":"flood"}]}',
    '{"faults":[{"kind":"slow"}]}'
  ]
  for (const body of bad) t.match(await send('PUT', body), { status: 400 }, body)
  t.match(await send('GET'), { value: { faults } }, 'which changed nothing')
  t.match(await send('DELETE'), { status: 200, value: { faults: [] } })
  t.match(await send('PATCH', '{}'), { status: 405 })
})
