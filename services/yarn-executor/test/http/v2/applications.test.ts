import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startExecutor } from '../../support/executor.ts'
import { v2Calls } from '../../support/v2-calls.ts'

t.test('applications that were not started here are listed, watched and stopped', async (t) => {
  const { url, yarn } = await startExecutor(t)
  const { submit, get, post, inState } = v2Calls(url)
  const foreign = [1, 2, 3].map((n) =>
    yarn.submit({ name: `other-${n}`, user: n === 3 ? 'eve' : 'bob' })
  )
  for (const id of foreign) yarn.advance(id, 'RUNNING')
  const { body } = await submit('ours')
  const { applicationId: ours } = await inState(body.id, 'RUNNING')
  const ids = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id)

  const all = await until('the list has it', async () => {
    const answer = await get('/applications')
    return answer.body.total === 4 && answer.body
  })
  t.strictSame(ids(all), [ours, ...foreign.toReversed()], 'newest first')
  t.match(all.items[0], { jobId: body.id, name: 'ours', state: 'RUNNING', stopping: false })
  t.match(all.items[1], { jobId: null, user: 'eve', startedAt: /Z$/, finishedAt: null })
  t.strictSame(ids((await get('/applications?user=eve')).body), [foreign[2]])
  const first = (await get('/applications?limit=3')).body
  t.match(first, { total: 4, nextCursor: foreign[1] })
  const rest = (await get(`/applications?limit=3&cursor=${first.nextCursor}`)).body
  t.strictSame([ids(rest), rest.nextCursor], [[foreign[0]], null])

  yarn.faults.set([{ kind: 'killTakesPolls', polls: 3 }])
  const stopped = await post(`/applications/${foreign[0]}/stop`)
  t.match(stopped, { http: 202, body: { id: foreign[0], name: 'other-1', stopping: true } })
  await until('it is killed', async () => {
    const answer = await get(stopped.headers.location?.slice('/executor/v2'.length) as string)
    return answer.body.state === 'KILLED' && !answer.body.stopping
  })
  t.match(await post(`/applications/${foreign[0]}/stop`), {
    http: 409,
    body: { code: 'YARN_EXECUTOR_ALREADY_ENDED' }
  })
  t.match(await post(`/applications/${ours}/stop`), { http: 202 })
  await inState(body.id, 'KILLED')

  const unknown = 'application_1_0001'
  for (const answer of [
    await get(`/applications/${unknown}`),
    await post(`/applications/${unknown}/stop`)
  ]) {
    t.match(answer, { http: 404, body: { code: 'YARN_EXECUTOR_APPLICATION_UNKNOWN' } })
  }
  for (const bad of ['x', '%00', '..%2f', 'application_1_99999999999']) {
    t.match(await get(`/applications/${bad}`), { http: 400 }, bad)
  }
  for (const cursor of ['x', 'application_9999999999999999999_1']) {
    t.match(await get(`/applications?cursor=${cursor}`), { http: 400 }, cursor)
  }
  t.match(await get('/applications/application_9999999999999999999_1'), { http: 404 })
  await yarn.down()
  t.match(await get(`/applications/${foreign[1]}`), {
    http: 502,
    body: { code: 'YARN_EXECUTOR_RM_UNREACHABLE' }
  })
  await yarn.up()
})
