import { connect } from 'node:net'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startAll, startProxy, untilStatus } from '../support/proxy.ts'

const CALLS = [
  ['login', 'login', 154, { username: 'admin', password: 'admin' }],
  ['start', 'executeFlow', 150, { project: 'test', flow: 'hold' }],
  ['getAppId', 'fetchExecJobLogs', 152, { execId: 1, jobId: 'hold' }],
  ['logger', 'fetchExecJobLogs', 152, { execId: 1, jobId: 'hold' }],
  ['status', 'fetchexecflow', 153, { execId: 1 }],
  ['running', 'getRunning', 153, { project: 'test', flow: 'hold' }],
  ['stop', 'fetchexecflow', 151, { execId: 1 }],
  ['restart', 'fetchexecflow', 151, { execId: 1, project: 'test', flow: 'hold' }]
] as const

t.test(
  'whatever Azkaban answers in place of an answer: the call’s code, then all is well',
  async (t) => {
    const { azkaban, post, sessionId, start } = await startAll(t, {}, { AZKABAN_TIMEOUT_MS: '150' })
    await start('hold')
    await untilStatus(azkaban, 1, 'RUNNING')
    for (const [call, ajax, statusCode, body] of CALLS) {
      for (const kind of ['hang', 'cut', 'reset', 'empty', 'garbage', 'huge'] as const) {
        if (call === 'start' && kind === 'cut') continue
        azkaban.faults.clear()
        azkaban.faults.add({ kind, ajax })
        const answer = await post(call, { sessionId, ...body })
        t.match(answer, { http: 200, statusCode, json: { error: /Azkaban/ } }, `${call} ${kind}`)
        t.match(answer.json, { code: /^AZKABAN_PROXY_/, requestId: /./ })
        t.notMatch(answer.data, /127\.0\.0\.1|localhost/)
      }
      azkaban.faults.clear()
      if (call === 'login') continue
      azkaban.faults.add({ kind: 'login-page', ajax, times: 1 })
      const lost = await post(call, { sessionId, ...body })
      t.match(lost, { http: 200, statusCode, data: '{"error":"session"}' }, `${call} login page`)
      t.match(await post('status', { sessionId, execId: 1 }), { statusCode: 200 })
    }
    t.equal(azkaban.executions.length, 1)
    t.equal(azkaban.executions[0]?.status, 'RUNNING')
  }
)

t.test('an Azkaban that is not there, and comes back', async (t) => {
  const { azkaban, sessionId } = await startAll(t)
  await azkaban.close()
  const proxy = await startProxy(t, { AZKABAN_URL: azkaban.url })
  for (const [call, , statusCode, body] of CALLS) {
    const answer = await proxy.post(call, { sessionId, ...body })
    const json = { code: 'AZKABAN_PROXY_UNREACHABLE', error: /Azkaban cannot be asked/ }
    t.match(answer, { http: 200, statusCode, json }, call)
    t.equal(answer.json.mayHaveStarted, undefined, 'nothing was sent')
  }
  const ready = await proxy.app.inject('/ready')
  t.match(ready.json(), { status: 'not ready', checks: { azkaban: 'unavailable' } })
})

t.test('error pages are passed on, cut when that is asked for', async (t) => {
  const message = 'Connect to azkaban-exec7.example:12321 [azkaban-exec7.example/10.1.2.3] failed'
  for (const redact of [false, true]) {
    const { azkaban, post, sessionId } = await startAll(
      t,
      {},
      { REDACT_UPSTREAM_ERRORS: String(redact) }
    )
    azkaban.faults.add({ kind: 'page-500', ajax: 'fetchexecflow', message })
    const page = await post('status', { sessionId, execId: 1 })
    t.match(page, { statusCode: 153, data: /^<html>[\s\S]*Error 500[\s\S]*<\/html>/ })
    t.equal(String(page.data).includes('\tat '), !redact, 'stack trace')
    t.equal(/exec7|10\.1\.2\.3/.test(String(page.data)), !redact, 'host names')
    azkaban.faults.add({ kind: 'error', ajax: 'getRunning', text: message })
    const error = await post('running', { sessionId, project: 'test', flow: 'hold' })
    t.equal(/exec7|10\.1\.2\.3/.test(String(error.data)), !redact, 'in JSON too')
    t.ok(error.json.error, 'which stays JSON')
  }
})

t.test('idle sockets of others that stall Azkaban: told, and over when they leave', async (t) => {
  const all = await startAll(t, { threads: 25 }, { AZKABAN_TIMEOUT_MS: '300' })
  const { azkaban, post, sessionId, start } = all
  const execId = await start('hold')
  const { port } = new URL(azkaban.url)
  const sockets = Array.from({ length: 25 }, () => connect(Number(port), '127.0.0.1'))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  // Kept-alive connections of the proxy itself go after four seconds; until then they would still be served.
  const stalled = await until('it is stalled', async () => {
    const answer = await post('status', { sessionId, execId })
    if (answer.statusCode !== 200) return answer
    await new Promise((resolve) => setTimeout(resolve, 4100))
    return undefined
  })
  t.match(stalled, { statusCode: 153, json: { code: 'AZKABAN_PROXY_TIMEOUT' } })
  for (const socket of sockets) socket.destroy()
  t.match(await post('status', { sessionId, execId }), { statusCode: 200 }, 'the next call works')
})

t.test('too many at once: they say so, and the others are answered', async (t) => {
  const { azkaban, post, sessionId, start } = await startAll(
    t,
    {},
    { AZKABAN_MAX_WAITING: '3', AZKABAN_WAIT_MS: '5000' }
  )
  const execId = await start('hold')
  azkaban.faults.add({ kind: 'slow', ajax: 'fetchexecflow', ms: 300, times: 4 })
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => post('status', { sessionId, execId }))
  )
  const busy = answers.filter(({ statusCode }) => statusCode === 153)
  t.equal(busy.length, 5)
  for (const { json } of busy) {
    t.match(json, { code: 'AZKABAN_PROXY_BUSY', error: /too many calls wait/ })
  }
})

t.test('a caller who leaves ends what was read for him', async (t) => {
  const { azkaban, url, post, sessionId, start } = await startAll(t)
  const execId = await start('hold')
  azkaban.faults.add({ kind: 'hang', ajax: 'fetchexecflow', times: 4 })
  const leave = new AbortController()
  const asked = Array.from({ length: 4 }, () =>
    fetch(`${url}/azkaban/status`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sessionId, execId }),
      signal: leave.signal
    })
  )
  await until('all four connections are taken', () => {
    return azkaban.requests.filter(({ fault }) => fault === 'hang').length === 4
  })
  leave.abort()
  t.same(
    (await Promise.allSettled(asked)).map(({ status }) => status),
    Array(4).fill('rejected')
  )
  t.match(await post('status', { sessionId, execId }), { statusCode: 200 })
})
