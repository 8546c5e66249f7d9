import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { submitOver, yarnFor } from './support/yarn.ts'

async function send(method: string, url: string, body?: string) {
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body }) })
  return { status: response.status, value: JSON.parse(await response.text()) }
}

t.test('faults are set, shown and cleared over HTTP', async (t) => {
  const yarn = await yarnFor(t)
  const url = `${yarn.url}/sandbox/faults`
  const faults = [{ kind: 'html', path: '/ws/*', status: 502, count: 1 }]
  t.match(await send('PUT', url, JSON.stringify({ faults })), { status: 200, value: { faults } })
  await fetch(`${yarn.url}/ws/v1/cluster/info`).then((response) => response.arrayBuffer())
  const shown = await send('GET', url)
  t.match(shown, { status: 200, value: { faults, hits: [1] } })
  t.match(await send('PUT', url, JSON.stringify(shown.value)), { status: 200 })
  t.match(await send('DELETE', url), { status: 200, value: { faults: [] } })
  t.same(yarn.faults.list(), [])
})

t.test('what is no fault is refused with a reason, and changes nothing', async (t) => {
  const yarn = await yarnFor(t)
  yarn.faults.add({ kind: 'hang', path: '/nowhere' })
  const bad: ReadonlyArray<readonly [string, RegExp]> = [
    ['', /not JSON/],
    ['{', /not JSON/],
    ['null', /expected object/],
    ['{"faults":{}}', /expected array/],
    ['{"faults":[{}]}', /kind/],
    ['{"faults":[{"kind":"flood"}]}', /kind/],
    ['{"faults":[{"kind":"slow"}]}', /ms/],
    ['{"faults":[{"kind":"slow","ms":-1}]}', /ms/],
    ['{"faults":[{"kind":"slow","ms":"1"}]}', /ms/],
    ['{"faults":[{"kind":"status","status":200}]}', /status/],
    ['{"faults":[{"kind":"huge","bytes":1e12}]}', /bytes/],
    ['{"faults":[{"kind":"reset","count":0}]}', /count/],
    ['{"faults":[{"kind":"reset","mehtod":"GET"}]}', /mehtod/],
    ['{"faults":[{"kind":"down"}]}', /forMs/],
    ['{"faults":[{"kind":"standby","activeUrl":"http://a\\r\\nX: y"}]}', /activeUrl/],
    [JSON.stringify({ faults: Array(101).fill({ kind: 'reset' }) }), /100/]
  ]
  for (const [body, reason] of bad) {
    const answer = await send('PUT', `${yarn.url}/sandbox/faults`, body)
    t.match(answer, { status: 400, value: { error: reason } }, body.slice(0, 60))
    t.equal(yarn.faults.list().length, 1)
  }
  const large = 'x'.repeat(2 * 1024 * 1024)
  t.match(await send('PUT', `${yarn.url}/sandbox/faults`, large), { status: 413 })
})

t.test('unknown control paths and applications are answered as such', async (t) => {
  const yarn = await yarnFor(t)
  const id = yarn.submit()
  const cases: ReadonlyArray<readonly [string, string, number]> = [
    ['GET', '/sandbox/', 404],
    ['GET', '/sandbox/nope', 404],
    ['POST', '/sandbox/faults', 405],
    ['GET', '/sandbox/apps/application_1_0001/driver', 404],
    ['POST', '/sandbox/apps/application_1_0001/unregister', 404],
    ['GET', `/sandbox/apps/${id}/unregister`, 405],
    ['POST', `/sandbox/apps/${id}/nope`, 404],
    ['POST', `/sandbox/apps/${id}/logs/stdout`, 409],
    ['POST', `/sandbox/apps/${id}/logs/..x`, 400],
    ['POST', `/sandbox/apps/${id}/logs/a%2fb`, 400],
    ['POST', `/sandbox/apps/${id}/logs/`, 400]
  ]
  for (const [method, path, status] of cases) {
    t.match(await send(method, yarn.url + path), { status, value: { error: String } }, path)
  }
})

t.test('the AM unregisters when it is told to, with the status it is told', async (t) => {
  const yarn = await yarnFor(t)
  const am = { kind: 'managed', acceptAfterMs: 1, registerAfterMs: 1, finishAfterMs: null }
  const id = await submitOver(yarn.url, am)
  await until('running', () => yarn.applications[0]?.state === 'RUNNING')
  const ending = { finalStatus: 'FAILED', diagnostics: 'User application exited with status 1' }
  const url = `${yarn.url}/sandbox/apps/${id}/unregister`
  t.match(await send('POST', url, '{"finalStatus":"GOOD"}'), { status: 400 })
  t.same(await send('POST', url, JSON.stringify(ending)), {
    status: 200,
    value: { state: 'FINAL_SAVING' }
  })
  await until('finished', () => yarn.applications[0]?.state === 'FINISHED')
  t.match(yarn.applications[0], ending)
})

t.test('log lines are served by the NodeManager, a long file with its end', async (t) => {
  const yarn = await yarnFor(t)
  const id = yarn.submit()
  yarn.advance(id, 'RUNNING')
  await send('POST', `${yarn.url}/sandbox/apps/${id}/logs/stdout`, 'first\n')
  await send('POST', `${yarn.url}/sandbox/apps/${id}/logs/stdout`, '第二行\n')
  const container = yarn.applications[0]?.attempts[0]?.containerId
  const url = `${yarn.nodeManagerUrl}/ws/v1/node/containerlogs/${container}/stdout`
  const text = await (await fetch(url)).text()
  t.match(text, /LogLength:16\nLogContents:\nfirst\n第二行\nEnd of LogType:stdout\./)
  const long = 'y'.repeat(700_000)
  await send('POST', `${yarn.url}/sandbox/apps/${id}/logs/stdout`, long)
  await send('POST', `${yarn.url}/sandbox/apps/${id}/logs/stdout`, long)
  const tail = await (await fetch(`${url}?size=-5`)).text()
  t.match(tail, /LogLength:1400016\nLogContents:\nyyyyyEnd of LogType/)
})

t.test('calls are counted by their kind, those of the control interface are not', async (t) => {
  const yarn = await yarnFor(t)
  const id = yarn.submit()
  const get = async (path: string) => void (await (await fetch(yarn.url + path)).text())
  await get('/ws/v1/cluster/apps?states=RUNNING')
  await get(`/ws/v1/cluster/apps/${id}`)
  await get(`/ws/v1/cluster/apps/${id}`)
  await get('/sandbox/faults')
  t.same(yarn.requests, { 'GET /ws/v1/cluster/apps': 1, 'GET /ws/v1/cluster/apps/{id}': 2 })
  for (let n = 0; n < 300; n++) await get(`/nowhere/${n}`)
  t.ok(Object.keys(yarn.requests).length <= 201)
  t.equal(yarn.requests.others, 300 - 198)
})
