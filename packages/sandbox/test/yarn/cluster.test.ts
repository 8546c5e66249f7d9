import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import type { SandboxYarn } from '../../src/yarn/yarn.ts'
import { type AppBody, getJson, submitOver, yarnFor } from './support/yarn.ts'

interface Listed {
  readonly apps: { readonly app?: ReadonlyArray<{ readonly id: string; readonly name: string }> }
}

async function names(yarn: SandboxYarn, query: string): Promise<string> {
  const { apps } = await getJson<Listed>(`${yarn.url}/ws/v1/cluster/apps?${query}`)
  return (apps.app ?? []).map((app) => app.name).join()
}

t.test('lists are filtered by each parameter', async (t) => {
  let now = 1000
  const yarn = await yarnFor(t, { clock: () => now })
  const etl = { queue: 'etl', user: 'bob' }
  yarn.advance(yarn.submit({ name: 'a', tags: ['X', 'y'] }), 'RUNNING')
  now = 2000
  yarn.advance(yarn.submit({ name: 'b', type: 'Apache Flink', ...etl }), 'FINISHED')
  now = 3000
  const failed = { finalStatus: 'FAILED' } as const
  yarn.advance(yarn.submit({ name: 'c', tags: ['z'], ...etl }), 'FINISHED', failed)
  const cases: ReadonlyArray<readonly [string, string]> = [
    ['', 'a,b,c'],
    ['states=RUNNING', 'a'],
    ['states=running&states=FINISHED', 'a,b,c'],
    ['state=finished', 'b,c'],
    ['states=', 'a,b,c'],
    ['finalStatus=FAILED', 'c'],
    ['finalStatus=FAILED&limit=2', ''],
    ['user=bob', 'b,c'],
    ['queue=default', 'a'],
    ['queue=root.etl', ''],
    ['limit=2', 'a,b'],
    ['applicationTypes=spark', 'a,c'],
    ['applicationTypes=SPARK,Apache%20Flink', 'a,b,c'],
    ['applicationTags=x', 'a'],
    ['applicationTags=Y,%20z', 'a,c'],
    ['applicationTags=x&applicationTags=z', 'a,c'],
    ['applicationTags=', 'a,b,c'],
    ['name=b', 'b'],
    ['startedTimeBegin=2000', 'b,c'],
    ['startedTimeBegin=1001&startedTimeEnd=2000', 'b'],
    ['finishedTimeBegin=1', 'b,c'],
    ['bogus=1', 'a,b,c']
  ]
  for (const [query, wanted] of cases) t.equal(await names(yarn, query), wanted, query)
})

t.test('deSelects leaves members out', async (t) => {
  const yarn = await yarnFor(t)
  const id = yarn.submit()
  yarn.advance(id, 'ACCEPTED', { stage: 'scheduled' })
  const url = `${yarn.url}/ws/v1/cluster/apps/${id}`
  const { app } = await getJson<{ app: object }>(url)
  const selects = 'deSelects=ResourceRequests,timeouts&deSelects=resourceInfo'
  const { app: less } = await getJson<{ app: object }>(`${url}?${selects}`)
  const gone = Object.keys(app).filter((key) => !(key in less))
  t.same(gone, ['resourceRequests', 'resourceInfo', 'timeouts'])
})

t.test('submissions that break a limit are refused with the reason', async (t) => {
  const yarn = await yarnFor(t)
  const id = 'application_1_0001'
  const post = async (body: string, type = 'application/json') => {
    const headers = { 'content-type': type }
    const url = `${yarn.url}/ws/v1/cluster/apps?user.name=alice`
    const response = await fetch(url, { method: 'POST', headers, body })
    return { status: response.status, text: await response.text() }
  }
  const withTag = (tag: unknown) =>
    JSON.stringify({ 'application-id': id, 'application-tags': { tag } })
  const am = { entry: { key: 'SANDBOX_AM', value: '{"kind":"magic"}' } }
  const cases: ReadonlyArray<readonly [string, number, RegExp]> = [
    ['', 400, /Unable to parse/],
    ['[]', 400, /Unable to parse/],
    ['{}', 400, /Could not parse application id /],
    ['{"application-id":"job_1"}', 400, /Invalid ApplicationId prefix: job_1/],
    [withTag(Array.from({ length: 11 }, (_, at) => `t${at}`)), 400, /maximum of only 10/],
    [withTag('x'.repeat(101)), 400, /too long, maximum allowed length of a tag is 100/],
    [withTag('täg'), 400, /only have ASCII characters! Invalid tag - täg/],
    [
      JSON.stringify({ 'application-id': id, resource: { memory: 1_000_000, vCores: 1 } }),
      400,
      /more memory than configured max/
    ],
    [
      JSON.stringify({ 'application-id': id, resource: { memory: 1, vCores: 99 } }),
      400,
      /more cores than configured max/
    ],
    [
      JSON.stringify({ 'application-id': id, 'am-container-spec': { environment: am } }),
      400,
      /SANDBOX_AM/
    ]
  ]
  for (const [body, status, reason] of cases) {
    t.match(await post(body), { status, text: reason }, body.slice(0, 60))
  }
  t.match(await post('{}', 'text/plain'), { status: 500 })
  t.match(await post('x'.repeat(2_000_000)), { status: 413 })
  t.equal(yarn.applications.length, 0)
})

t.test('a comma in a submitted tag parts nothing', async (t) => {
  const yarn = await yarnFor(t)
  const apps = `${yarn.url}/ws/v1/cluster/apps`
  const cases = [
    { tag: 'B,a', shown: 'b,a', found: [] },
    { tag: ['B', 'a'], shown: 'a,b', found: [{ applicationTags: 'a,b' }] }
  ]
  for (const { tag, shown, found } of cases) {
    const id = await submitOver(yarn.url, { kind: 'managed' }, { 'application-tags': { tag } })
    t.match(await getJson(`${apps}/${id}`), { app: { applicationTags: shown } })
    const listed = await getJson<{ apps: { app?: [] } }>(`${apps}?applicationTags=b`)
    t.match(listed.apps.app ?? [], found)
    t.equal(listed.apps.app?.length ?? 0, found.length)
  }
})

t.test('a second submission of one id changes nothing', async (t) => {
  const yarn = await yarnFor(t)
  const id = await submitOver(yarn.url, { kind: 'managed' }, {})
  const body = JSON.stringify({ 'application-id': id, 'application-name': 'other' })
  const response = await fetch(`${yarn.url}/ws/v1/cluster/apps?user.name=bob`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body
  })
  t.equal(response.status, 202)
  t.match(yarn.applications, [{ id, name: 'played', user: 'alice' }])
})

t.test('an unknown queue is refused after the submission', async (t) => {
  const yarn = await yarnFor(t, { timing: { acceptMs: 1 } })
  const id = await submitOver(yarn.url, { kind: 'managed' }, { queue: 'nope' })
  await until('failed', () => yarn.applications[0]?.state === 'FAILED')
  t.match(await getJson(`${yarn.url}/ws/v1/cluster/apps/${id}`), {
    app: { diagnostics: `Application ${id} submitted by user alice to unknown queue: nope` }
  })
})

t.test('the queues of an installation are shown by either scheduler', async (t) => {
  const queues = ['root.default', 'root.batch.nightly']
  const capacity = await yarnFor(t, { queues })
  const shown = await getJson<{ scheduler: object }>(`${capacity.url}/ws/v1/cluster/scheduler`)
  t.match(shown.scheduler, {
    schedulerInfo: {
      type: 'capacityScheduler',
      queues: {
        queue: [
          { queueName: 'default', capacity: 50, type: 'capacitySchedulerLeafQueueInfo' },
          {
            queueName: 'batch',
            queues: { queue: [{ queueName: 'nightly', absoluteCapacity: 50 }] }
          }
        ]
      }
    }
  })
  const fair = await yarnFor(t, { queues, scheduler: 'fair' })
  const id = fair.submit({ queue: 'batch.nightly' })
  fair.advance(id, 'RUNNING')
  t.match(await getJson(`${fair.url}/ws/v1/cluster/scheduler`), {
    scheduler: {
      schedulerInfo: {
        type: 'fairScheduler',
        rootQueue: {
          queueName: 'root',
          childQueues: {
            queue: [
              { queueName: 'root.default', numActiveApps: 0 },
              {
                queueName: 'root.batch',
                childQueues: {
                  queue: [
                    {
                      queueName: 'root.batch.nightly',
                      type: 'fairSchedulerLeafQueueInfo',
                      numActiveApps: 1
                    }
                  ]
                }
              }
            ]
          }
        }
      }
    }
  })
  t.match(fair.applications, [{ queue: 'root.batch.nightly' }])
})

t.test(
  'after a failover ids start again, stored applications stay, lost ones are gone',
  async (t) => {
    const yarn = await yarnFor(t, { clusterTimestamp: 1000 })
    const [kept, lost] = [yarn.submit(), yarn.submit()]
    yarn.advance(kept, 'ACCEPTED', { stage: 'scheduled' })
    yarn.failover({ timestamp: 2000, lost: [lost] })
    t.match(await getJson(`${yarn.url}/ws/v1/cluster/apps/${kept}`), {
      app: { id: 'application_1000_0001', clusterId: 2000 }
    })
    t.match(await getJson(`${yarn.url}/ws/v1/cluster/apps/${lost}`), {
      RemoteException: { exception: 'NotFoundException' }
    })
    yarn.advance(kept, 'RUNNING')
    t.equal(yarn.applications[0]?.attempts[0]?.containerId, 'container_e1_1000_0001_01_000001')
    t.equal(yarn.submit(), 'application_2000_0001')
  }
)

t.test('an attempt that fails leads back to ACCEPTED with another container', async (t) => {
  const yarn = await yarnFor(t)
  const id = yarn.submit()
  yarn.advance(id, 'RUNNING')
  yarn.failAttempt(id)
  t.match(yarn.applications[0], { state: 'ACCEPTED', publicState: 'ACCEPTED' })
  yarn.advance(id, 'RUNNING')
  const attempts = await getJson(`${yarn.url}/ws/v1/cluster/apps/${id}/appattempts`)
  t.match(attempts, {
    appAttempts: {
      appAttempt: [
        { id: 1, finishedTime: Number },
        { id: 2, finishedTime: 0 }
      ]
    }
  })
  yarn.failAttempt(id)
  t.match(yarn.applications[0], { state: 'FAILED', finalStatus: 'FAILED' })
  t.throws(() => yarn.advance(id, 'RUNNING'), { name: 'ImpossibleTransition' })
})

t.test('an evicted application keeps its logs, a forgotten one does not', async (t) => {
  const yarn = await yarnFor(t)
  const logs = async (id: string) => {
    const container = yarn.applications.find((app) => app.id === id)?.attempts[0]?.containerId
    const url = `${yarn.nodeManagerUrl}/ws/v1/node/containerlogs/${container}/prelaunch.out`
    return async () => {
      const response = await fetch(url)
      return { status: response.status, text: await response.text() }
    }
  }
  const [evicted, forgotten] = [yarn.submit(), yarn.submit()]
  for (const id of [evicted, forgotten]) yarn.advance(id, 'FINISHED')
  const [first, second] = [await logs(evicted), await logs(forgotten)]
  yarn.evict(evicted)
  yarn.forget(forgotten)
  t.match(await getJson(`${yarn.url}/ws/v1/cluster/apps`), { apps: {} })
  t.match(await first(), { status: 200 })
  t.match(await second(), { status: 404, text: /^java.lang.Exception: Unknown container\. / })
})

t.test('a thousand completed applications are remembered, live ones always', async (t) => {
  const yarn = await yarnFor(t)
  const live = yarn.submit()
  yarn.advance(live, 'RUNNING')
  for (let at = 0; at < 1010; at++) yarn.advance(yarn.submit(), 'FINISHED')
  t.equal(yarn.applications.length, 1001)
  t.equal(yarn.applications[0]?.id, live)
})

t.test('live applications are KILLED at the end, and shown so by the next run', async (t) => {
  const stateFile = join(t.testdir(), 'deep', 'yarn.json')
  const first = await yarnFor(t, { stateFile })
  const [running, done] = [first.submit({ name: 'runs' }), first.submit({ name: 'done' })]
  first.advance(running, 'RUNNING')
  first.advance(done, 'FINISHED')
  await first.close()
  const second = await yarnFor(t, { stateFile })
  t.match(second.applications, [
    { id: running, state: 'KILLED', finalStatus: 'KILLED', name: 'runs' },
    { id: done, state: 'FINISHED', finalStatus: 'SUCCEEDED' }
  ])
  t.match(await getJson(`${second.url}/ws/v1/cluster/apps/${running}`), {
    app: { diagnostics: /was killed by user sandbox/, amContainerLogs: String }
  })
})

t.test('a run that was cut off leaves its applications KILLED as well', async (t) => {
  const folder = t.testdir()
  const stateFile = join(folder, 'yarn.json')
  const first = await yarnFor(t, { stateFile })
  const id = first.submit()
  first.advance(id, 'RUNNING')
  await until('the state is written', () => tryRead(stateFile).includes('"state":"RUNNING"'))
  const copy = join(folder, 'copy.json')
  writeFileSync(copy, tryRead(stateFile))
  const second = await yarnFor(t, { stateFile: copy })
  t.match(second.applications, [{ id, state: 'KILLED' }])
})

t.test('a damaged state file counts as none', async (t) => {
  const stateFile = join(t.testdir({ 'yarn.json': '' }), 'yarn.json')
  for (const text of ['', '{', '[]', '{"version":1}', '{"version":1,"applications":[{}]}']) {
    writeFileSync(stateFile, text)
    const yarn = await yarnFor(t, { stateFile })
    t.same(yarn.applications, [], text)
    await yarn.close()
  }
})

t.test('the links of an application lead to pages', async (t) => {
  const yarn = await yarnFor(t)
  const id = yarn.submit({ name: '<b>bold</b>' })
  yarn.advance(id, 'RUNNING')
  yarn.log(id, 'stderr', '26/11/22 INFO <init>\n')
  const { app } = await getJson<AppBody>(`${yarn.url}/ws/v1/cluster/apps/${id}`)
  const page = async (url: string) => (await fetch(url)).text()
  const tracking = await page(String(app.trackingUrl))
  t.match(tracking, /&lt;b&gt;bold&lt;\/b&gt;/)
  t.ok(tracking.includes(`<a href="${app.amContainerLogs}">`))
  const list = await page(String(app.amContainerLogs))
  const [, link] = /href="([^"]*stderr[^"]*)"/.exec(list) ?? []
  t.match(await page(yarn.nodeManagerUrl + link), '<pre>26/11/22 INFO &lt;init&gt;\n</pre>')
  const bad = `${yarn.nodeManagerUrl}/node/containerlogs/foo/alice`
  t.equal((await fetch(bad)).status, 404)
})

t.test('an answer is compressed when the client asks for it', async (t) => {
  const yarn = await yarnFor(t)
  const headers = { 'accept-encoding': 'gzip' }
  const response = await fetch(`${yarn.url}/ws/v1/cluster/info`, { headers })
  t.equal(response.headers.get('content-encoding'), 'gzip')
  t.match(await response.json(), { clusterInfo: { state: 'STARTED' } })
})

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
