import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { type AppBody, getJson, putKilled, submitOver, yarnFor } from './support/yarn.ts'

const fast = { acceptAfterMs: 10, registerAfterMs: 20 }

t.test('an application that the stand-in plays alone runs and finishes', async (t) => {
  const yarn = await yarnFor(t)
  const id = await submitOver(yarn.url, { kind: 'managed', ...fast, finishAfterMs: 30 })
  await until('the end', async () => {
    const { app } = await getJson<AppBody>(`${yarn.url}/ws/v1/cluster/apps/${id}`)
    return app.state === 'FINISHED'
  })
  const { app } = await getJson<AppBody>(`${yarn.url}/ws/v1/cluster/apps/${id}`)
  t.match(app, { finalStatus: 'SUCCEEDED', applicationTags: 'b,t1', user: 'alice', progress: 100 })
})

t.test('an application runs with FAILED as its final status, and fails its attempts', async (t) => {
  const yarn = await yarnFor(t)
  const ends = { finishAfterMs: 10, finalStatus: 'FAILED', diagnostics: 'it broke' }
  const failed = await submitOver(yarn.url, { kind: 'managed', ...fast, ...ends })
  const dead = await submitOver(yarn.url, { kind: 'managed', ...fast, failBeforeRegister: true })
  const twice = await submitOver(
    yarn.url,
    { kind: 'managed', ...fast, failedAttempts: 1, finishAfterMs: 10 },
    { 'max-app-attempts': 2 }
  )
  const stateOf = (id: string) => yarn.applications.find((app) => app.id === id)
  await until('all ended', () =>
    [failed, dead, twice].every((id) => ['FINISHED', 'FAILED'].includes(stateOf(id)?.state ?? ''))
  )
  t.match(stateOf(failed), { state: 'FINISHED', finalStatus: 'FAILED', diagnostics: 'it broke' })
  t.match(stateOf(dead), { state: 'FAILED', finalStatus: 'FAILED' })
  t.match(stateOf(dead)?.diagnostics, /failed 1 times .*exitCode: 1\n/)
  t.match(stateOf(twice), { state: 'FINISHED', finalStatus: 'SUCCEEDED' })
  t.equal(stateOf(twice)?.attempts.at(-1)?.containerId.split('_')[3], '02')
})

t.test('a kill is answered 202 with the place to look at while containers are left', async (t) => {
  const yarn = await yarnFor(t, { timing: { killingMs: 60_000 } })
  const id = await submitOver(yarn.url, { kind: 'managed', ...fast, finishAfterMs: null })
  await until('running', () => yarn.applications[0]?.state === 'RUNNING')
  for (const put of ['first', 'second']) {
    const response = await putKilled(yarn.url, id)
    t.equal(response.status, 202, put)
    t.equal(response.headers.get('location'), `${yarn.url}/ws/v1/cluster/apps/${id}/state`)
    t.same(await response.json(), { state: 'KILLING' })
  }
  const { app } = await getJson<AppBody>(`${yarn.url}/ws/v1/cluster/apps/${id}`)
  t.equal(app.state, 'RUNNING', 'clients see the state before')
})

t.test('a kill that is repeated is answered 200 once the application is KILLED', async (t) => {
  const yarn = await yarnFor(t)
  const id = await submitOver(yarn.url, { kind: 'managed', ...fast, finishAfterMs: null })
  await until('running', () => yarn.applications[0]?.state === 'RUNNING')
  t.equal((await putKilled(yarn.url, id)).status, 202)
  await until('200', async () => (await putKilled(yarn.url, id)).status === 200)
  t.match(await getJson(`${yarn.url}/ws/v1/cluster/apps/${id}`), {
    app: {
      state: 'KILLED',
      finalStatus: 'KILLED',
      diagnostics: `Application ${id} was killed by user alice`
    }
  })
})

t.test('an id that was handed out is no application until it is submitted', async (t) => {
  const yarn = await yarnFor(t)
  const created = await fetch(`${yarn.url}/ws/v1/cluster/apps/new-application?user.name=alice`, {
    method: 'POST'
  })
  const { 'application-id': id } = (await created.json()) as { 'application-id': string }
  const response = await fetch(`${yarn.url}/ws/v1/cluster/apps/${id}`)
  t.equal(response.status, 404)
  t.match(await response.json(), {
    RemoteException: { message: `java.lang.Exception: app with id: ${id} not found` }
  })
})

t.test('the application of a driver lives as long as its connection', async (t) => {
  const yarn = await yarnFor(t, { timing: { driverGoneMs: 20 } })
  const id = await submitOver(yarn.url, { kind: 'client-driver', ...fast })
  const driver = new AbortController()
  const response = await fetch(`${yarn.url}/sandbox/apps/${id}/driver`, { signal: driver.signal })
  await until('running', () => yarn.applications[0]?.state === 'RUNNING')
  const reader = response.body?.getReader()
  const { value } = (await reader?.read()) ?? {}
  t.match(Buffer.from(value ?? []).toString(), /^\{"state":"[A-Z_]+"\}\n/)
  driver.abort()
  await until('finished', () => yarn.applications[0]?.state === 'FINISHED')
  t.match(yarn.applications[0], { finalStatus: 'SUCCEEDED', diagnostics: '' })
})

t.test('a driver is told the states up to KILLED, then its stream ends', async (t) => {
  const yarn = await yarnFor(t)
  const id = await submitOver(yarn.url, { kind: 'client-driver', ...fast })
  const response = await fetch(`${yarn.url}/sandbox/apps/${id}/driver`)
  await until('running', () => yarn.applications[0]?.state === 'RUNNING')
  await putKilled(yarn.url, id)
  const lines = (await response.text()).trim().split('\n')
  t.same(lines.slice(-2), ['{"state":"RUNNING"}', '{"state":"KILLED"}'])
})

t.test('an application waits for its driver before it runs', async (t) => {
  const yarn = await yarnFor(t, { timing: { launchMs: 1 } })
  const id = await submitOver(yarn.url, { kind: 'client-driver', ...fast })
  await until('launched', () => yarn.applications[0]?.attempts[0]?.stage === 'launched')
  const driver = new AbortController()
  t.teardown(() => driver.abort())
  const response = await fetch(`${yarn.url}/sandbox/apps/${id}/driver`, { signal: driver.signal })
  const reader = response.body?.getReader()
  let told = ''
  while (!told.includes('RUNNING')) told += Buffer.from((await reader?.read())?.value ?? [])
  t.match(told, '{"state":"ACCEPTED"}\n{"state":"RUNNING"}\n')
  t.match(yarn.applications[0], { state: 'RUNNING' })
})

t.test('an application whose driver never comes fails', async (t) => {
  const yarn = await yarnFor(t, { timing: { driverWaitMs: 10 } })
  await submitOver(yarn.url, { kind: 'client-driver', ...fast })
  await until('failed', () => yarn.applications[0]?.state === 'FAILED')
  t.match(yarn.applications[0]?.diagnostics, /Failed to connect to driver!/)
})

t.test('a plain command stays ACCEPTED for its sleep and then fails', async (t) => {
  const yarn = await yarnFor(t, { timing: { acceptMs: 5, launchMs: 5 } })
  const spec = { commands: { command: 'sleep 0.05 1><LOG_DIR>/stdout' } }
  await submitOver(yarn.url, {}, { 'am-container-spec': spec })
  await until('accepted', () => yarn.applications[0]?.state === 'ACCEPTED')
  await until('failed', () => yarn.applications[0]?.state === 'FAILED')
  t.match(yarn.applications[0]?.diagnostics, /exitCode: 0\n/)
})
