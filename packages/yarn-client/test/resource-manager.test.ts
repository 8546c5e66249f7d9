import t from 'tap'
import { RmError } from '../src/rm-errors.ts'
import { recording } from './support/recordings.ts'
import { rmError, rmOf } from './support/rm-of.ts'
import { byPath, RM_PATH, replay, say, scripted } from './support/scripted-server.ts'

const ID = 'application_1795346064118_0003'
const UNKNOWN = 'application_1795346064118_9999'

t.test('the recorded lists of three versions are read', async (t) => {
  for (const version of ['2.10.2', '3.3.6', '3.4.1']) {
    const answers = { 'GET /apps': replay(`${version}/apps-list`) }
    const server = await scripted(t, byPath(answers))
    const applications = await rmOf(t, [server]).applications()
    t.not(applications.length, 0)
    t.ok(applications.every(({ user }) => user === 'alice'))
    t.ok(server.asked[0]?.url.startsWith(`${RM_PATH}/apps?deSelects=resourceRequests%2C`))
  }
})

t.test('a list comes in order of submission', async (t) => {
  const app = ['2_1', '1_10000', '1_9999'].map((id) => ({ id: `application_${id}`, state: 'NEW' }))
  const server = await scripted(t, say(200, JSON.stringify({ apps: { app } })))
  const ids = (await rmOf(t, [server]).applications()).map(({ id }) => id)
  t.strictSame(ids, ['application_1_9999', 'application_1_10000', 'application_2_1'])
})

t.test('what an RM does not filter is filtered here', async (t) => {
  // 2.10 ignores `name`.
  const server = await scripted(t, replay('3.3.6/apps-list'))
  const rm = rmOf(t, [server])
  const named = await rm.applications({ name: 'flink-perjob' })
  t.not(named.length, 0)
  t.ok(named.every(({ name }) => name === 'flink-perjob'))
  t.match(server.asked[0]?.url, /\?deSelects=\S+&name=flink-perjob&user\.name=alice$/)
  t.strictSame(await rm.applications({ tags: ['nobody-has-it'] }), [])
  t.not((await rm.applications({ tags: ['SK-OK'] })).length, 0)
})

t.test('no list is asked for with an empty filter', async (t) => {
  const server = await scripted(t, replay('3.3.6/apps-list'))
  const rm = rmOf(t, [server])
  await t.rejects(rm.applications({ tags: [] }), TypeError)
  await t.rejects(rm.applications({ tags: [''] }), TypeError)
  t.strictSame(server.asked, [])
})

t.test('texts are passed on byte for byte', async (t) => {
  const server = await scripted(
    t,
    byPath({
      'GET /scheduler': replay('3.3.6/scheduler-capacity'),
      [`GET /apps/${ID}`]: replay('3.3.6/app-running-spark')
    })
  )
  const rm = rmOf(t, [server])
  const bytes = (name: string) => recording(name).body.toString('utf8')
  t.equal(await rm.schedulerText(), bytes('3.3.6/scheduler-capacity'))
  t.equal(await rm.applicationText(ID), bytes('3.3.6/app-running-spark'))
  t.strictSame(
    server.asked.map(({ url }) => url),
    [`${RM_PATH}/scheduler?user.name=alice`, `${RM_PATH}/apps/${ID}?user.name=alice`]
  )
})

t.test('a text with NaN, duplicate keys and a byte order mark stays as it is', async (t) => {
  const text = '\ufeff {"scheduler":{"a":NaN,"entry":{"k":"任务"},"entry":2}}\r\n'
  const server = await scripted(t, say(200, text.slice(1)))
  const rm = rmOf(t, [server])
  t.equal(await rm.schedulerText(), text.slice(1))
})

t.test('an application, and none', async (t) => {
  const server = await scripted(
    t,
    byPath({
      [`GET /apps/${ID}`]: replay('3.3.6/app-running-spark'),
      [`GET /apps/${UNKNOWN}`]: replay('3.3.6/app-unknown-404')
    })
  )
  const rm = rmOf(t, [server])
  t.match(await rm.application(ID), { id: ID, state: 'RUNNING' })
  t.equal(await rm.application(UNKNOWN), undefined)
  await t.rejects(rm.applicationText(UNKNOWN), {
    name: 'RmError',
    reason: 'RM_NOT_FOUND',
    status: 404,
    text: recording('3.3.6/app-unknown-404').body.toString(),
    message: `ResourceManager knows no such application: app with id: ${UNKNOWN} not found`
  })
})

t.test('an unpadded id is the same application', async (t) => {
  const server = await scripted(t, replay('3.3.6/app-unpadded'))
  t.match(await rmOf(t, [server]).application('application_1795346064118_3'), { id: ID })
})

t.test('the answer for another application is nonsense', async (t) => {
  const server = await scripted(t, replay('3.3.6/app-running-spark'))
  await t.rejects(rmOf(t, [server]).application(UNKNOWN), rmError('RM_NONSENSE'))
})

t.test('nothing but an application id is put into a path', async (t) => {
  const server = await scripted(t, replay('3.3.6/app-running-spark'))
  const rm = rmOf(t, [server])
  for (const id of ['', 'foo', '../../scheduler', `${ID}/state`, `${ID}?x=1`, `${ID}%2f`]) {
    await t.rejects(rm.application(id), TypeError)
    await t.rejects(rm.applicationText(id), TypeError)
    await t.rejects(rm.kill(id), TypeError)
  }
  t.strictSame(server.asked, [])
})

t.test('info', async (t) => {
  const server = await scripted(t, byPath({ 'GET /info': replay('3.3.6/info') }))
  t.match(await rmOf(t, [server]).info(), { haState: 'ACTIVE', state: 'STARTED' })
})

t.test('what is sent along, and what is not', async (t) => {
  const server = await scripted(t, replay('3.3.6/apps-empty'))
  const rm = rmOf(t, [`${server.url}/gateway/`], { user: 'ali ce&x=1' })
  for (let time = 0; time < 8; time += 1) await rm.applications()
  const [first, second] = server.asked
  t.match(first?.url, /^\/gateway\/ws\/v1\/cluster\/apps\?.*user\.name=ali\+ce%26x%3D1$/)
  t.equal(first?.headers.accept, 'application/json')
  t.equal(first?.headers['accept-encoding'], undefined)
  t.notMatch(first?.headers['user-agent'] ?? '', /mozilla|opera/i)
  t.equal(second?.headers.cookie, undefined)
  t.ok(server.connections <= 2, 'connections are kept')
})

t.test('connections are bounded', async (t) => {
  const waiting: (() => void)[] = []
  const server = await scripted(t, (response, asked) => {
    waiting.push(() => replay('3.3.6/apps-empty')(response, asked))
    if (waiting.length === 2) for (const go of waiting.splice(0)) go()
  })
  const rm = rmOf(t, [server], { connections: 2 })
  await Promise.all(Array.from({ length: 8 }, () => rm.applications()))
  t.equal(server.connections, 2)
})

t.test('close ends what is in flight, and what comes later', async (t) => {
  let arrived = () => {}
  const asked = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const server = await scripted(t, () => arrived())
  const rm = rmOf(t, [server])
  const pending = rm.applications()
  await asked
  await Promise.all([t.rejects(pending, rmError('RM_UNREACHABLE')), rm.close()])
  await t.rejects(rm.applications(), { message: /client is closed/ })
})

t.test('an abort is the caller’s own reason', async (t) => {
  const caller = new AbortController()
  const server = await scripted(t, () => caller.abort(new Error('gone home')))
  await t.rejects(rmOf(t, [server]).applications({}, caller.signal), { message: 'gone home' })
  await t.rejects(rmOf(t, [server]).schedulerText(caller.signal), { message: 'gone home' })
  t.equal(server.asked.length, 1)
})

t.test('an error says what the RM says', async (t) => {
  const table: [string, object][] = [
    [
      '3.3.6/app-malformed-400',
      {
        reason: 'RM_ERROR',
        status: 400,
        message: /^ResourceManager answered 400: .*Invalid ApplicationId: application_invalid_12/
      }
    ],
    [
      '3.3.6/state-put-403',
      { reason: 'RM_REFUSED', status: 403, message: /refuses: Unauthorized attempt to kill/ }
    ],
    ['3.3.6/doas-bob-403', { reason: 'RM_REFUSED', message: /not allowed to impersonate bob/ }],
    ['3.3.6/state-put-text-plain', { reason: 'RM_ERROR', status: 500 }],
    ['3.4.1/state-put-text-plain', { reason: 'RM_ERROR', status: 503 }]
  ]
  for (const [name, error] of table) {
    const server = await scripted(t, replay(name))
    const text = recording(name).body.toString()
    await t.rejects(
      rmOf(t, [server]).applicationText(ID),
      { name: 'RmError', ...error, text },
      name
    )
  }
  t.ok(new RmError('RM_ERROR', 'x') instanceof Error)
})
