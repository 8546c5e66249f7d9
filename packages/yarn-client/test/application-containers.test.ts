import t from 'tap'
import { attemptIdOf, isOfApplication, parseContainerId } from '../src/container-logs-address.ts'
import { createNodeManagerLogs } from '../src/node-manager-logs.ts'
import { shareReads } from '../src/shared-reads.ts'
import { nmError } from './support/nm-error.ts'
import { rmError, rmOf } from './support/rm-of.ts'
import { byPath, replay, say, scripted } from './support/scripted-server.ts'

const APPLICATION = 'application_1795346732704_0001'
const AM = 'container_1795346732704_0001_01_000001'
const SECOND = 'container_1795346732704_0001_01_000002'

t.test('attempts with their ApplicationMasters', async (t) => {
  const server = await scripted(t, replay('3.3.6/appattempts-running'))
  const rm = shareReads(rmOf(t, [server]))
  t.strictSame(await rm.attempts(APPLICATION), [
    {
      number: 1,
      logs: { nodeManager: 'http://nm1.example:8042', containerId: AM, user: 'alice' },
      nodeId: 'nm1.example:45454'
    }
  ])
  server.answer = replay('3.3.6/appattempts-bad-queue')
  t.strictSame(await rm.attempts(APPLICATION), [], 'a refused application has none')
  server.answer = say(200, '{"apps":{}}', { 'content-type': 'application/json' })
  await t.rejects(rm.attempts(APPLICATION), rmError('RM_NONSENSE'))
})

t.test('live containers, in the notations of 3.x and 2.10', async (t) => {
  const server = await scripted(t, replay('3.3.6/attempt-containers-running'))
  const rm = rmOf(t, [server])
  const attempt = attemptIdOf(AM) ?? ''
  const found = (await rm.containers(attempt)) ?? []
  t.strictSame(
    found.map(({ containerId }) => containerId),
    [AM, SECOND, 'container_1795346732704_0001_01_000003'].slice(0, found.length)
  )
  t.match(found[0], { nodeManager: 'http://nm1.example:8042', nodeId: 'nm1.example:45454' })
  t.match(
    server.asked[0]?.url,
    `/ws/v1/cluster/apps/${APPLICATION}/appattempts/${attempt}/containers`
  )
  for (const [name, count] of [
    ['3.3.6/attempt-containers-finished', 0],
    ['2.10.2/attempt-containers-running', 1],
    ['2.10.2/attempt-containers-finished', 0]
  ] as const) {
    server.answer = replay(name)
    t.equal((await rm.containers(attempt))?.length, count, name)
  }
  server.answer = replay('3.3.6/unknown-path-404')
  t.equal(await rm.containers(attempt), undefined, 'up to 2.8 there is no such path')
  server.answer = say(200, '{"containers":{"container":{"logUrl":"http://x/y"}}}', {
    'content-type': 'application/json'
  })
  t.strictSame(await rm.containers(attempt), [], 'one without an address is left out')
  await t.rejects(rm.containers('appattempt_1/../x'), TypeError)
})

t.test('a NodeManager’s own list', async (t) => {
  const path = 'GET /ws/v1/node/containers'
  const server = await scripted(t, byPath({ [path]: replay('3.3.6/nm-containers') }))
  const logs = createNodeManagerLogs({ user: 'alice' })
  t.teardown(logs.close)
  const own = await logs.containersOf(server.url, APPLICATION)
  t.match(own, [{ containerId: AM, user: 'alice' }, { containerId: SECOND }])
  t.strictSame(await logs.containersOf(server.url, 'application_1795346732704_0002'), [])
  server.answer = say(200, '{"apps":null}')
  await t.rejects(logs.containersOf(server.url, APPLICATION), nmError('NM_NONSENSE'))
  await t.rejects(logs.containersOf('ftp://nm1', APPLICATION), TypeError)
})

t.test('what an id of a container says', (t) => {
  t.strictSame(parseContainerId('container_e17_1700000000000_0042_02_000003'), {
    applicationId: 'application_1700000000000_0042',
    attempt: 2,
    sequence: 3
  })
  t.equal(
    attemptIdOf('container_e17_1700000000000_10042_02_000003'),
    'appattempt_1700000000000_10042_000002'
  )
  for (const bad of ['', 'container_1_2_3', 'container_1_2_3_4/..', 'application_1_2']) {
    t.equal(parseContainerId(bad), undefined)
    t.equal(attemptIdOf(bad), undefined)
    t.equal(isOfApplication(bad, APPLICATION), false)
  }
  t.ok(isOfApplication(AM, 'application_1795346732704_1'))
  t.end()
})
