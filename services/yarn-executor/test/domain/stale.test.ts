import type { FaultInput } from '@scheduler-task/sandbox/yarn/faults'
import { until } from '@scheduler-task/test-support/until'
import { createResourceManager } from '@scheduler-task/yarn-client/resource-manager'
import t, { type Test } from 'tap'
import { startExecutor, startSurroundings } from '../support/executor.ts'
import { startRmRelay } from '../support/rm-relay.ts'
import { v2Calls } from '../support/v2-calls.ts'

const CLUSTER = { deployMode: 'cluster' }

/** The service behind a relay to the ResourceManager, which is given up after a second. */
async function watched(t: Test, overrides: Record<string, string> = {}) {
  const around = await startSurroundings(t, overrides)
  const relay = await startRmRelay(t, around.yarn.url)
  const resourceManager = createResourceManager({
    urls: [relay.url],
    user: 'alice',
    timeoutMs: 1000
  })
  const executor = await startExecutor(t, overrides, { resourceManager }, around)
  const calls = v2Calls(executor.url)
  const running = async (taskName: string, more: Record<string, unknown> = CLUSTER) => {
    const { body } = await calls.submit(taskName, more)
    return await calls.inState(body.id, 'RUNNING')
  }
  const stale = (id: string, reason: string | null) =>
    until(`${id} is stale: ${reason}`, async () => {
      const { body } = await calls.get(`/jobs/${id}`)
      return (body.stale?.reason ?? null) === reason && body
    })
  return { ...executor, ...calls, relay, running, stale }
}

type RmSays = readonly [status: number, body: string]
const NONSENSE: readonly (readonly [what: string, says: RmSays, reason: string])[] = [
  ['HTML with 200', [200, '<html><body>login</body></html>'], 'RM_NONSENSE'],
  ['an empty body', [200, ''], 'RM_NONSENSE'],
  ['half a JSON', [200, '{"apps":{"app":[{"id":"application_1_0001","st'], 'RM_NONSENSE'],
  ['JSON of something else', [200, '{"apps":{"app":[{"id":7}]}}'], 'RM_NONSENSE'],
  ['a JSON text', [200, '"apps"'], 'RM_NONSENSE'],
  ['a standby that knows no other', [307, 'This is standby RM.'], 'RM_STANDBY'],
  ['a standby of Hadoop 2.6', [200, 'This is standby RM. Redirecting'], 'RM_STANDBY'],
  ['a proxy', [502, '<html>bad gateway</html>'], 'RM_UNREACHABLE'],
  ['a proxy in need of a moment', [503, ''], 'RM_UNREACHABLE'],
  ['an error of its own', [500, '{"RemoteException":{"exception":"X"}}'], 'RM_ERROR'],
  ['a refusal', [403, 'no'], 'RM_REFUSED'],
  ['404 for the whole call', [404, '<html>not found</html>'], 'RM_NONSENSE']
]

t.test(
  'whatever the ResourceManager says in place of an answer: stale, and nothing else',
  async (t) => {
    const { running, stale, relay, yarn } = await watched(t)
    const { id, applicationId, changedAt } = await running('steady')
    for (const [what, [status, body], reason] of NONSENSE) {
      const before = new Date().toISOString()
      relay.instead = () => ({ status, body })
      const seen = await stale(id, reason)
      t.match(
        seen,
        { state: 'RUNNING', outcome: null, yarn: { state: 'RUNNING' }, changedAt },
        what
      )
      t.ok(seen.stale.since >= before, `${what}: since then`)
      relay.instead = () => undefined
      t.match(await stale(id, null), { state: 'RUNNING', changedAt }, `${what}: it heals`)
    }
    const faults: readonly (readonly [FaultInput, string])[] = [
      [{ kind: 'hang' }, 'RM_UNREACHABLE'],
      [{ kind: 'reset' }, 'RM_UNREACHABLE']
    ]
    for (const [fault, reason] of faults) {
      yarn.faults.set([fault])
      if (fault.kind === 'hang') await stale(id, 'RM_TIMEOUT')
      else await stale(id, reason)
      yarn.faults.clear()
      await stale(id, null)
    }
    t.equal(yarn.applications.find((one) => one.id === applicationId)?.publicState, 'RUNNING')
  }
)

t.test('one report that cannot be had makes that record stale, and no other', async (t) => {
  const { running, stale, inState, relay, yarn } = await watched(t)
  const [odd, good, ending] = [await running('odd'), await running('good'), await running('ending')]
  relay.unlisted.add(odd.applicationId)
  relay.instead = (_method, path) =>
    path.includes(`/apps/${odd.applicationId}`)
      ? { status: 500, body: '{"RemoteException":{"exception":"NullPointerException"}}' }
      : undefined
  await stale(odd.id, 'RM_ERROR')
  yarn.advance(ending.applicationId, 'FINISHED', { finalStatus: 'SUCCEEDED' })
  await inState(ending.id, 'FINISHED')
  t.match(await stale(good.id, null), { state: 'RUNNING' })
  t.match(await stale(odd.id, 'RM_ERROR'), { state: 'RUNNING' })
  relay.instead = () => undefined
  await stale(odd.id, null)
})

t.test('a list that lacks applications proves nothing', async (t) => {
  const { running, get, relay, yarn } = await watched(t)
  const jobs = [await running('one'), await running('two')]
  for (const { applicationId } of jobs) relay.unlisted.add(applicationId)
  let asked = 0
  relay.instead = (_method, path) => {
    if (path.includes(`/apps/${jobs[0].applicationId}`)) asked += 1
    return undefined
  }
  await until('many ticks have passed', () => asked > 12)
  for (const { id } of jobs) {
    t.match((await get(`/jobs/${id}`)).body, { state: 'RUNNING', stale: null })
  }
  t.ok(yarn.applications.every(({ publicState }) => publicState === 'RUNNING'))
})

t.test('LOST and found again: told apart, and stopped when that is wanted', async (t) => {
  const { running, inState, get, post, submit, relay, yarn } = await watched(t)
  const { id, applicationId } = await running('lost')
  const byV1 = await running('lost-too')
  for (const one of [applicationId, byV1.applicationId]) relay.hidden.add(one)
  const lost = await inState(id, 'LOST')
  t.match(lost, { reason: 'RM_FORGOT', applicationId })
  t.not(lost.outcome, 'FAILED')
  await inState(byV1.id, 'LOST')
  const { body: next } = await submit('lost', CLUSTER)
  t.match(await inState(next.id, 'RUNNING'), { taskName: 'lost' }, 'its name was free')
  t.match(await post(`/jobs/${id}/stop`), { http: 409 }, 'there is nothing to stop')

  relay.hidden.clear()
  const found = await until('it is noted', async () => {
    const { items } = (await get(`/jobs/${id}/events`)).body
    return items.find(({ what }: { what: string }) => what === 'application-found-again')
  })
  t.match(found, { detail: new RegExp(applicationId) })
  const stateOf = (one: string) => yarn.applications.find((app) => app.id === one)?.publicState
  t.equal(stateOf(applicationId), 'RUNNING', 'nobody wanted its end')
  t.match(await post(`/jobs/${id}/stop`), { http: 202, body: { state: 'LOST' } })
  await until('it is killed', () => stateOf(applicationId) === 'KILLED')
  t.match(await post(`/jobs/${id}/stop`), { http: 409 })
  t.match((await get(`/jobs/${next.id}`)).body, { state: 'RUNNING' }, 'its successor is not')
  const v1 = await post(`/applications/${byV1.applicationId}/stop`)
  t.match(v1, { http: 202 })
  await until('so is the other', () => stateOf(byV1.applicationId) === 'KILLED')
})

t.test('a ResourceManager that has not read its memory yet proves nothing', async (t) => {
  const { running, inState, get, post, submit, relay, yarn } = await watched(t)
  const stopped = await running('stopped')
  let asked = 0
  const initializing = { clusterInfo: { id: 1, startedOn: 1, haState: 'INITIALIZING' } }
  const message = 'java.lang.Exception: app with id: application_1_0001 not found'
  const unknown = { RemoteException: { exception: 'NotFoundException', message } }
  relay.instead = (_method, path) => {
    if (path.includes('/info')) {
      asked += 1
      return { status: 200, body: JSON.stringify(initializing) }
    }
    if (/\/apps\/application_/.test(path)) return { status: 404, body: JSON.stringify(unknown) }
    return { status: 200, body: '{"apps":{}}' }
  }
  const { body: launched } = await submit('launched', CLUSTER)
  t.match(await post(`/jobs/${stopped.id}/stop`), { http: 202 })
  await until('it is launched', () => yarn.applications.some(({ name }) => name === 'launched'))
  asked = 0
  await until('its absence was to be proven many times', () => asked > 10)
  t.match((await get(`/jobs/${launched.id}`)).body, { state: 'LAUNCHING' })
  t.match((await get(`/jobs/${stopped.id}`)).body, { state: 'STOPPING' })

  relay.instead = () => undefined
  t.match(await inState(launched.id, 'RUNNING', 'REJECTED', 'LOST'), { state: 'RUNNING' })
  t.match(await inState(stopped.id, 'KILLED', 'LOST'), { state: 'KILLED' })
  const outcome = await until('its outcome is known', async () => {
    return (await get(`/jobs/${stopped.id}`)).body.outcome
  })
  t.equal(outcome, 'KILLED')
  t.equal(yarn.applications.filter(({ name }) => name === 'launched').length, 1, 'only one')
})

t.test('what appears of one that was closed by hand is killed', async (t) => {
  const { running, inState, get, post, submit, relay, yarn } = await watched(t)
  const { id, applicationId } = await running('closed')
  relay.hidden.add(applicationId)
  t.match(await post(`/jobs/${id}/close`, { text: 'its rack burnt down' }), {
    http: 200,
    body: { closed: { by: 'anonymous' }, outcome: 'UNKNOWN' }
  })
  const { body: next } = await submit('closed', CLUSTER)
  await inState(next.id, 'RUNNING')
  relay.hidden.clear()
  const stateOf = (one: string) => yarn.applications.find((app) => app.id === one)?.publicState
  await until('it is killed', () => stateOf(applicationId) === 'KILLED')
  const { items } = (await get(`/jobs/${id}/events`)).body
  const what = items.map((one: { what: string }) => one.what)
  t.ok(what.includes('CLOSED_BY_HAND') && what.includes('application-killed'))
  t.match((await get(`/jobs/${next.id}`)).body, { state: 'RUNNING' })
})

t.test('a clock that jumps proves nothing', async (t) => {
  const { running, stale, get, relay } = await watched(t, { SUBMIT_HORIZON_MS: '600000' })
  const { id, applicationId } = await running('patient')
  relay.hidden.add(applicationId)
  await stale(id, 'RM_FORGOT')
  const real = Date.now
  t.teardown(() => {
    Date.now = real
  })
  let asked = 0
  relay.instead = (_method, path) => {
    if (path.includes(applicationId)) asked += 1
    return undefined
  }
  for (const jumpMs of [7_200_000, -7_200_000]) {
    Date.now = () => real() + jumpMs
    asked = 0
    await until('ticks have passed', () => asked > 6)
    t.match((await get(`/jobs/${id}`)).body, { state: 'RUNNING', stale: { reason: 'RM_FORGOT' } })
  }
  relay.hidden.clear()
  t.match(await stale(id, null), { state: 'RUNNING' })
})
