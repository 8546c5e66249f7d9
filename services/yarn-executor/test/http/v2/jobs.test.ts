import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { CONFIGS, startExecutor, startSurroundings } from '../../support/executor.ts'
import { v2Calls } from '../../support/v2-calls.ts'

const TEXT = { configFile: undefined, config: CONFIGS['endless.conf'] }
const LIVE = ['NEW', 'SUBMITTED', 'ACCEPTED', 'RUNNING']

t.test('the list: filters, parts, a true total', async (t) => {
  const { url, startSpark } = await startExecutor(t, { MAX_LAUNCHERS: '1' })
  const { submit, get, inState, post } = v2Calls(url)
  await startSpark('of-v1')
  const { body: flink } = await submit('a-flink', { engine: 'flink', configFile: 'flink.conf' })
  await inState(flink.id, 'RUNNING')
  const { body: late } = await submit('late', { startDeadlineMs: 60_000 })
  await inState(late.id, 'RUNNING')
  const names = async (query: string) => {
    const { http, body } = await get(`/jobs${query}`)
    t.equal(http, 200, query)
    return body.items.map(({ taskName }: { taskName: string }) => taskName)
  }
  t.strictSame(await names(''), ['late', 'a-flink', 'of-v1'], 'newest first, v1’s as well')
  t.strictSame(await names('?engine=flink'), ['a-flink'])
  t.strictSame(await names('?name=a'), ['late', 'a-flink'])
  t.strictSame(await names('?name=A'), [])
  t.strictSame(await names('?owner=anonymous&state=RUNNING&name=late'), ['late'])
  t.strictSame(await names('?owner=bob'), [])
  t.strictSame(await names('?state=FINISHED,LOST'), [])
  const between = `acceptedFrom=${flink.acceptedAt}&acceptedTo=${late.acceptedAt}`
  t.strictSame(await names(`?${between}`), ['a-flink'])
  const first = (await get('/jobs?limit=2')).body
  t.match(first, { total: 3, nextCursor: /./, items: [{ taskName: 'late' }, {}] })
  const rest = (await get(`/jobs?limit=2&cursor=${first.nextCursor}`)).body
  t.match(rest, { total: 3, nextCursor: null, items: [{ taskName: 'of-v1' }] })
  t.equal(rest.items.length, 1)
  t.match(await post(`/jobs/${late.id}/stop`), { http: 202 })
  await inState(late.id, 'KILLED')
  t.strictSame(await names('?state=KILLED'), ['late'])
})

t.test('a job whose ResourceManager is silent says how old its state is', async (t) => {
  const { url, yarn } = await startExecutor(t)
  const { submit, get, inState } = v2Calls(url)
  const { body } = await submit('silent')
  await inState(body.id, 'RUNNING')
  await yarn.down()
  const stale = await until('it is stale', async () => {
    const answer = await get(`/jobs/${body.id}`)
    return answer.body.stale && answer.body
  })
  t.match(stale, { state: 'RUNNING', stale: { reason: 'RM_UNREACHABLE', since: /Z$/ } })
  await until('it grows older', async () => (await get(`/jobs/${body.id}`)).body.yarn.ageMs > 300)
  await yarn.up()
  await until('it heals', async () => !(await get(`/jobs/${body.id}`)).body.stale)
})

t.test('a stop is answered at once, and shown until it is proven', async (t) => {
  const { url, yarn, changes } = await startExecutor(t)
  const { submit, get, inState, post } = v2Calls(url)
  const { body } = await submit('stopped')
  const { applicationId } = await inState(body.id, 'RUNNING')
  yarn.faults.set([{ kind: 'killTakesPolls', polls: 5 }])
  const answer = await post(`/jobs/${body.id}/stop`)
  t.match(answer, { http: 202, body: { state: 'STOPPING', operation: { kind: 'stop' } } })
  t.equal(answer.headers.location, `/executor/v2/jobs/${body.id}`)
  t.match(await post(`/jobs/${body.id}/stop`), { http: 202 }, 'a second one joins it')
  t.match(await inState(body.id, 'KILLED'), { operation: null, reason: 'STOP_REQUESTED' })
  t.equal(yarn.applications.find(({ id }) => id === applicationId)?.publicState, 'KILLED')
  t.match(await post(`/jobs/${body.id}/stop`), {
    http: 409,
    body: { code: 'YARN_EXECUTOR_ALREADY_ENDED', state: 'KILLED' }
  })
  t.match(changes.at(-1), { what: 'executor.stop', code: 409 })
  const { items } = (await get(`/jobs/${body.id}/events`)).body
  t.match(
    items.filter(({ what }: { what: string }) => ['STOPPING', 'KILLED'].includes(what)),
    [{ who: 'anonymous' }, {}]
  )
  for (const verb of ['stop', 'restart', 'rerun', 'close']) {
    const nobody = await post(
      `/jobs/${'0'.repeat(32)}/${verb}`,
      verb === 'close' ? { text: 'x' } : undefined
    )
    t.match(nobody, { http: 404, body: { code: 'YARN_EXECUTOR_JOB_UNKNOWN' } }, verb)
    const bad = await post(`/jobs/${body.id}/${verb}`, { nothing: 1 })
    if (verb !== 'stop') t.match(bad, { http: 400 }, verb)
  }
})

t.test('a restart: the new one is launched once nothing of the old one is left', async (t) => {
  const { url, yarn } = await startExecutor(t)
  const { submit, get, inState, post } = v2Calls(url)
  const { body: old } = await submit('again', TEXT)
  const { applicationId: first } = await inState(old.id, 'RUNNING')
  yarn.faults.set([{ kind: 'killTakesPolls', polls: 5 }])
  const answer = await post(`/jobs/${old.id}/restart`)
  t.match(answer, {
    http: 202,
    body: { taskName: 'again', replaces: old.id, operation: { kind: 'restart' }, configFile: null }
  })
  t.equal(answer.headers.location, `/executor/v2/jobs/${answer.body.id}`)
  t.match(await post(`/jobs/${old.id}/restart`), {
    http: 409,
    body: { submissionId: answer.body.id }
  })
  const { applicationId: second } = await inState(answer.body.id, 'RUNNING')
  t.match((await get(`/jobs/${old.id}`)).body, { state: 'KILLED' })
  const [one, other] = yarn.applications
  t.match([one, other], [{ id: first, publicState: 'KILLED' }, { id: second }])
  t.ok(Number(one?.finishedTime) <= Number(other?.startedTime), 'never were both alive')

  const renewed = await post(`/jobs/${answer.body.id}/restart`, { configFile: 'short.conf' })
  t.match(renewed, { http: 202, body: { configFile: 'short.conf' } })
  await inState(renewed.body.id, 'FINISHED')
  t.match(await post(`/jobs/${renewed.body.id}/restart`, { configFile: 'none.conf' }), {
    http: 422,
    body: { code: 'YARN_EXECUTOR_CONFIG_NOT_FOUND' }
  })
})

t.test('a restart of a restart waits for the first one of all', async (t) => {
  const { url, yarn } = await startExecutor(t)
  const { submit, inState, post } = v2Calls(url)
  const { body: old } = await submit('again', TEXT)
  await inState(old.id, 'RUNNING')
  yarn.faults.set([{ kind: 'killTakesPolls', polls: 10_000 }])
  const { body: first } = await post(`/jobs/${old.id}/restart`)
  const { body: second } = await post(`/jobs/${first.id}/restart`)
  const { body: third } = await post(`/jobs/${second.id}/restart`)
  t.match(await inState(second.id, 'KILLED'), { reason: 'CANCELLED' })
  t.match(await inState(first.id, 'KILLED'), { reason: 'CANCELLED' })
  await inState(old.id, 'STOPPING')
  t.match(await post(`/jobs/${third.id}/restart`, { configFile: 'none.conf' }), { http: 422 })
  const asked = () => Object.values(yarn.requests).reduce((sum, count) => sum + count, 0)
  const before = asked()
  await until('the first one is asked for its end', () => asked() > before + 20)
  t.match(await inState(third.id, 'ACCEPTED'), { applicationId: null })
  t.equal(yarn.applications.length, 1, 'nothing is started beside the first one')
  yarn.faults.clear()
  await inState(third.id, 'RUNNING')
  const [one, other] = yarn.applications
  t.equal(yarn.applications.length, 2)
  t.ok(Number(one?.finishedTime) <= Number(other?.startedTime), 'never were both alive')
})

t.test('a restart outlives the service between its halves', async (t) => {
  const around = await startSurroundings(t)
  const { yarn } = around
  const before = await startExecutor(t, {}, {}, around)
  const calls = v2Calls(before.url)
  const { body: old } = await calls.submit('again', TEXT)
  await calls.inState(old.id, 'RUNNING')
  yarn.faults.set([{ kind: 'killTakesPolls', polls: 10_000 }])
  const { body: next } = await calls.post(`/jobs/${old.id}/restart`)
  await calls.inState(old.id, 'STOPPING')
  await before.close()
  t.equal(yarn.applications.length, 1)
  yarn.faults.clear()
  const after = v2Calls((await startExecutor(t, {}, {}, around)).url)
  await after.inState(next.id, 'RUNNING')
  t.match((await after.get(`/jobs/${old.id}`)).body, { state: 'KILLED' })
  t.equal(yarn.applications.filter(({ publicState }) => LIVE.includes(publicState)).length, 1)
  t.equal(yarn.applications.length, 2)
})

t.test('a job that is over is run once more, with the same bytes', async (t) => {
  const { url, writeConfig } = await startExecutor(t)
  const { submit, get, inState, post } = v2Calls(url)
  const { body } = await submit('once', { configFile: 'short.conf' })
  t.match(await post(`/jobs/${body.id}/rerun`), { http: 409, body: { submissionId: body.id } })
  await inState(body.id, 'FINISHED')
  await writeConfig('short.conf', 'no config any more')
  const again = await post(`/jobs/${body.id}/rerun`)
  t.match(again, {
    http: 202,
    body: { configDigest: body.configDigest, replaces: null, configFile: 'short.conf' }
  })
  await inState(again.body.id, 'FINISHED')
  t.equal((await get(`/jobs/${again.body.id}/config`)).text, CONFIGS['short.conf'])
})

t.test('a record is closed by hand, and its name is free', async (t) => {
  const { url, yarn } = await startExecutor(t)
  const { submit, get, inState, post } = v2Calls(url)
  const { body } = await submit('closed')
  await inState(body.id, 'RUNNING')
  await yarn.down()
  await post(`/jobs/${body.id}/stop`)
  await until('it is known why the stop takes so long', async () => {
    const { operation } = (await get(`/jobs/${body.id}`)).body
    return operation.problem
  })
  t.match(await post(`/jobs/${body.id}/close`, { text: '' }), { http: 400 })
  t.match(await post(`/jobs/${body.id}/close`, { text: 'the cluster is gone' }), {
    http: 200,
    body: {
      state: 'LOST',
      reason: 'CLOSED_BY_HAND',
      outcome: 'UNKNOWN',
      evidence: [{ source: 'operator', text: 'the cluster is gone' }],
      closed: { by: 'anonymous' },
      operation: null
    }
  })
  t.match(await post(`/jobs/${body.id}/close`, { text: 'again' }), { http: 409 })
  t.match(await submit('closed'), { http: 202 }, 'nobody has its name any more')
  await yarn.up()
})
