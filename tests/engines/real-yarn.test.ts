import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import t, { type Test } from 'tap'
import { startService } from '../support/service-process.ts'
import { down, up } from './engines.ts'
import { launcherProcessesWith } from './processes-of.ts'
import { Product, type StartBody } from './product.ts'
import { type Application, ResourceManager } from './resource-manager.ts'

/** A shared machine may be slow; nothing here is measured against it. */
const waitMs = 90_000
/** Names are unique on the ResourceManager, also beside what an earlier run left there. */
const runName = `t${Date.now().toString(36)}`

type Case = Readonly<{ title: string; engine: string; type: string; job: string; body: StartBody }>

const cases: readonly Case[] = [
  {
    title: 'Spark in client mode',
    engine: 'spark',
    type: 'SPARK',
    job: 'stream.spark.conf',
    body: { master: 'yarn', 'deploy-mode': 'client', taskName: `测试-${runName}-client` }
  },
  {
    title: 'Spark in cluster mode',
    engine: 'spark',
    type: 'SPARK',
    job: 'stream.spark.conf',
    body: { master: 'yarn', 'deploy-mode': 'cluster', taskName: `${runName}-cluster` }
  },
  {
    title: 'Flink',
    engine: 'flink',
    type: 'Apache Flink',
    job: 'stream.flink.conf',
    body: { master: 'yarn-cluster', taskName: `${runName}-flink` }
  }
]

const { rm, product, user } = await startAll(t)

for (const { title, engine, type, job, body } of cases) {
  t.test(`${title}: started, watched, restarted and stopped`, async (t) => {
    const configFile = `engines/${job}`
    const request = { ...body, configFile }
    const uploaded = await product.upload(configFile, join(import.meta.dirname, 'jobs', job))
    t.match(uploaded, { statusCode: 200, data: true })

    const first = await start(t, `/executor/start/${engine}`, request)
    const app = await rm.app(first)
    t.match(app, { name: body.taskName, user, applicationType: type, queue: 'default' })
    const tags = tagsOf(t, app)

    const running = await stateReached(first, 'RUNNING')
    t.match(running, { name: body.taskName, user, finalStatus: 'UNDEFINED' })
    t.match(await product.get(`/executor/status/${first}`), { statusCode: 200, data: 'RUNNING' })
    const report = await product.get(`/executor/y/logger/${first}`)
    t.match(JSON.parse(String(report.data)), {
      app: { id: first, name: body.taskName, state: 'RUNNING', user }
    })
    await assertListed(t, { id: first, name: String(body.taskName) })

    const again = await product.post(`/executor/start/${engine}`, request)
    t.equal(again.statusCode, 150, 'its name is taken')
    t.strictSame(await liveIdsNamed(body.taskName), [first], 'and nothing else was started')

    const second = await start(t, `/executor/restart/${engine}/${first}`, request)
    t.not(second, first)
    t.match(await rm.app(first), { state: 'KILLED', finalStatus: 'KILLED' })
    t.strictSame(await launcherProcessesWith(tags.attempt), [], 'nothing of the first is left')
    t.strictSame(await liveIdsNamed(body.taskName), [second])
    const newTags = tagsOf(t, await rm.app(second))
    t.equal(newTags.installation, tags.installation)
    t.not(newTags.submission, tags.submission)
    t.match(await stateReached(second, 'RUNNING'), { name: body.taskName, user })

    t.match(await product.post(`/executor/stop/${second}`), { statusCode: 200, data: true })
    t.match(await rm.app(second), { state: 'KILLED', finalStatus: 'KILLED' })
    t.strictSame(await launcherProcessesWith(newTags.attempt), [], 'nothing is left')
    t.match(await product.get(`/executor/status/${second}`), { statusCode: 200, data: 'KILLED' })
    t.equal((await product.post(`/executor/stop/${second}`)).statusCode, 151)
    t.strictSame(await liveIdsNamed(body.taskName), [])
  })
}

t.test('an application that was started elsewhere is shown and can be stopped', async (t) => {
  const name = `${runName}-elsewhere`
  const id = await rm.submitSleep(name, user)
  await stateReached(id, 'ACCEPTED')
  t.match(await product.get(`/executor/status/${id}`), { statusCode: 200, data: 'ACCEPTED' })
  await assertListed(t, { id, name })
  t.match(await product.post(`/executor/stop/${id}`), { statusCode: 200, data: true })
  t.match(await rm.app(id), { state: 'KILLED', finalStatus: 'KILLED' })
})

t.test('the scheduler report is the one that the ResourceManager gives', async (t) => {
  const { statusCode, data } = await product.get('/executor/yarnStatus')
  t.equal(statusCode, 200)
  t.match(JSON.parse(String(data)), { scheduler: { schedulerInfo: { type: 'capacityScheduler' } } })
})

/** The engines, unless they run already, and the built product on them; all of it ends with the test. */
async function startAll(t: Test) {
  const engines = await up(process.env, (line) => t.comment(line))
  if (engines.started) t.teardown(() => down(process.env, false))
  const rm = new ResourceManager(engines.resourceManagerUrl)
  const password = 'a password for this test only'
  const { url } = await startService(t, '@scheduler-task/all-in-one', {
    ...engines.environment,
    DATA_DIR: lastingDirectory(t),
    ADMIN_PASSWORD: password
  })
  const user = String(engines.environment.YARN_USER)
  t.teardown(async () => {
    for (const app of await rm.liveApps()) {
      if (app.name.includes(runName)) await rm.kill(app.id, user)
    }
  })
  return {
    rm,
    user,
    product: await Product.logIn(url, 'admin', password)
  }
}

/** Starts or restarts; answers the application's id. */
async function start(t: Test, path: string, body: StartBody): Promise<string> {
  const answer = await product.post(path, body)
  t.match(answer, { statusCode: 200, message: '成功!', data: /^application_\d+_\d{4,}$/ })
  return String(answer.data)
}

/** The three tags that every application bears. */
function tagsOf(t: Test, app: Application) {
  const tag = (prefix: string) => {
    const found = app.applicationTags.filter((one) => one.startsWith(prefix))
    t.equal(found.length, 1, `one tag ${prefix}…`)
    return String(found[0])
  }
  return { installation: tag('st-i-'), submission: tag('st-s-'), attempt: tag('st-a-') }
}

async function stateReached(id: string, state: string): Promise<Application> {
  const deadline = Date.now() + waitMs
  while (true) {
    const app = await rm.app(id)
    if (app.state === state) return app
    if (['FINISHED', 'FAILED', 'KILLED'].includes(app.state) || Date.now() > deadline) {
      throw new Error(`${id} is ${app.state}, not ${state}`)
    }
    await delay(100)
  }
}

async function liveIdsNamed(name: string | undefined): Promise<string[]> {
  return (await rm.liveApps()).filter((app) => app.name === name).map((app) => app.id)
}

/** The row is in `running`, below the header row. */
async function assertListed(t: Test, row: { id: string; name: string }): Promise<void> {
  const { statusCode, data } = await product.get('/executor/running')
  t.equal(statusCode, 200)
  const rows = JSON.parse(String(data))
  t.strictSame(rows[0], { id: 'Application-Id', name: 'Application-Name' })
  t.ok(
    rows.some((other: typeof row) => other.id === row.id && other.name === row.name),
    `${row.id} is listed as ${row.name}`
  )
}
