import type { SandboxAzkaban } from '@scheduler-task/sandbox/azkaban/azkaban'
import type { SandboxYarn } from '@scheduler-task/sandbox/yarn/yarn'
import { until } from '@scheduler-task/test-support/until'
import { createResourceManager } from '@scheduler-task/yarn-client/resource-manager'
import t from 'tap'
import { PROJECTS } from '../support/projects.ts'
import {
  logIn,
  startAll,
  startProxy,
  startSurroundings,
  untilStatus,
  untilSubmitted
} from '../support/proxy.ts'

const TRUE = { http: 200, statusCode: 200, message: '成功!', data: true }
const FAILED = { http: 200, statusCode: 151, message: '停止任务失败' }

function cancelsOf(azkaban: SandboxAzkaban) {
  return azkaban.requests.filter(({ parameters }) => parameters.ajax === 'cancelFlow')
}

function stateOf(yarn: SandboxYarn, id: string) {
  return yarn.applications.find((one) => one.id === id)?.state
}

t.test('the execution is cancelled first, the application killed after its end', async (t) => {
  const { azkaban, yarn, post, sessionId, start, changes } = await startAll(t)
  const execId = await start('test')
  const applicationId = await untilSubmitted(azkaban, execId)
  azkaban.faults.add({ kind: 'slow', ajax: 'cancelFlow', ms: 300 })
  const stopping = post('stop', { sessionId, execId, applicationId })
  await until('the cancel is there', () => cancelsOf(azkaban).length === 1)
  t.not(stateOf(yarn, applicationId), 'KILLED')
  t.match(await stopping, TRUE)
  t.equal(azkaban.executions[0]?.status, 'KILLED')
  t.equal(stateOf(yarn, applicationId), 'KILLED')
  t.equal(cancelsOf(azkaban).length, 1)
  const change = changes.find(({ what }) => what === 'azkaban.stop')
  t.match(change, { target: `execution ${execId}`, applicationId, code: 200 })
})

t.test('without an application id only the execution is stopped', async (t) => {
  const { azkaban, yarn, post, sessionId, start } = await startAll(t)
  for (const applicationId of [undefined, null, '']) {
    const execId = await start('test')
    const application = await untilSubmitted(azkaban, execId)
    t.match(await post('stop', { sessionId, execId, applicationId }), TRUE)
    t.equal(azkaban.executions.at(-1)?.status, 'KILLED')
    t.not(stateOf(yarn, application), 'KILLED')
  }
})

t.test('an application id without a ResourceManager is refused before anything', async (t) => {
  const { azkaban } = await startSurroundings(t)
  const proxy = await startProxy(t, { AZKABAN_URL: azkaban.url })
  const sessionId = await logIn(proxy)
  await proxy.post('start', { sessionId, project: 'test', flow: 'test' })
  const applicationId = await untilSubmitted(azkaban, 1)
  for (const call of ['stop', 'restart']) {
    const body = { sessionId, execId: 1, applicationId, project: 'test', flow: 'test' }
    const answer = await proxy.post(call, body)
    t.match(answer, { ...FAILED, json: { error: /YARN_RM_URL/, cancelSent: false } })
  }
  t.equal(cancelsOf(azkaban).length, 0)
  t.equal(azkaban.executions.length, 1)
  t.match(await proxy.post('stop', { sessionId, execId: 1 }), TRUE, 'the flow alone can be')
})

t.test('while no ResourceManager answers nothing is cancelled', async (t) => {
  const { azkaban, yarn, post, sessionId, start } = await startAll(t)
  const execId = await start('test')
  const applicationId = await untilSubmitted(azkaban, execId)
  await yarn.down()
  const answer = await post('stop', { sessionId, execId, applicationId })
  t.match(answer, { ...FAILED, json: { code: 'AZKABAN_PROXY_RM_UNREACHABLE', cancelSent: false } })
  t.notMatch(answer.data, /127\.0\.0\.1/, 'no address is told')
  t.equal(cancelsOf(azkaban).length, 0)
  await yarn.up()
  t.match(await post('stop', { sessionId, execId, applicationId }), TRUE)
})

t.test('of an execution that has ended the application is killed', async (t) => {
  const { azkaban, yarn, post, sessionId, start } = await startAll(t)
  const execId = await start('leaves')
  const applicationId = await untilSubmitted(azkaban, execId)
  await untilStatus(azkaban, execId, 'SUCCEEDED')
  t.match(await post('stop', { sessionId, execId, applicationId }), TRUE)
  t.equal(stateOf(yarn, applicationId), 'KILLED')
  t.equal(cancelsOf(azkaban).length, 0)
})

t.test('what has ended already is answered in Azkaban’s words', async (t) => {
  const { azkaban, post, sessionId, start } = await startAll(t, { justFinishedMs: 0 })
  const execId = await start('client')
  const applicationId = await untilSubmitted(azkaban, execId)
  t.match(await post('stop', { sessionId, execId, applicationId }), TRUE)
  const data = '{\n  "error" : "Execution 1 of flow client isn\'t running."\n}'
  const body = { sessionId, execId, applicationId, project: 'test', flow: 'client' }
  t.match(await post('stop', body), { ...FAILED, data })
  t.match(await post('restart', body), { ...FAILED, data })
  t.equal(azkaban.executions.length, 1)
})

t.test('an application that the logs contradict is nobody’s to kill', async (t) => {
  const { azkaban, yarn, post, sessionId, start } = await startAll(t)
  const mine = await start('test')
  const other = await start('outer')
  const applicationId = await untilSubmitted(azkaban, other)
  await untilSubmitted(azkaban, mine)
  const body = { sessionId, execId: mine, applicationId, project: 'test', flow: 'test' }
  await until('the log names the application', async () => {
    const found = await post('getAppId', { sessionId, execId: mine, jobId: 'test' })
    return found.data !== null
  })
  for (const call of ['stop', 'restart']) {
    const json = { code: 'AZKABAN_PROXY_APPLICATION_OF_ANOTHER', cancelSent: false }
    t.match(await post(call, body), { ...FAILED, json })
  }
  t.not(stateOf(yarn, applicationId), 'KILLED')
  t.equal(cancelsOf(azkaban).length, 0)
  t.equal(azkaban.executions.length, 2)
})

t.test('without evidence from its first byte on an application is killed', async (t) => {
  const { azkaban, yarn, post, sessionId, start } = await startAll(t)
  const execId = await start('test')
  const other = await start('test')
  const applicationId = await untilSubmitted(azkaban, other)
  const own = await untilSubmitted(azkaban, execId)
  azkaban.job(execId, 'test').rewrite(`… test INFO - Submitted application ${own}\n`)
  t.match(await post('stop', { sessionId, execId, applicationId }), TRUE)
  t.equal(stateOf(yarn, applicationId), 'KILLED')
})

t.test('an id that a log names anywhere is not contradicted', async (t) => {
  const { azkaban, yarn, post, sessionId, start } = await startAll(t)
  const execId = await start('test')
  const other = await start('test')
  const applicationId = await untilSubmitted(azkaban, other)
  await untilSubmitted(azkaban, execId)
  azkaban.job(execId, 'test').print(`goes on with ${applicationId}`)
  t.match(await post('stop', { sessionId, execId, applicationId }), TRUE)
  t.equal(stateOf(yarn, applicationId), 'KILLED')
})

t.test('applications of earlier attempts belong to the execution too', async (t) => {
  const { azkaban, yarn, post, sessionId, start } = await startAll(t)
  const flow = PROJECTS[0]?.flows.find(({ id }) => id === 'again')
  t.equal(flow?.jobs[0]?.retries, 1)
  const execId = await start('again')
  await untilStatus(azkaban, execId, 'FAILED')
  const [first = ''] = azkaban.executions[0]?.jobs[0]?.applicationIds ?? []
  const answer = await post('stop', { sessionId, execId, applicationId: first })
  t.match(answer, { ...FAILED, json: { error: /running/ } }, 'known as its own, and over')
  t.ok(stateOf(yarn, first))
})

t.test('an id that nobody has heard of is refused; a forgotten one is gone', async (t) => {
  const { azkaban, yarn, post, sessionId, start } = await startAll(t)
  const execId = await start('test')
  const applicationId = await untilSubmitted(azkaban, execId)
  for (const unknown of ['application_1_0001', 'application_9999999999999999999_1']) {
    // Else the logs contradict it.
    azkaban.job(execId, 'test').print(`about ${unknown}`)
    const answer = await post('stop', { sessionId, execId, applicationId: unknown })
    t.match(answer, { ...FAILED, json: { code: 'AZKABAN_PROXY_APPLICATION_UNKNOWN' } })
  }
  t.equal(cancelsOf(azkaban).length, 0)
  yarn.forget(applicationId)
  t.match(await post('stop', { sessionId, execId, applicationId }), TRUE)
  t.equal(azkaban.executions[0]?.status, 'KILLED')
})

t.test('an application that YARN does not show yet is looked for again', async (t) => {
  const { azkaban, yarn } = await startSurroundings(t)
  const rm = createResourceManager({ urls: [yarn.url], user: 'alice' })
  const shown = [undefined]
  const application: typeof rm.application = async (id, signal) =>
    shown.length > 0 ? shown.pop() : await rm.application(id, signal)
  const resourceManager = { ...rm, application }
  const { post } = await startProxy(t, { AZKABAN_URL: azkaban.url }, { resourceManager })
  const sessionId = await logIn({ post })
  const started = await post('start', { sessionId, project: 'test', flow: 'test' })
  const { execid: execId } = started.json
  const applicationId = await untilSubmitted(azkaban, Number(execId))
  t.match(await post('stop', { sessionId, execId, applicationId }), TRUE)
  t.equal(stateOf(yarn, applicationId), 'KILLED')
  t.same(shown, [])
})

t.test('what one job was given as a parameter, another one may have started', async (t) => {
  const { azkaban, post, sessionId, start } = await startAll(t)
  const execId = await start('chain')
  await untilStatus(azkaban, execId, 'RUNNING')
  const applicationId = 'application_1_0001'
  azkaban.job(execId, 'first').print(`for ${applicationId}`)
  azkaban.job(execId, 'first').finish('SUCCEEDED')
  await until('the second job runs', () => azkaban.executions[0]?.jobs[1]?.status === 'RUNNING')
  azkaban.job(execId, 'second').print(`Submitted application ${applicationId}`)
  // The ResourceManager has forgotten it.
  t.match(await post('stop', { sessionId, execId, applicationId }), TRUE)
  t.equal(azkaban.executions[0]?.status, 'KILLED')
})

t.test('cancels that lie, are refused, or are not answered: only the status counts', async (t) => {
  const variables = { AZKABAN_CANCEL_TIMEOUT_MS: '300' }
  const { azkaban, yarn, post, sessionId, start } = await startAll(t, {}, variables)
  const cancel = { ajax: 'cancelFlow', times: 1 }
  const faults = [
    { kind: 'cancel-lies', times: 1 },
    { kind: 'cancel-refused-but-cancelled', times: 1 },
    { kind: 'drop-after-accept', ...cancel },
    { kind: 'cut', ...cancel },
    { kind: 'reset', ...cancel },
    { kind: 'hang', ...cancel },
    { kind: 'empty', ...cancel }
  ] as const
  const runs = await Promise.all(
    faults.map(async () => {
      const execId = await start('test')
      return { execId, applicationId: await untilSubmitted(azkaban, execId) }
    })
  )
  // One for each, whichever it meets.
  for (const fault of faults) azkaban.faults.add(fault)
  await Promise.all(
    runs.map(async ({ execId, applicationId }) => {
      t.match(await post('stop', { sessionId, execId, applicationId }), TRUE)
      t.equal(azkaban.executions.find((one) => one.execId === execId)?.status, 'KILLED')
      t.equal(stateOf(yarn, applicationId), 'KILLED')
    })
  )
  const met = azkaban.requests.flatMap(({ fault }) => fault ?? [])
  t.same(met.sort(), ['cut', 'drop-after-accept', 'empty', 'hang', 'reset'])
  t.ok(cancelsOf(azkaban).length >= faults.length + 4)
})

t.test('a run in the dispatcher’s hands starts afterwards, and is cancelled then', async (t) => {
  const { azkaban, post, sessionId, start } = await startAll(t, { dispatchDelayMs: 700 })
  const execId = await start('hold')
  azkaban.faults.add({ kind: 'cancel-too-early', times: 1 })
  t.match(await post('stop', { sessionId, execId }), TRUE)
  t.ok(cancelsOf(azkaban).length >= 2)
  t.match(azkaban.executions[0], { status: 'KILLED' })
})

t.test('what Azkaban refuses for good is told in its words', async (t) => {
  const users = [
    { name: 'admin', password: 'admin' },
    { name: 'reader', password: 'reader', permissions: { test: ['READ'] as const } }
  ]
  const { azkaban, post, start } = await startAll(t, { users })
  const execId = await start('hold')
  const login = await post('login', { username: 'reader', password: 'reader' })
  const sessionId = login.json['session.id']
  const error = "User 'reader' doesn't have EXECUTE permissions on test"
  t.match(await post('stop', { sessionId, execId }), { ...FAILED, json: { error } })
  const restart = { sessionId, execId, project: 'test', flow: 'hold' }
  t.match(await post('restart', restart), { statusCode: 150, json: { error } })
  t.equal(azkaban.executions[0]?.status, 'RUNNING')
  t.equal(cancelsOf(azkaban).length, 1)
})

t.test('no proof in time: 151, and what was begun goes on to its end', async (t) => {
  const around = { killGraceMs: 1500 }
  const all = await startAll(t, around, { STOP_TIMEOUT_MS: '500' })
  const { azkaban, post, sessionId, start } = all
  const ids = [await start('stubborn'), await start('stubborn'), await start('stubborn')]
  for (const execId of ids) await untilStatus(azkaban, execId, 'RUNNING')
  const answers = await Promise.all(ids.map((execId) => post('stop', { sessionId, execId })))
  for (const answer of answers) {
    t.match(answer, { ...FAILED, json: { code: 'AZKABAN_PROXY_STOP_PENDING', state: 'RUNNING' } })
  }
  const sent = answers.map(({ json }) => json.cancelSent)
  t.same(sent.sort(), [false, true, true], 'two cancels at once, the third is withdrawn')
  await until('the two are stopped', () => {
    return azkaban.executions.filter(({ status }) => status === 'KILLED').length === 2
  })
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.equal(cancelsOf(azkaban).length, 2, 'the third was never sent')
  t.equal(azkaban.executions.filter(({ status }) => status === 'RUNNING').length, 1)
})

t.test('a stop that nobody waits for any more does not keep others from theirs', async (t) => {
  const variables = { STOP_TIMEOUT_MS: '2500' }
  const { azkaban, yarn, post, sessionId, start } = await startAll(t, {}, variables)
  // The cancel changes nothing, which shows after 3 s.
  const held = await start('hold')
  await untilStatus(azkaban, held, 'RUNNING')
  azkaban.faults.add({ kind: 'cancel-lies', times: 1 })
  const restart = { sessionId, execId: held, project: 'test', flow: 'hold' }
  t.match(await post('restart', restart), { ...FAILED, json: { cancelSent: true } })
  t.match(await post('stop', { sessionId, execId: held }), TRUE)
  t.equal(cancelsOf(azkaban).length, 2)

  // The ResourceManager hangs in the kill.
  const execId = await start('test')
  const applicationId = await untilSubmitted(azkaban, execId)
  yarn.faults.add({ kind: 'hang', method: 'PUT', count: 1 })
  const stop = { sessionId, execId, applicationId }
  t.match(await post('stop', stop), { ...FAILED, json: { code: 'AZKABAN_PROXY_STOP_PENDING' } })
  t.equal(stateOf(yarn, applicationId), 'RUNNING')
  t.match(await post('stop', stop), TRUE)
  t.equal(stateOf(yarn, applicationId), 'KILLED')
  t.equal(azkaban.executions.length, 2, 'and nothing is started')
})

t.test('an application is killed although nobody waits any more', async (t) => {
  const flow = {
    id: 'slow',
    jobs: [
      {
        id: 'slow',
        program: [
          { kind: 'submit-application' },
          { kind: 'ignore-term' },
          { kind: 'hold' }
        ] as const
      }
    ]
  }
  const projects = [{ name: 'test', flows: [flow] }]
  const options = { projects, killGraceMs: 1000 }
  const { azkaban, yarn, post, sessionId, start } = await startAll(t, options, {
    STOP_TIMEOUT_MS: '400'
  })
  const execId = await start('slow')
  const applicationId = await untilSubmitted(azkaban, execId)
  const restart = { sessionId, execId, applicationId, project: 'test', flow: 'slow' }
  t.match(await post('restart', restart), {
    ...FAILED,
    json: { code: 'AZKABAN_PROXY_STOP_PENDING', cancelSent: true, stopped: false }
  })
  await until('it is killed', () => stateOf(yarn, applicationId) === 'KILLED')
  t.match(await post('stop', { sessionId, execId, applicationId }), FAILED, 'by then it is over')
  t.equal(azkaban.executions.length, 1, 'nothing is started after the caller was told 151')
})

t.test('equal stops share one, others take turns', async (t) => {
  const all = await startAll(t)
  const { azkaban, post, sessionId, start } = all
  const execId = await start('client')
  const applicationId = await untilSubmitted(azkaban, execId)
  const other = await logIn(all)
  const body = { sessionId, execId, applicationId }
  const [one, same, later] = await Promise.all([
    post('stop', body),
    post('stop', body),
    post('stop', { ...body, sessionId: other })
  ])
  t.match(one, TRUE)
  t.match(same, TRUE)
  t.match(later, { ...FAILED, json: { error: /running/ } }, 'another session asks for itself')
})

t.test('a caller who leaves does not leave half a stop', async (t) => {
  const { azkaban, yarn, url, sessionId, start } = await startAll(t)
  const execId = await start('test')
  const applicationId = await untilSubmitted(azkaban, execId)
  azkaban.faults.add({ kind: 'slow', ajax: 'cancelFlow', ms: 300 })
  const leave = new AbortController()
  const stopping = fetch(`${url}/azkaban/stop`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sessionId, execId, applicationId }),
    signal: leave.signal
  })
  await until('the cancel is there', () => cancelsOf(azkaban).length === 1)
  leave.abort()
  await t.rejects(stopping)
  await until('the application is gone', () => stateOf(yarn, applicationId) === 'KILLED')
  t.equal(azkaban.executions[0]?.status, 'KILLED')
})

t.test(
  'Azkaban restarts while it is asked to stop: the session is lost, which is told',
  async (t) => {
    const { azkaban, post, sessionId, start } = await startAll(t)
    const execId = await start('hold')
    await untilStatus(azkaban, execId, 'RUNNING')
    azkaban.faults.add({ kind: 'cancel-lies' })
    const stopping = post('stop', { sessionId, execId })
    await until('the cancel is there', () => cancelsOf(azkaban).length === 1)
    await azkaban.restart()
    t.match(await stopping, { ...FAILED, data: '{"error":"session"}' })
  }
)
