import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startAll, untilStatus, untilSubmitted } from '../support/proxy.ts'

t.test('what can be known is checked before the old execution is touched', async (t) => {
  const { azkaban, post, sessionId, start } = await startAll(t)
  const execId = await start('hold')
  await untilStatus(azkaban, execId, 'RUNNING')
  const cases = [
    [
      { project: 'test', flow: 'tes' },
      { error: 'project test has no flow tes', stopped: false }
    ],
    [
      { project: 'tes', flow: 'test' },
      { error: /Project 'null' not found\.; nothing was stopped/, stopped: false }
    ]
  ] as const
  for (const [flow, json] of cases) {
    const answer = await post('restart', { sessionId, execId, ...flow })
    t.match(answer, { http: 200, statusCode: 150, message: '启动任务失败', json })
  }
  for (const flow of [{ project: 'test' }, { flow: 'test' }, { project: 'test', flow: '' }]) {
    t.match(await post('restart', { sessionId, execId, ...flow }), { http: 400, statusCode: 400 })
  }
  t.equal(azkaban.executions[0]?.status, 'RUNNING')
  t.notOk(azkaban.requests.some(({ parameters }) => parameters.ajax === 'cancelFlow'))
})

t.test('the old execution may be replaced by another flow, and the change says so', async (t) => {
  const { azkaban, post, sessionId, start, changes } = await startAll(t)
  const execId = await start('test')
  const applicationId = await untilSubmitted(azkaban, execId)
  const body = { sessionId, execId, applicationId, project: 'test', flow: 'hold' }
  t.match(await post('restart', body), { statusCode: 200, json: { execid: 2, flow: 'hold' } })
  t.match(changes.at(-1), {
    what: 'azkaban.restart',
    target: 'test/hold, execution 2 in place of 1',
    applicationId,
    code: 200
  })
})

t.test('of an ended execution whose application lives, the application is replaced', async (t) => {
  const { azkaban, yarn, post, sessionId, start } = await startAll(t)
  const execId = await start('leaves')
  const applicationId = await untilSubmitted(azkaban, execId)
  await untilStatus(azkaban, execId, 'SUCCEEDED')
  const body = { sessionId, execId, applicationId, project: 'test', flow: 'test' }
  t.match(await post('restart', body), { statusCode: 200, json: { execid: 2 } })
  t.equal(yarn.applications.find(({ id }) => id === applicationId)?.state, 'KILLED')
})

t.test('a start that fails after the stop is 150', async (t) => {
  const { azkaban, post, sessionId, start } = await startAll(t)
  for (const [kind, json] of [
    ['page-500', {}],
    ['drop-after-accept', { stopped: true, mayHaveStarted: true, candidates: [{ execId: 3 }] }]
  ] as const) {
    azkaban.faults.clear()
    const execId = await start('hold')
    // While it is queued a cancel would leave it FAILED.
    await untilStatus(azkaban, execId, 'RUNNING')
    azkaban.faults.add({ kind, ajax: 'executeFlow' })
    const answer = await post('restart', { sessionId, execId, project: 'test', flow: 'hold' })
    t.match(answer, { http: 200, statusCode: 150, message: '启动任务失败', json }, kind)
    t.equal(azkaban.executions.find((one) => one.execId === execId)?.status, 'KILLED')
  }
  t.equal(azkaban.executions.length, 3)
})

t.test('nothing is started when the stop has no proof', async (t) => {
  const { azkaban, yarn, post, sessionId, start } = await startAll(
    t,
    {},
    { STOP_TIMEOUT_MS: '1500' }
  )
  const execId = await start('test')
  const applicationId = await untilSubmitted(azkaban, execId)
  const body = { sessionId, execId, applicationId, project: 'test', flow: 'test' }
  azkaban.faults.add({ kind: 'cancel-lies' })
  const lies = await post('restart', body)
  t.match(lies, { statusCode: 151, json: { stopped: false, cancelSent: true, state: 'RUNNING' } })
  t.not(yarn.applications.find(({ id }) => id === applicationId)?.state, 'KILLED')
  t.equal(azkaban.executions.length, 1)
})

t.test('restarts and stops of one execution at once start one execution at most', async (t) => {
  const { azkaban, post, sessionId, start } = await startAll(t)
  for (const second of ['restart', 'stop']) {
    const execId = await start('client')
    const applicationId = await untilSubmitted(azkaban, execId)
    const before = azkaban.executions.length
    const body = { sessionId, execId, applicationId, project: 'test', flow: 'hold' }
    const answers = await Promise.all([post('restart', body), post(second, body)])
    t.match(answers[0], { statusCode: 200 })
    t.match(answers[1], { statusCode: 151, json: { error: /running/ } }, 'it comes too late')
    t.equal(azkaban.executions.length, before + 1)
  }
})

t.test('a service that ends says that nothing is certain, and starts nothing', async (t) => {
  const all = await startAll(t, { killGraceMs: 3000 }, { SHUTDOWN_TIMEOUT_MS: '500' })
  const { azkaban, post, sessionId, start, close } = all
  const execId = await start('stubborn')
  await untilStatus(azkaban, execId, 'RUNNING')
  const body = { sessionId, execId, project: 'test', flow: 'hold' }
  const restarting = post('restart', body)
  await until('the cancel is there', () =>
    azkaban.requests.some(({ parameters }) => parameters.ajax === 'cancelFlow')
  )
  const [answer] = await Promise.all([restarting, close()])
  t.match(answer, { http: 503, json: { code: 'AZKABAN_PROXY_SHUTTING_DOWN', cancelSent: true } })
  t.equal(azkaban.executions.length, 1)
})
