import type { AzkabanVersion } from '@scheduler-task/sandbox/azkaban/azkaban'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startAll, untilStatus, untilSubmitted } from '../support/proxy.ts'

const NULL = { http: 200, statusCode: 200, message: '成功!', data: null }
const NOT_GOT = { http: 200, statusCode: 152, message: '获取日志失败' }

t.test('the id of the newest attempt, and null while it has none', async (t) => {
  const { azkaban, post, sessionId, start } = await startAll(t)
  const execId = await start('again')
  await untilStatus(azkaban, execId, 'FAILED')
  const [first, second] = azkaban.executions[0]?.jobs[0]?.applicationIds ?? []
  t.ok(first)
  const answer = await post('getAppId', { sessionId, execId, jobId: 'again' })
  t.match(answer, { statusCode: 200, data: second })

  const held = await start('hold')
  await untilStatus(azkaban, held, 'RUNNING')
  t.match(await post('getAppId', { sessionId, execId: held, jobId: 'hold' }), NULL)
})

t.test('null for a job that has no log yet, whatever Azkaban says of it', async (t) => {
  for (const version of ['2.5.0', '3.90.0', 'HEAD'] satisfies AzkabanVersion[]) {
    const { azkaban, post, sessionId, start } = await startAll(t, { version })
    const execId = await start('chain')
    await untilStatus(azkaban, execId, 'RUNNING')
    const body = { sessionId, execId, jobId: 'second' }
    t.match(await post('getAppId', body), NULL, version)
    const log = await post('logger', body)
    t.match(log, { ...NOT_GOT, data: /^<html>/ }, 'the page is passed on')
    await post('stop', { sessionId, execId })
    t.match(await post('getAppId', body), NULL, 'it never ran')
  }
})

t.test('while the executor is away nobody knows whether a log names one', async (t) => {
  for (const version of ['2.5.0', '3.90.0'] satisfies AzkabanVersion[]) {
    const { azkaban, post, sessionId, start } = await startAll(t, { version })
    const execId = await start('test')
    await untilSubmitted(azkaban, execId)
    azkaban.executor = 'down'
    const answer = await post('getAppId', { sessionId, execId, jobId: 'test' })
    t.match(answer, { ...NOT_GOT, data: /^<html>[\s\S]*refused/ }, version)
  }
})

t.test('jobs of embedded flows by their nested id', async (t) => {
  const { azkaban, post, sessionId, start } = await startAll(t)
  const execId = await start('outer')
  const applicationId = await untilSubmitted(azkaban, execId)
  const jobId = 'sub:sub'
  await until('the log names it', async () => {
    const { data } = await post('getAppId', { sessionId, execId, jobId })
    return data === applicationId
  })
})

t.test('a long log is read to its end, whatever it is cut into', async (t) => {
  const { azkaban, post, sessionId, start } = await startAll(t, { logChunkBytes: 50_000_000 })
  const execId = await start('hold')
  await untilStatus(azkaban, execId, 'RUNNING')
  const job = azkaban.job(execId, 'hold')
  const line = '22-11-2026 19:38:34 CST hold INFO - 漢字 <b> "quoted" 😀 and so on\n'
  job.append(line.repeat(30_000))
  job.append('22-11-2026 19:38:34 CST hold INFO - Submitted application application_1_0001\n')
  job.append(line.repeat(30_000))
  const body = { sessionId, execId, jobId: 'hold' }
  t.match(await post('getAppId', body), { statusCode: 200, data: 'application_1_0001' })
  job.append('22-11-2026 19:38:34 CST hold INFO - Submitted application application_1_00')
  t.match(await post('getAppId', body), { data: 'application_1_0001' }, 'not whole yet')
  job.append('02\n')
  t.match(await post('getAppId', body), { data: 'application_1_0002' })
})

t.test('of a rotated log the newest file is searched, and all of it after the end', async (t) => {
  const { azkaban, post, sessionId, start } = await startAll(t, { logChunkBytes: 20_000 })
  const execId = await start('hold')
  await untilStatus(azkaban, execId, 'RUNNING')
  const job = azkaban.job(execId, 'hold')
  job.print('Submitted application application_1_0001')
  const body = { sessionId, execId, jobId: 'hold' }
  t.match(await post('getAppId', body), { data: 'application_1_0001' })
  for (let at = 0; at < 600; at++) job.print('more and more of it')
  t.match(await post('getAppId', body), NULL, 'it is no longer there')
  job.finish('SUCCEEDED')
  await untilStatus(azkaban, execId, 'SUCCEEDED')
  t.match(await post('getAppId', body), { data: 'application_1_0001' }, 'waits for the stored log')
})

t.test('offset and length are bytes, answered as Azkaban answers', async (t) => {
  const { azkaban, post, sessionId, start } = await startAll(t)
  const execId = await start('hold')
  await untilStatus(azkaban, execId, 'RUNNING')
  azkaban.job(execId, 'hold').rewrite('ab漢字<é>')
  const body = { sessionId, execId: String(execId), jobId: 'hold' }
  const cases = [
    [{}, { offset: 0, length: 12, data: 'ab&#28450;&#23383;&lt;&eacute;&gt;' }],
    [
      { offest: '2', length: '4' },
      { offset: 2, length: 3, data: '&#28450;' }
    ],
    [
      { offest: 0, offset: 8, length: 4 },
      { offset: 8, length: 4, data: '&lt;&eacute;&gt;' }
    ],
    [{ offset: 1000 }, { offset: 1000, length: 0, data: '' }],
    [{ offset: 2_147_483_647, length: 10_485_760 }, { length: 0 }]
  ] as const
  for (const [range, json] of cases) {
    t.match(await post('logger', { ...body, ...range }), { statusCode: 200, json })
  }
})

t.test('a log that takes too long to search is given up', async (t) => {
  const variables = { APPLICATION_ID_TIMEOUT_MS: '300' }
  const { azkaban, post, sessionId, start } = await startAll(t, {}, variables)
  const execId = await start('test')
  await untilSubmitted(azkaban, execId)
  azkaban.faults.add({ kind: 'slow', ajax: 'fetchExecJobLogs', ms: 1000 })
  const answer = await post('getAppId', { sessionId, execId, jobId: 'test' })
  t.match(answer, { ...NOT_GOT, json: { code: 'AZKABAN_PROXY_SEARCH_TOO_LONG' } })
})
