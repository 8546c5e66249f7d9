import type { AzkabanVersion } from '@scheduler-task/sandbox/azkaban/azkaban'
import t from 'tap'
import { logIn, startAll, untilStatus, untilSubmitted } from '../support/proxy.ts'

const VERSIONS: readonly AzkabanVersion[] = ['2.5.0', '3.0.0', '3.90.0', '4.0.0', 'HEAD']

for (const version of VERSIONS) {
  t.test(`Azkaban ${version}: the eight calls, from start to stop`, async (t) => {
    const all = await startAll(t, { version })
    const { azkaban, yarn, post } = all

    const login = await post('login', { username: 'admin', password: 'admin' })
    t.match(login, { http: 200, statusCode: 200, message: '成功!' })
    t.match(login.json, { status: 'success' })
    const sessionId = login.json['session.id']

    const started = await post('start', { sessionId, project: 'test', flow: 'test' })
    t.match(started, { statusCode: 200, json: { project: 'test', flow: 'test', execid: 1 } })
    t.match(started.data, /^\{\n {2}"/, 'as Azkaban wrote it')
    const execId = '1'
    const applicationId = await untilSubmitted(azkaban, 1)

    const found = await post('getAppId', { sessionId, execId, jobId: 'test' })
    t.match(found, { statusCode: 200, data: applicationId })

    const log = await post('logger', {
      sessionId,
      execId,
      jobId: 'test',
      offest: 0,
      length: '500'
    })
    t.match(log, { statusCode: 200, json: { offset: 0, length: 500 } })
    t.match(log.json.data, /Starting (command )?job test at/)
    const rest = { offset: '500', length: 50_000 }
    const next = await post('logger', { sessionId, execId, jobId: 'test', ...rest })
    t.match(next.json, { offset: 500 })

    await untilStatus(azkaban, 1, 'RUNNING')
    const status = await post('status', { sessionId, execId })
    t.match(status, { statusCode: 200, json: { execid: 1, flow: 'test', status: 'RUNNING' } })

    const running = await post('running', { sessionId, project: 'test', flow: 'test' })
    t.strictSame(running.json, { execIds: [1] })

    const restart = { sessionId, execId, applicationId, project: 'test', flow: 'test' }
    const restarted = await post('restart', restart)
    t.match(restarted, { statusCode: 200, json: { execid: 2 } })
    t.equal(stateOf(applicationId), 'KILLED')
    t.equal(azkaban.executions[0]?.status, 'KILLED')

    const second = await untilSubmitted(azkaban, 2)
    const stopped = await post('stop', { sessionId, execId: 2, applicationId: second })
    t.strictSame(
      { http: stopped.http, statusCode: stopped.statusCode, data: stopped.data },
      { http: 200, statusCode: 200, data: true }
    )
    t.equal(stateOf(second), 'KILLED')
    t.equal(azkaban.executions[1]?.status, 'KILLED')
    t.equal(azkaban.executions.length, 2)

    const again = await post('stop', { sessionId, execId: 2, applicationId: second })
    t.match(again, { http: 200, statusCode: 151, message: '停止任务失败' })
    t.match(again.data, /^\{\n {2}"error" : ".*(isn't|is not) running\."\n\}$/)

    const none = await post('running', { sessionId, project: 'test', flow: 'hold' })
    t.equal(none.data, '{}')

    function stateOf(id: string) {
      return yarn.applications.find((one) => one.id === id)?.state
    }
  })

  t.test(
    `Azkaban ${version}: what it refuses has the call's code and Azkaban's text`,
    async (t) => {
      const { post, sessionId, start } = await startAll(t, { version })
      const execId = await start('hold')
      const flow = { sessionId, project: 'test', flow: 'tes' }

      const login = await post('login', { username: 'admin', password: 'wrong' })
      t.match(login, { http: 200, statusCode: 154, message: '登录azkaban失败' })
      t.match(login.json.error, /^Incorrect Login\./)

      const noFlow = await post('start', flow)
      t.match(noFlow, { http: 200, statusCode: 150, message: '启动任务失败' })
      t.match(noFlow.json.error, /Flow 'tes' cannot be found in project azkaban\.project\.Project@/)
      const noProject = await post('start', { sessionId, project: 'tes', flow: 'test' })
      t.match(noProject, { statusCode: 150, json: { error: /doesn't exist/ } })

      const noJob = await post('logger', { sessionId, execId, jobId: 'tes' })
      t.match(noJob, { http: 200, statusCode: 152, message: '获取日志失败' })
      t.equal(noJob.json.error, `Job tes doesn't exist in ${execId}`)
      t.match(await post('getAppId', { sessionId, execId, jobId: 'tes' }), {
        statusCode: 152,
        json: { error: `Job tes doesn't exist in ${execId}` }
      })

      const noExecution = await post('status', { sessionId, execId: 999 })
      t.match(noExecution, { http: 200, statusCode: 153, message: '获取状态失败' })
      if (version === '2.5.0') t.match(noExecution.data, /^<html>[\s\S]*<title>Error 500 Index: 0</)
      else t.match(noExecution.json, { error: "Cannot find execution '999'" })
      for (const call of ['logger', 'getAppId']) {
        t.match(await post(call, { sessionId, execId: 999, jobId: 'test' }), { statusCode: 152 })
      }
      t.match(await post('stop', { sessionId, execId: 999 }), { statusCode: 151 })
      t.match(await post('running', { sessionId, project: 'tes', flow: 'test' }), {
        statusCode: 153,
        json: { error: /not found/ }
      })
    }
  )

  t.test(
    `Azkaban ${version}: a lost session is told by every call, and nothing is done`,
    async (t) => {
      const all = await startAll(t, { version })
      const { azkaban, post, sessionId } = all
      const execId = await all.start('hold')
      await untilStatus(azkaban, execId, 'RUNNING')
      azkaban.forgetSessions()
      const flow = { project: 'test', flow: 'test' }
      const calls = [
        ['start', 150, flow],
        ['getAppId', 152, { execId, jobId: 'hold' }],
        ['logger', 152, { execId, jobId: 'hold' }],
        ['status', 153, { execId }],
        ['running', 153, flow],
        ['stop', 151, { execId }],
        ['restart', 151, { execId, ...flow }]
      ] as const
      for (const [call, statusCode, body] of calls) {
        const answer = await post(call, { sessionId, ...body })
        t.match(answer, { http: 200, statusCode, data: '{"error":"session"}' }, call)
      }
      t.equal(azkaban.executions.length, 1)
      t.equal(azkaban.executions[0]?.status, 'RUNNING')
      t.ok(await logIn(all), 'the next log-in works')
    }
  )
}
