import { startYarn } from '@scheduler-task/sandbox/yarn/yarn'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startExecutor, startSurroundings } from '../../support/executor.ts'
import { startService } from '../../support/service-process.ts'
import { v2Calls } from '../../support/v2-calls.ts'

t.test(
  'a 202 for an application that was not started here outlives kills of the service',
  async (t) => {
    const around = await startSurroundings(t)
    const { yarn, variables } = around
    const stateOf = (id: string) => yarn.applications.find((one) => one.id === id)?.publicState
    const [byV2 = '', byV1 = '', left = ''] = ['by-v2', 'by-v1', 'left'].map((name) => {
      const id = yarn.submit({ name, user: 'bob' })
      yarn.advance(id, 'RUNNING')
      return id
    })
    yarn.faults.set([{ kind: 'killTakesPolls', polls: 10_000 }])
    for (const turn of [1, 2]) {
      const service = await startService(t, variables)
      const { post, get } = v2Calls(service.url)
      if (turn === 1) {
        t.match(await post(`/applications/${byV2}/stop`), { http: 202, body: { stopping: true } })
        service.post(`/executor/stop/${byV1}`).catch(() => {})
        await until('the wish of v1 is kept', async () => {
          const { body } = await get('/applications')
          return body.items.filter((one: { stopping: boolean }) => one.stopping).length === 2
        })
      } else {
        t.match((await get(`/applications/${byV2}`)).body, { stopping: true }, 'after a kill')
      }
      await service.kill()
      t.match([stateOf(byV2), stateOf(byV1)], ['RUNNING', 'RUNNING'], 'so far nothing is proven')
    }
    yarn.faults.clear()
    const { url } = await startExecutor(t, {}, {}, around)
    await until('both are killed', () => stateOf(byV2) === 'KILLED' && stateOf(byV1) === 'KILLED')
    t.equal(stateOf(left), 'RUNNING')
    await until('nothing is wanted any more', async () => {
      const { body } = await v2Calls(url).get(`/applications/${byV2}`)
      return body.state === 'KILLED' && !body.stopping
    })
  }
)

t.test('the ResourceManager is away in the middle, and back without memory of one', async (t) => {
  const { url, yarn } = await startExecutor(t)
  const { post, get } = v2Calls(url)
  const [kept = '', lost = ''] = ['kept', 'lost'].map((name) => {
    const id = yarn.submit({ name })
    yarn.advance(id, 'RUNNING')
    return id
  })
  yarn.faults.set([{ kind: 'killTakesPolls', polls: 10_000 }])
  for (const id of [kept, lost]) t.match(await post(`/applications/${id}/stop`), { http: 202 })
  await yarn.down()
  yarn.forget(lost)
  yarn.faults.clear()
  await yarn.up()
  await until('the one it knows is killed', async () => {
    const { body } = await get(`/applications/${kept}`)
    return body.state === 'KILLED' && !body.stopping
  })
  t.match(await get(`/applications/${lost}`), { http: 404 })
  t.match(await post(`/applications/${lost}/stop`), { http: 404 })
})

t.test('one that this service may not kill: whoever asks is told at once', async (t) => {
  const yarn = await startYarn({ acl: true, admins: ['root'] })
  t.teardown(() => yarn.close())
  const executor = await startExecutor(t, { YARN_RM_URL: yarn.url })
  const { post, get } = v2Calls(executor.url)
  const id = yarn.submit({ name: 'of-bob', user: 'bob' })
  yarn.advance(id, 'RUNNING')
  const begun = Date.now()
  t.match(await executor.post(`/executor/stop/${id}`), {
    statusCode: 151,
    error: { code: 'YARN_EXECUTOR_RM_REFUSED', error: /Unauthorized attempt to kill/ }
  })
  t.match(await post(`/applications/${id}/stop`), {
    http: 502,
    body: { code: 'YARN_EXECUTOR_RM_REFUSED', detail: /Unauthorized attempt to kill/ }
  })
  t.ok(Date.now() - begun < 20_000)
  t.match((await get(`/applications/${id}`)).body, { state: 'RUNNING', stopping: false })
})
