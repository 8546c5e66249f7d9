import t from 'tap'
import { startAll, untilStatus } from '../support/proxy.ts'

const FAILED = { http: 200, statusCode: 150, message: '启动任务失败' }
const FLOW = { project: 'test', flow: 'hold' }

t.test('a start goes out as a form, once, whatever runs already', async (t) => {
  const { azkaban, post, sessionId, changes } = await startAll(t)
  const forwarded = { 'x-forwarded-for': '10.9.8.7' }
  for (const execid of [1, 2]) {
    const answer = await post('start', { sessionId, ...FLOW }, forwarded)
    t.match(answer, { statusCode: 200, json: { execid } })
  }
  const sent = azkaban.requests.filter(({ parameters }) => parameters.ajax === 'executeFlow')
  t.equal(sent.length, 2)
  t.match(sent[0], {
    method: 'POST',
    path: '/executor',
    parameters: { ...FLOW, concurrentOption: 'ignore', 'session.id': sessionId },
    headers: { 'x-requested-with': 'XMLHttpRequest' }
  })
  t.equal(sent[0]?.headers['x-forwarded-for'], undefined)
  t.equal(sent[0]?.headers.cookie, undefined)
  t.match(
    changes.filter(({ what }) => what === 'azkaban.start'),
    [{ target: 'test/hold, execution 1', code: 200 }, { target: 'test/hold, execution 2' }]
  )
})

t.test('a start that may have run is looked for, and not sent again', async (t) => {
  const { azkaban, post, sessionId } = await startAll(t, {}, { AZKABAN_TIMEOUT_MS: '200' })
  let started = 0
  for (const [kind, runs] of [
    ['drop-after-accept', true],
    ['cut', true],
    ['slow', true],
    ['hang', false],
    ['reset', false],
    ['empty', false],
    ['garbage', false]
  ] as const) {
    azkaban.faults.clear()
    const where = { ajax: 'executeFlow', times: 1 }
    azkaban.faults.add(kind === 'slow' ? { kind, ms: 600, ...where } : { kind, ...where })
    const answer = await post('start', { sessionId, ...FLOW })
    started += runs ? 1 : 0
    t.match(answer, {
      ...FAILED,
      json: { code: 'AZKABAN_PROXY_START_UNKNOWN', mayHaveStarted: true, error: /Azkaban/ }
    })
    t.notMatch(answer.data, /127\.0\.0\.1/)
    const candidates = answer.json.candidates as { execId: number; submitUser: string }[]
    t.equal(azkaban.executions.length, started, kind)
    t.equal(candidates[0]?.execId, started, 'the newest execution is named')
    t.equal(candidates[0]?.submitUser, 'admin')
  }
})

t.test('what is refused is told in Azkaban’s words, with or without an error', async (t) => {
  const { azkaban, post, sessionId } = await startAll(t)
  const locked = await post('start', { sessionId, project: 'test', flow: 'locked' })
  t.match(locked, { ...FAILED, json: { execid: -1, message: /is locked/ } })
  azkaban.faults.add({ kind: 'error', ajax: 'executeFlow', text: 'no more', times: 1 })
  t.match(await post('start', { sessionId, ...FLOW }), {
    ...FAILED,
    data: '{\n  "error" : "no more"\n}'
  })
  azkaban.faults.add({ kind: 'page-500', ajax: 'executeFlow', message: 'For input', times: 1 })
  const page = await post('start', { sessionId, ...FLOW })
  t.match(page, { ...FAILED, data: /^<html>[\s\S]*<title>Error 500 For input/ })
  t.equal(azkaban.executions.length, 0)
})

t.test('an execution that stands beside an error is looked up', async (t) => {
  const { azkaban, post, sessionId } = await startAll(t, { version: '3.0.0' })
  azkaban.executor = 'down'
  const answer = await post('start', { sessionId, ...FLOW })
  t.match(answer, {
    ...FAILED,
    json: { mayHaveStarted: true, candidates: [{ execId: 1, status: 'PREPARING' }] }
  })
  t.equal(azkaban.executions.length, 1)
})

t.test('a caller who leaves does not undo his start', async (t) => {
  const { azkaban, url, sessionId } = await startAll(t)
  azkaban.faults.add({ kind: 'slow', ajax: 'executeFlow', ms: 200 })
  const leave = AbortSignal.timeout(100)
  const starting = fetch(`${url}/azkaban/start`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sessionId, ...FLOW }),
    signal: leave
  })
  await t.rejects(starting)
  await untilStatus(azkaban, 1, 'RUNNING')
})
