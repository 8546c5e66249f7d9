import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { startYarn, type YarnOptions } from '../../src/yarn/yarn.ts'

async function start(test: Test, options: YarnOptions = {}) {
  const yarn = await startYarn(options)
  test.teardown(() => yarn.close())
  const get = async (url: string) => {
    const response = await fetch(url, { redirect: 'manual' })
    return {
      status: response.status,
      location: response.headers.get('location'),
      text: await response.text()
    }
  }
  const node = (path: string) => get(`${yarn.nodeManagerUrl}/ws/v1/node${path}`)
  return { yarn, get, node }
}

const PLAYED = {
  kind: 'managed',
  registerAfterMs: 0,
  acceptAfterMs: 0,
  stdout: 'of the driver\n',
  executors: 2,
  executorLogs: { stderr: 'of an executor\n' }
} as const

t.test('an application has several containers, each with logs that grow', async (t) => {
  const { yarn, get, node } = await start(t)
  const id = yarn.submit({ am: { ...PLAYED, finishAfterMs: null } })
  await until('it has executors', () => yarn.containersOf(id).length === 3)
  const [am = '', executor = ''] = yarn.containersOf(id)
  t.match(
    (await node(`/containerlogs/${am}/stdout`)).text,
    /LogLength:14\nLogContents:\nof the driver\n/
  )
  t.match((await node(`/containerlogs/${executor}/stderr`)).text, /of an executor\n/)
  yarn.logIn(executor, 'stderr', 'and more\n')
  t.match(
    (await node(`/containerlogs/${executor}/stderr?size=-9`)).text,
    /LogLength:24\nLogContents:\nand more\n/
  )
  yarn.rotate(executor, 'stderr', 'anew')
  t.match((await node(`/containers/${executor}/logs/stderr`)).text, /LogLength:4\n/)
  const attempt = id.replace('application', 'appattempt').concat('_000001')
  const listed = await get(`${yarn.url}/ws/v1/cluster/apps/${id}/appattempts/${attempt}/containers`)
  t.match(JSON.parse(listed.text), {
    container: [{ containerId: am }, { containerId: executor }, {}]
  })
  t.match(yarn.nodeManagerRequests, { 'GET /ws/v1/node/containerlogs/{container}/stderr': 2 })
  await yarn.nodeManagerDown()
  await t.rejects(node('/containers'))
  await yarn.nodeManagerUp()
  t.match((await node(`/containerlogs/${am}/stdout`)).text, /of the driver/, 'it has kept them')
})

t.test('without aggregation the logs stay for a while after the end', async (t) => {
  const { yarn, node } = await start(t, { logRetainMs: 300 })
  const id = yarn.submit({ am: { ...PLAYED, finishAfterMs: 0 } })
  await until('it has ended', () => yarn.applications[0]?.state === 'FINISHED')
  const am = id.replace('application', 'container').concat('_01_000001')
  t.match((await node(`/containerlogs/${am}/stdout`)).text, /End of LogType:stdout\.\n/)
  await until(
    'they are gone',
    async () => (await node(`/containerlogs/${am}/stdout`)).status === 404
  )
  t.match((await node(`/containerlogs/${am}/stdout`)).text, /Unknown container/)
  t.equal(yarn.historyUrl, '')
})

t.test(
  'with aggregation they move to the history server, and are nowhere in between',
  async (t) => {
    const aggregation = { afterMs: 200, gapMs: 400 }
    const { yarn, get, node } = await start(t, { aggregation })
    const id = yarn.submit({ am: { ...PLAYED, finishAfterMs: 100 } })
    const status = async () =>
      JSON.parse((await get(`${yarn.url}/ws/v1/cluster/apps/${id}`)).text).app.logAggregationStatus
    t.equal(await status(), 'NOT_START')
    const am = id.replace('application', 'container').concat('_01_000001')
    const local = () => node(`/containerlogs/${am}/stdout?size=-5`)
    await until('the NodeManager has forgotten it', async () => (await local()).status === 307)
    t.equal(await status(), 'RUNNING')
    const { location } = await local()
    t.match(
      location,
      `${yarn.historyUrl}/ws/v1/history/containers/${am}/logs/stdout?size=-5&redirected_from_node=true&nm.id=`
    )
    t.equal((await get(location ?? '')).status, 404, 'not there yet')
    t.match(
      (await node(`/containers/${am}/logs`)).location,
      `/ws/v1/history/containers/${am}/logs?`
    )
    await until('it is there', async () => (await get(location ?? '')).status === 200)
    t.match(
      (await get(location ?? '')).text,
      /LogAggregationType: AGGREGATED\n[\s\S]*LogLength:14\nLogContents:\niver\nEnd of/
    )
    t.equal(await status(), 'SUCCEEDED')
    const history = (path: string) => get(`${yarn.historyUrl}${path}`)
    t.match((await history('/ws/v1/history/info')).text, /"hadoopVersion":"3.3.6"/)
    const all = JSON.parse((await history(`/ws/v1/history/aggregatedlogs?appid=${id}`)).text)
    t.equal(all.containerLogsInfo.length, 3)
    const one = JSON.parse((await history(`/ws/v1/history/aggregatedlogs?containerid=${am}`)).text)
    t.match(one, { containerLogsInfo: { containerId: am, logAggregationType: 'AGGREGATED' } })
    t.match(await history(`/ws/v1/history/containerlogs/${am}/none`), { status: 404 })
    t.match(await history('/ws/v1/history/aggregatedlogs?appid=application_1_0001'), {
      status: 404
    })
    const page = await history(`/jobhistory/logs/nm%3A45454/${am}/${am}/alice/stdout/?start=0`)
    t.match(page.text, /Log Type: stdout[\s\S]*Log Length: 14[\s\S]*<pre>of the driver\n<\/pre>/)
    t.match(await history(`/jobhistory/logs/nm/container_1_1_1_1/container_1_1_1_1/alice`), {
      status: 404
    })
    yarn.faults.add({ kind: 'status', path: '/ws/v1/history/*', status: 500 })
    t.match(await history('/ws/v1/history/info'), { status: 500 })
  }
)
