import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { freshDirectory } from '../support/fresh-directory.ts'
import { startService } from '../support/service-process.ts'
import { Azkaban } from './azkaban/azkaban.ts'
import { azkabanAccount } from './azkaban/configuration.ts'
import { down, restartAzkaban, up } from './engines.ts'
import { jobProcessesOf } from './processes-of.ts'
import { Product } from './product.ts'
import { ResourceManager } from './resource-manager.ts'

/** A shared machine may be slow; nothing here is measured against it. */
const waitMs = 90_000
const flow = { project: 'test', flow: 'test' }
type Body = Readonly<Record<string, string | number | null>>
const stranger = 'application_1395269471888_0004'

const { rm, product, serviceAlone, engines, earlier } = await startAll(t)
t.teardown(killOwnApplications)

t.test('a flow is started, watched, restarted and stopped', async (t) => {
  const sessionId = await logIn()
  const first = await start(t, { sessionId, ...flow })
  t.ok((await running(t, sessionId)).includes(first), 'it is listed')
  const application = await applicationOf(sessionId, first)
  await applicationIs(application, 'RUNNING')
  t.match(await statusOf(t, sessionId, first), { execid: first, status: 'RUNNING' })
  t.match(
    await wholeLog(t, { sessionId, execId: first, jobId: 'test' }),
    new RegExp(
      `^[0-9-]+ [0-9:]+ UTC test INFO - Starting job test.*application ${application}`,
      's'
    )
  )

  const refused = await product.post('/azkaban/stop', {
    sessionId,
    execId: first,
    applicationId: stranger
  })
  t.match(refused, { statusCode: 151, data: /is not of execution/ })
  t.match(await statusOf(t, sessionId, first), { status: 'RUNNING' }, 'nothing was cancelled')

  const second = await start(
    t,
    { sessionId, execId: first, applicationId: application, ...flow },
    'restart'
  )
  t.match(await rm.app(application), { state: 'KILLED', finalStatus: 'KILLED' })
  t.equal(await (await Azkaban.logIn(engines.azkabanUrl)).status(first), 'KILLED')
  await nothingIsLeftOf(first)
  t.strictSame(await running(t, sessionId, first), [second])

  const next = await applicationOf(sessionId, second)
  t.not(next, application)
  await applicationIs(next, 'RUNNING')
  const body = { sessionId, execId: second, applicationId: next }
  t.match(await product.post('/azkaban/stop', body), { statusCode: 200, data: true })
  t.match(await rm.app(next), { state: 'KILLED', finalStatus: 'KILLED' })
  t.match(await statusOf(t, sessionId, second), { status: 'KILLED' })
  t.strictSame(await running(t, sessionId, first), [])
  await nothingIsLeftOf(second)
  const again = await product.post('/azkaban/stop', body)
  t.equal(again.statusCode, 151)
  t.match(again.data, `Execution ${second} of flow test isn't running.`)
})

t.test('a flow is stopped before it has named an application', async (t) => {
  const sessionId = await logIn()
  const execId = await start(t, { sessionId, ...flow })
  const stopped = await product.post('/azkaban/stop', { sessionId, execId, applicationId: null })
  t.match(stopped, { statusCode: 200, data: true })
  t.match(await statusOf(t, sessionId, execId), { status: /^(KILLED|FAILED)$/ })
  // Azkaban has killed its shell only: a driver that was on its way goes on and submits.
  await until(`the processes of execution ${execId} to end`, async () => {
    await killOwnApplications()
    return (await jobProcessesOf(execId)).length === 0
  })
})

t.test('a stop as soon as the application has a name ends it', async (t) => {
  const sessionId = await logIn()
  const execId = await start(t, { sessionId, ...flow })
  const applicationId = await applicationOf(sessionId, execId)
  const stopped = await product.post('/azkaban/stop', { sessionId, execId, applicationId })
  t.match(stopped, { statusCode: 200, data: true })
  t.match(await rm.app(applicationId), { state: 'KILLED', finalStatus: 'KILLED' })
  await nothingIsLeftOf(execId)
})

t.test('what Azkaban refuses is told with the code of the call and in its words', async (t) => {
  const sessionId = await logIn()
  const before = await running(t, sessionId)
  const nothing = { sessionId, execId: 99_999, applicationId: null }
  const indexPage = /<title>Error 500 Index: 0<\/title>/
  const cases: [call: string, body: Body, statusCode: number, data: RegExp][] = [
    ['login', { username: azkabanAccount.name, password: 'wrong' }, 154, /Incorrect Login/],
    ['start', { sessionId, ...flow, flow: 'none' }, 150, /Flow 'none' cannot be found/],
    ['start', { sessionId, ...flow, project: 'none' }, 150, /Project 'none' doesn't exist/],
    ['status', nothing, 153, indexPage],
    ['logger', { ...nothing, jobId: 'test' }, 152, indexPage],
    ['getAppId', { ...nothing, jobId: 'test' }, 152, indexPage],
    ['stop', nothing, 151, indexPage],
    ['restart', { ...nothing, ...flow }, 151, indexPage],
    ['running', { sessionId, ...flow, project: 'none' }, 153, /Project 'null' not found/]
  ]
  for (const door of [product, serviceAlone]) {
    for (const [call, body, statusCode, data] of cases) {
      t.match(await door.post(`/azkaban/${call}`, body), { statusCode, data }, call)
    }
  }
  t.strictSame(await running(t, sessionId), before, 'nothing was started')
})

t.test('a restart of Azkaban ends the session, and not what it started', async (t) => {
  const lost = await logIn()
  const execId = await start(t, { sessionId: lost, ...flow })
  const applicationId = await applicationOf(lost, execId)
  await applicationIs(applicationId, 'RUNNING')
  await restartAzkaban(process.env)

  const body = { sessionId: lost, execId, applicationId, jobId: 'test', ...flow }
  const codes = { start: 150, stop: 151, restart: 151, getAppId: 152, logger: 152, status: 153 }
  for (const [call, statusCode] of Object.entries({ ...codes, running: 153 })) {
    const answer = await product.post(`/azkaban/${call}`, body)
    t.match(answer, { statusCode, data: '{"error":"session"}' }, call)
  }
  t.match(await rm.app(applicationId), { state: 'RUNNING' })

  const stopped = await product.post('/azkaban/stop', { ...body, sessionId: await logIn() })
  t.match(stopped, { statusCode: 200, data: true })
  t.match(await rm.app(applicationId), { state: 'KILLED', finalStatus: 'KILLED' })
  t.equal(await (await Azkaban.logIn(engines.azkabanUrl)).status(execId), 'FAILED')
  await nothingIsLeftOf(execId)
})

/** The engines, unless they run already, and the built product on them; all of it ends with the test. */
async function startAll(t: Test) {
  const engines = await up(process.env, (line) => t.comment(line))
  if (engines.started) t.teardown(() => down(process.env, false))
  const rm = new ResourceManager(engines.resourceManagerUrl)
  const password = 'a password for this test only'
  const { url } = await startService(t, '@scheduler-task/all-in-one', {
    ...engines.environment,
    DATA_DIR: freshDirectory(t),
    ADMIN_PASSWORD: password
  })
  const product = await Product.logIn(url, 'admin', password)
  const alone = { HOST: '127.0.0.1', AUTH_MODE: 'off', ...engines.environment }
  const service = await startService(t, '@scheduler-task/azkaban-proxy', alone)
  const earlier = (await rm.liveApps()).map(({ id }) => id)
  return { rm, engines, earlier, product, serviceAlone: new Product(service.url, '') }
}

async function logIn(): Promise<string> {
  const { name: username, password } = azkabanAccount
  const { data } = await product.post('/azkaban/login', { username, password })
  return JSON.parse(String(data))['session.id']
}

/** Starts or restarts; answers the execution's id. */
async function start(t: Test, body: Body, call: 'start' | 'restart' = 'start') {
  const answer = await product.post(`/azkaban/${call}`, body)
  t.match(answer, { statusCode: 200, message: '成功!' }, String(answer.data))
  const { execid } = JSON.parse(String(answer.data))
  t.type(execid, 'number')
  return Number(execid)
}

/** The ids of the flow's executions that run, from one of this test's on. */
async function running(t: Test, sessionId: string, from = 1): Promise<number[]> {
  const { statusCode, data } = await product.post('/azkaban/running', { sessionId, ...flow })
  t.equal(statusCode, 200)
  const ids: number[] = JSON.parse(String(data)).execIds ?? []
  return ids.filter((id) => id >= from).sort((one, other) => one - other)
}

async function statusOf(t: Test, sessionId: string, execId: number): Promise<unknown> {
  const { statusCode, data } = await product.post('/azkaban/status', { sessionId, execId })
  t.equal(statusCode, 200)
  return JSON.parse(String(data))
}

/** Waits until the job's log names its application. */
async function applicationOf(sessionId: string, execId: number): Promise<string> {
  return await until(`the application of execution ${execId}`, async () => {
    const answer = await product.post('/azkaban/getAppId', { sessionId, execId, jobId: 'test' })
    if (answer.statusCode !== 200) throw new Error(JSON.stringify(answer))
    return answer.data === null ? undefined : String(answer.data)
  })
}

/** Reads it block by block, as a console does. */
async function wholeLog(t: Test, job: Body): Promise<string> {
  let text = ''
  let offset = 0
  while (true) {
    const { data } = await product.post('/azkaban/logger', { ...job, offset, length: 2000 })
    const block = JSON.parse(String(data))
    t.equal(block.offset, offset)
    t.equal(block.length, Buffer.byteLength(block.data))
    if (block.length === 0) return text
    text += block.data
    offset += block.length
  }
}

/** What runs of this project since this test began. */
async function killOwnApplications(): Promise<void> {
  for (const { id, name, user } of await rm.liveApps()) {
    if (name === 'azkaban-test' && !earlier.includes(id)) await rm.kill(id, user)
  }
}

async function applicationIs(id: string, state: string): Promise<void> {
  const look = async () => (await rm.liveApps()).some((app) => app.id === id && app.state === state)
  await until(`${id} to be ${state}`, look)
}

/** The driver ends by itself once its application is gone. */
async function nothingIsLeftOf(execId: number): Promise<void> {
  const left = async () => (await jobProcessesOf(execId)).length === 0
  await until(`the processes of execution ${execId} to end`, left)
}

async function until<T>(what: string, look: () => Promise<T>): Promise<NonNullable<T>> {
  const deadline = Date.now() + waitMs
  while (Date.now() < deadline) {
    const found = await look()
    if (found) return found
    await delay(100)
  }
  throw new Error(`Waited ${waitMs} ms in vain for ${what}`)
}
