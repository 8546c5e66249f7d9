import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FaultInput } from '@scheduler-task/sandbox/yarn/faults'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { request } from 'undici'
import { startExecutor } from '../support/executor.ts'

const UNKNOWN = 'application_1_0001'

t.test('what is read is the ResourceManager’s own text, byte for byte', async (t) => {
  const { get, yarn } = await startExecutor(t)
  const id = yarn.submit({ name: '名字', user: 'bob' })
  yarn.advance(id, 'RUNNING')

  const report = await request(`${yarn.url}/ws/v1/cluster/apps/${id}?user.name=alice`)
  const answer = await get(`/executor/y/logger/${id}`)
  t.match(answer, { http: 200, statusCode: 200, message: '成功!' })
  const volatile = /"(elapsedTime|memorySeconds|vcoreSeconds)":\d+|"value":"\d+"/g
  const still = (text: string) => text.replaceAll(volatile, '')
  t.equal(still(String(answer.data)), still(await report.body.text()))

  const scheduler = await request(`${yarn.url}/ws/v1/cluster/scheduler?user.name=alice`)
  const status = await get('/executor/yarnStatus')
  t.equal(status.statusCode, 200)
  const lastRun = /"lastrun":\d+/
  t.equal(
    String(status.data).replace(lastRun, ''),
    (await scheduler.body.text()).replace(lastRun, '')
  )

  t.match(await get(`/executor/status/${id}`), { statusCode: 200, data: 'RUNNING' })
})

t.test('running lists what `yarn application -list` lists', async (t) => {
  const { get, yarn } = await startExecutor(t)
  t.match(await get('/executor/running'), { http: 200, statusCode: 200, data: '{}' })
  const states = ['SUBMITTED', 'ACCEPTED', 'RUNNING', 'FINISHED', 'KILLED'] as const
  const ids = states.map((state) => {
    const id = yarn.submit({ name: `in-${state}` })
    yarn.advance(id, state)
    return id
  })
  const listed = await until('the list is not the old one', async () => {
    const { data } = await get('/executor/running')
    return data !== '{}' && data
  })
  t.equal(
    listed,
    JSON.stringify([
      { id: 'Application-Id', name: 'Application-Name' },
      ...states.slice(0, 3).map((state, at) => ({ id: ids[at], name: `in-${state}` }))
    ])
  )
})

t.test('what the ResourceManager does not know', async (t) => {
  const { get, yarn } = await startExecutor(t)
  t.match(await get(`/executor/status/${UNKNOWN}`), {
    http: 200,
    statusCode: 153,
    message: '获取状态失败',
    error: { code: 'YARN_EXECUTOR_APPLICATION_UNKNOWN', applicationId: UNKNOWN }
  })
  const own = await request(`${yarn.url}/ws/v1/cluster/apps/${UNKNOWN}?user.name=alice`)
  t.match(await get(`/executor/y/logger/${UNKNOWN}`), {
    http: 200,
    statusCode: 152,
    message: '获取日志失败',
    data: await own.body.text()
  })
  const impossible = 'application_99999999999999999_1'
  t.match(await get(`/executor/status/${impossible}`), { http: 200, statusCode: 153 })
  t.match(await get(`/executor/y/logger/${impossible}`), { http: 200, statusCode: 152 })
})

const FAULTS: readonly [FaultInput, string][] = [
  [{ kind: 'reset' }, 'RM_UNREACHABLE'],
  [{ kind: 'html' }, 'RM_UNREACHABLE'],
  [{ kind: 'html', status: 200 }, 'RM_NONSENSE'],
  [{ kind: 'half' }, 'RM_UNREACHABLE'],
  [{ kind: 'empty' }, 'RM_NONSENSE'],
  [{ kind: 'redirectLoop' }, 'RM_STANDBY'],
  [{ kind: 'redirectLoop', pingPong: true }, 'RM_STANDBY'],
  [{ kind: 'huge', bytes: 100_000_000 }, 'RM_TOO_LARGE'],
  [{ kind: 'kerberos' }, 'RM_KERBEROS'],
  [{ kind: 'standby' }, 'RM_STANDBY']
]

t.test(
  'a ResourceManager at fault: the call’s own code, its name, never its address',
  async (t) => {
    const { get, yarn } = await startExecutor(t)
    const id = yarn.submit({ name: 'x' })
    yarn.advance(id, 'RUNNING')
    const calls = [
      ['/executor/yarnStatus', 153],
      [`/executor/status/${id}`, 153],
      ['/executor/running', 153],
      [`/executor/y/logger/${id}`, 152]
    ] as const
    for (const [fault, reason] of FAULTS) {
      yarn.faults.set([fault])
      for (const [path, statusCode] of calls) {
        const what = `${JSON.stringify(fault)} ${path}`
        const answer = await get(path)
        t.match(answer, { http: 200, statusCode, error: { code: `YARN_EXECUTOR_${reason}` } }, what)
        t.match(answer.error.error, /ResourceManager/, what)
        t.notMatch(JSON.stringify(answer.data), /127\.0\.0\.1|localhost|http:/, what)
      }
    }
    yarn.faults.clear()
    await yarn.down()
    for (const [path, statusCode] of calls) {
      const answer = await get(path)
      t.match(answer, { http: 200, statusCode, error: { code: 'YARN_EXECUTOR_RM_UNREACHABLE' } })
      t.notMatch(answer.data, /127\.0\.0\.1|localhost/)
    }
    await yarn.up()
    t.match(await get(`/executor/status/${id}`), { data: 'RUNNING' }, 'it heals by itself')
  }
)

t.test('equal questions at once are one question to the ResourceManager', async (t) => {
  let asked = 0
  const rm = createServer((incoming, outgoing) => {
    if (!incoming.url?.includes('/scheduler')) return outgoing.writeHead(500).end()
    asked += 1
    setTimeout(() => {
      outgoing.setHeader('content-type', 'application/json')
      outgoing.end('{"scheduler":{}}')
    }, 300)
  })
  await new Promise<void>((resolve) => rm.listen(0, '127.0.0.1', resolve))
  t.teardown(() => rm.close())
  const { port } = rm.address() as AddressInfo
  const { get } = await startExecutor(t, { YARN_RM_URL: `http://127.0.0.1:${port}` })
  const answers = await Promise.all(Array.from({ length: 50 }, () => get('/executor/yarnStatus')))
  t.ok(answers.every(({ data }) => data === '{"scheduler":{}}'))
  t.equal(asked, 1)
  await get('/executor/yarnStatus')
  t.equal(asked, 2, 'the next one is asked anew')
})

t.test('health, version and the OpenAPI document', async (t) => {
  const { url, yarn } = await startExecutor(t)
  const status = async (path: string) => {
    const answer = await request(url + path)
    return {
      status: answer.statusCode,
      body: (await answer.body.json()) as Record<string, unknown>
    }
  }
  t.match(await status('/live'), { status: 200 })
  t.match(await status('/version'), { status: 200, body: { name: 'yarn-executor' } })
  t.match(await status('/ready'), {
    status: 200,
    body: { checks: { 'resource-manager': 'ok', store: 'ok' } }
  })
  await yarn.down()
  t.match(await status('/ready'), {
    status: 503,
    body: { checks: { 'resource-manager': 'unavailable', store: 'ok' } }
  })
  await yarn.up()
  const { paths } = (await status('/openapi.json')).body as { paths: Record<string, unknown> }
  const ours = Object.keys(paths).filter((path) => path.startsWith('/executor/'))
  t.strictSame(ours.sort(), [
    '/executor/restart/flink/{applicationId}',
    '/executor/restart/spark/{applicationId}',
    '/executor/running',
    '/executor/start/flink',
    '/executor/start/spark',
    '/executor/status/{applicationId}',
    '/executor/stop/{applicationId}',
    '/executor/v2/applications',
    '/executor/v2/applications/{applicationId}',
    '/executor/v2/applications/{applicationId}/stop',
    '/executor/v2/events',
    '/executor/v2/jobs',
    '/executor/v2/jobs/check',
    '/executor/v2/jobs/{id}',
    '/executor/v2/jobs/{id}/close',
    '/executor/v2/jobs/{id}/config',
    '/executor/v2/jobs/{id}/diagnosis',
    '/executor/v2/jobs/{id}/events',
    '/executor/v2/jobs/{id}/log',
    '/executor/v2/jobs/{id}/rerun',
    '/executor/v2/jobs/{id}/restart',
    '/executor/v2/jobs/{id}/stop',
    '/executor/v2/profiles',
    '/executor/y/logger/{applicationId}',
    '/executor/yarnStatus'
  ])
})

t.test('without a token nobody gets in', async (t) => {
  const { get, post, yarn } = await startExecutor(t, {
    AUTH_MODE: 'jwt',
    JWT_SECRET: 'a secret of thirty-two bytes and more'
  })
  t.match(await get('/executor/running'), { http: 401, statusCode: 401 })
  const body = { configFile: 'endless.conf', taskName: 'x' }
  t.match(await post('/executor/start/spark', body), { http: 401 })
  t.match(await post(`/executor/stop/${UNKNOWN}`), { http: 401 })
  t.equal(yarn.applications.length, 0)
})
