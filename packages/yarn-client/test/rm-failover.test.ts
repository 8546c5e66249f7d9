import t from 'tap'
import { recording } from './support/recordings.ts'
import { rmError, rmOf } from './support/rm-of.ts'
import {
  type Answerer,
  byPath,
  deadUrl,
  RM_PATH,
  replay,
  say,
  scripted
} from './support/scripted-server.ts'

const ID = 'application_1795347463419_0001'
const standby = replay('3.3.6/ha-standby-apps-307')
const active = replay('3.3.6/apps-list')

/** A standby that points to `url`, by default with the query that it was asked with. */
function redirect(to: () => string, status = 307): Answerer {
  return (response) => {
    response.writeHead(status, { location: to() })
    response.end('This is standby RM. The redirect url is: /ws/v1/cluster/apps')
  }
}

t.test('a standby is passed over, and the active one asked first from then on', async (t) => {
  const ways: [string, Answerer][] = [
    ['307 to a host that is not configured', standby],
    ['307 without Location', replay('3.3.6/ha-noactive-apps-307')],
    ['200 as 2.6 says it', say(200, 'This is standby RM. Redirecting to the current active RM: x')],
    ['200 without an active one', replay('3.3.6/ha-noactive-refresh-big')],
    ['502', say(502, '<html>')],
    ['504', say(504, '<html>')],
    ['503 of a proxy', say(503, '<html>')],
    ['a page', say(200, '<html>')],
    ['a closed connection', (response) => response.destroy()],
    ['a login page', say(302, '', { location: 'https://login.example/' })]
  ]
  for (const [way, answer] of ways) {
    const rm1 = await scripted(t, answer)
    const rm2 = await scripted(t, active)
    const rm = rmOf(t, [rm1, rm2])
    t.not((await rm.applications({ user: 'alice' })).length, 0, way)
    const before = rm1.asked.length
    await rm.applications({ user: 'alice' })
    t.equal(rm1.asked.length, before, `${way}: not asked again`)
    t.equal(rm2.asked[0]?.url, rm1.asked[0]?.url, `${way}: same path and query`)
    t.equal(rm2.asked.length, 2)
  }
})

t.test('one that is down is passed over', async (t) => {
  const rm2 = await scripted(t, active)
  t.not((await rmOf(t, [await deadUrl(t), rm2]).applications()).length, 0)
})

t.test('one that hangs has its share of the time, the next one the rest', async (t) => {
  const rm1 = await scripted(t, () => {})
  const rm2 = await scripted(t, active)
  const rm = rmOf(t, [rm1, rm2], { timeoutMs: 2000 })
  const began = performance.now()
  t.not((await rm.applications()).length, 0)
  t.ok(performance.now() - began < 2000)
  t.not((await rm.applications()).length, 0)
  t.equal(rm1.asked.length, 1)
})

t.test('the one that a redirect names is asked next, when it is configured', async (t) => {
  const rm3 = await scripted(t, active)
  // 2.7 loses the query.
  const rm1 = await scripted(
    t,
    redirect(() => `${rm3.url}${RM_PATH}/apps`)
  )
  const rm2 = await scripted(t, standby)
  const rm = rmOf(t, [rm1, rm2, rm3])
  await rm.applications({ tags: ['st-1'] })
  t.equal(rm2.asked.length, 0)
  t.equal(rm3.asked[0]?.url, rm1.asked[0]?.url)
})

t.test('a host that is not configured is never asked', async (t) => {
  const stranger = await scripted(t, active)
  for (const status of [301, 302, 303, 307, 308]) {
    const rm1 = await scripted(
      t,
      redirect(() => `${stranger.url}${RM_PATH}/apps`, status)
    )
    await t.rejects(
      rmOf(t, [rm1]).applications(),
      rmError(status === 307 ? 'RM_STANDBY' : 'RM_NONSENSE')
    )
    t.equal(rm1.asked.length, 1)
  }
  t.strictSame(stranger.asked, [])
})

t.test('a circle ends after one round', async (t) => {
  const rm1 = await scripted(
    t,
    redirect(() => rm2.url)
  )
  const rm2 = await scripted(
    t,
    redirect(() => rm1.url)
  )
  const self = await scripted(
    t,
    redirect(() => self.url)
  )
  await t.rejects(rmOf(t, [rm1, rm2, self]).applications(), {
    reason: 'RM_STANDBY',
    message: 'None of 3 ResourceManagers is active: one is standby, one is standby, one is standby'
  })
  for (const server of [rm1, rm2, self]) t.equal(server.asked.length, 1)
})

t.test('odd Locations harm nobody', async (t) => {
  for (const location of ['', '/', '//', 'javascript:alert(1)', 'http://', 'file:///etc/passwd']) {
    const rm1 = await scripted(
      t,
      redirect(() => location)
    )
    const rm2 = await scripted(t, active)
    t.not((await rmOf(t, [rm1, rm2]).applications()).length, 0, location)
  }
})

t.test('of several faults the most telling one is named', async (t) => {
  const down = await deadUrl(t)
  const rm2 = await scripted(t, standby)
  await t.rejects(rmOf(t, [down, rm2]).applications(), {
    reason: 'RM_STANDBY',
    message:
      'None of 2 ResourceManagers is active: one cannot be reached (connection refused), one is standby'
  })
  const page = await scripted(t, say(200, '<html>'))
  await t.rejects(rmOf(t, [down, page]).applications(), rmError('RM_NONSENSE', { status: 200 }))
  await t.rejects(rmOf(t, [down, down]).applications(), rmError('RM_UNREACHABLE'))
})

t.test('a refusal is an answer: nobody else is asked, and it stays the active one', async (t) => {
  const rm1 = await scripted(t, standby)
  const rm2 = await scripted(t, replay('3.3.6/app-unknown-404'))
  const rm = rmOf(t, [rm1, rm2])
  t.equal(await rm.application(ID), undefined)
  t.equal(await rm.application(ID), undefined)
  t.equal(rm1.asked.length, 1)
  t.equal(rm2.asked.length, 2)
})

t.test('a failover is noticed, there and back', async (t) => {
  const rm1 = await scripted(t, active)
  const rm2 = await scripted(t, standby)
  const rm = rmOf(t, [rm1, rm2])
  for (let time = 0; time < 4; time += 1) {
    t.not((await rm.applications()).length, 0)
    ;[rm1.answer, rm2.answer] = [rm2.answer, rm1.answer]
  }
})

t.test('the info of a standby is not taken for the cluster’s', async (t) => {
  const rm1 = await scripted(t, byPath({ 'GET /info': replay('3.3.6/ha-standby-info') }))
  const rm2 = await scripted(t, byPath({ 'GET /info': replay('3.3.6/info') }))
  t.match(await rmOf(t, [rm1, rm2]).info(), { haState: 'ACTIVE' })
  await t.rejects(rmOf(t, [rm1]).info(), {
    reason: 'RM_STANDBY',
    text: recording('3.3.6/ha-standby-info').body.toString(),
    message: 'ResourceManager is standby'
  })
})

t.test('a kill goes to the active one with method, body and user', async (t) => {
  const rm1 = await scripted(t, replay('3.3.6/ha-standby-put-307'))
  const body = recording('3.3.6/app-killed')
    .body.toString()
    .replaceAll('application_1795346064118_0009', ID)
  const rm2 = await scripted(
    t,
    byPath({
      [`PUT /apps/${ID}/state`]: replay('3.3.6/state-put-200-killed'),
      [`GET /apps/${ID}`]: say(200, body)
    })
  )
  t.match(await rmOf(t, [rm1, rm2]).kill(ID, { diagnostics: 'because' }), { state: 'KILLED' })
  t.match(rm2.asked[0], {
    method: 'PUT',
    url: `${RM_PATH}/apps/${ID}/state?user.name=alice`,
    body: '{"state":"KILLED","diagnostics":"because"}',
    headers: { 'content-type': 'application/json' }
  })
})
