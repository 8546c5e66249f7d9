import t from 'tap'
import { type AppBody, getJson, yarnFor } from './support/yarn.ts'

t.test('two ResourceManagers of one cluster, and a failover between them', async (t) => {
  const first = await yarnFor(t)
  const second = await first.addStandby()
  const id = first.submit({ name: 'nightly' })
  const path = `/ws/v1/cluster/apps/${id}`
  const ask = (url: string) => fetch(url + path, { redirect: 'manual' })
  const haState = async (url: string) =>
    (await getJson<{ clusterInfo: { haState: string } }>(`${url}/ws/v1/cluster/info`)).clusterInfo
      .haState

  const redirected = await ask(second.url)
  t.equal(redirected.status, 307)
  t.equal(redirected.headers.get('location'), first.url + path)
  t.same([await haState(first.url), await haState(second.url)], ['ACTIVE', 'STANDBY'])

  await first.down()
  first.failover()
  second.setRole('active')
  t.match(await getJson<AppBody>(second.url + path), { app: { id, name: 'nightly' } })
  first.setRole('standby', second.url)
  await first.up()
  t.equal((await ask(first.url)).headers.get('location'), second.url + path)
  t.same([await haState(first.url), await haState(second.url)], ['STANDBY', 'ACTIVE'])

  first.advance(id, 'RUNNING')
  t.match(await getJson<AppBody>(second.url + path), { app: { state: 'RUNNING' } })
})

t.test('a standby goes away and fails on its own', async (t) => {
  const first = await yarnFor(t)
  const second = await first.addStandby()
  second.faults.add({ kind: 'status', status: 500 })
  t.equal((await fetch(`${second.url}/ws/v1/cluster/info`)).status, 500)
  t.equal((await fetch(`${first.url}/ws/v1/cluster/info`)).status, 200)
  t.throws(() => second.faults.add({ kind: 'forget', applicationId: 'application_1_0001' }))
  t.throws(() => second.faults.add({ kind: 'down', forMs: 1 }))
  await second.down()
  await t.rejects(fetch(second.url))
  await second.up()
  second.faults.clear()
  t.equal((await fetch(`${second.url}/ws/v1/cluster/info`)).status, 200)
})
