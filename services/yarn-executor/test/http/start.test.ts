import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { configuredLaunching } from '../../src/configured-launching.ts'
import type { PreparedLaunch } from '../../src/domain/launching.ts'
import { configOf, startExecutor, startSurroundings } from '../support/executor.ts'
import { storedState } from '../support/stored-submission.ts'

const SPARK = { master: 'yarn', 'deploy-mode': 'client', configFile: 'endless.conf' }

t.test('starts that succeed', async (t) => {
  const { post, yarn, app } = await startExecutor(t)
  const started = (id: unknown) => yarn.applications.find((one) => one.id === id)

  await t.test('Flink, as the document prints it', async (t) => {
    const answer = await post('/executor/start/flink', {
      master: 'yarn-cluster',
      configFile: 'flink.conf',
      taskName: 'testFlink'
    })
    t.match(answer, { http: 200, statusCode: 200, message: '成功!', data: /^application_/ })
    t.strictSame(Object.keys(answer).slice(2, 5), ['statusCode', 'message', 'data'])
    t.match(started(answer.data), { name: 'testFlink', type: 'Apache Flink', user: 'alice' })
  })

  await t.test('Spark in cluster mode, by its old name, with keys nobody knows', async (t) => {
    const taskName = 'old-name'
    const body = {
      master: 'yarn-cluster',
      configFile: '/endless.conf',
      taskName,
      unknown: { a: 1 }
    }
    const answer = await post('/executor/start/spark', body)
    t.match(answer, { statusCode: 200 })
    t.match(started(answer.data), { name: taskName, type: 'SPARK' })
  })

  await t.test('what is told is what the ResourceManager has accepted', async (t) => {
    let told = false
    const answer = post('/executor/start/spark', {
      ...SPARK,
      configFile: 'never.conf',
      taskName: 'slow'
    }).finally(() => {
      told = true
    })
    const application = await until('it is submitted', () =>
      yarn.applications.find(({ name }) => name === 'slow')
    )
    yarn.faults.set([{ kind: 'slow', ms: 1, path: `*/apps/${application.id}`, count: 1_000_000 }])
    await until('it is looked at', () => (yarn.faults.list()[0]?.hits ?? 0) > 2)
    yarn.faults.clear()
    t.notOk(told, 'not before it is accepted')
    yarn.advance(application.id, 'ACCEPTED')
    t.match(await answer, { statusCode: 200, data: application.id })
  })

  await t.test('a job that is over at once was started all the same', async (t) => {
    const answer = await post('/executor/start/spark', {
      ...SPARK,
      configFile: 'short.conf',
      taskName: 'short'
    })
    t.match(answer, { statusCode: 200, data: /^application_/ })
    await until('the job ends', () => started(answer.data)?.publicState === 'FINISHED')
    const again = await until('the name is free again', async () => {
      const next = await post('/executor/start/spark', {
        ...SPARK,
        configFile: 'short.conf',
        taskName: 'short'
      })
      return next.statusCode === 200 && next
    })
    t.not(again.data, answer.data)
  })

  t.equal(app.server.listening, true)
})

t.test('the id comes from the ResourceManager when the output does not tell it', async (t) => {
  const { cluster, startSpark, yarn } = await startExecutor(t)
  await cluster.setFaults({
    hideId: true,
    spoofedLines: ['INFO Client: Submitted application application_1_0001']
  })
  const id = await startSpark('hidden')
  t.match(
    yarn.applications.find((one) => one.id === id),
    { name: 'hidden' }
  )
  t.equal(yarn.applications.length, 1)
})

t.test(
  'a launcher that may run although its start failed is looked for, not given up',
  async (t) => {
    const around = await startSurroundings(t)
    const launching = await configuredLaunching(configOf(around.variables))
    const unsure = {
      ...launching,
      start: async (prepared: PreparedLaunch) => {
        await launching.start(prepared)
        throw new Error('it cannot be identified')
      }
    }
    const { startSpark, post, yarn } = await startExecutor(t, {}, { launching: unsure }, around)
    const id = await startSpark('unsure')
    t.strictSame(
      yarn.applications.map((one) => one.id),
      [id]
    )
    t.match(await post(`/executor/stop/${id}`), { data: true })
  }
)

t.test('whatever id a job prints, the tag decides', async (t) => {
  const { cluster, startSpark, yarn, post } = await startExecutor(t, { MAX_DRIVERS: '10' })
  const stranger = yarn.submit({ name: 'stranger' })
  yarn.advance(stranger, 'RUNNING')
  yarn.faults.set([{ kind: 'status', status: 500, path: '*/apps/application_2_0002' }])
  const printed = [
    stranger,
    'application_1234567890123456789_0001',
    'application_1_9999999999999999999',
    'application_1_9999999999',
    'application_2_0002'
  ]
  for (const [at, id] of printed.entries()) {
    await cluster.setFaults({ spoofedLines: [`INFO Client: Submitted application ${id}`] })
    const told = await startSpark(`printed-${at}`)
    t.match(
      yarn.applications.find((one) => one.id === told),
      { name: `printed-${at}` },
      id
    )
    if (id === stranger) t.match(await post(`/executor/stop/${told}`), { data: true })
  }
  t.match(yarn.applications[0], { id: stranger, publicState: 'RUNNING' })
})

t.test('200 identical starts at once: one application, the others are told which', async (t) => {
  const { post, yarn } = await startExecutor(t, { LOOK_UP_INTERVAL_MS: '500' })
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => post('/executor/start/spark', { ...SPARK, taskName: 'same' }))
  )
  const winners = answers.filter(({ statusCode }) => statusCode === 200)
  const losers = answers.filter(({ statusCode }) => statusCode === 150)
  t.equal(winners.length, 1)
  t.equal(losers.length, 199)
  t.ok(losers.every(({ error }) => error.code === 'YARN_EXECUTOR_TASK_NAME_IN_USE'))
  t.ok(losers.every(({ error }) => error.applicationId || error.submissionId))
  t.equal(yarn.applications.length, 1)
  const late = await post('/executor/start/flink', { configFile: 'flink.conf', taskName: 'same' })
  t.match(late, {
    statusCode: 150,
    message: '启动任务失败',
    error: { applicationId: winners[0]?.data }
  })
  t.match(late.error.error, `taskName same is already in use by ${winners[0]?.data}`)
})

t.test('starts that fail: nothing is left running', async (t) => {
  const { post, yarn, cluster, startSpark } = await startExecutor(t, { START_TIMEOUT_MS: '20000' })
  const start = (more: Record<string, string>) =>
    post('/executor/start/spark', { ...SPARK, ...more })
  const live = () =>
    yarn.applications.filter((one) => !['FINISHED', 'FAILED', 'KILLED'].includes(one.publicState))

  await t.test('a config file that is missing is named as it was given', async (t) => {
    const answer = await start({ configFile: 'no//such.conf', taskName: 'a' })
    t.match(answer, { http: 200, statusCode: 150, message: '启动任务失败' })
    t.match(answer.error, { code: 'YARN_EXECUTOR_CONFIG_NOT_FOUND', configFile: 'no//such.conf' })
    t.match(answer.error.error, 'no//such.conf')
    t.match(answer.error.requestId, /./)
  })

  await t.test('a live application of somebody else has the name', async (t) => {
    const id = yarn.submit({ name: 'taken', user: 'bob' })
    const answer = await start({ taskName: 'taken' })
    t.match(answer, { statusCode: 150, error: { applicationId: id, code: /NAME_IN_USE/ } })
    yarn.advance(id, 'KILLED')
    const again = await start({ taskName: 'taken' })
    t.match(again, { statusCode: 200 }, 'free as soon as that one has ended')
    t.match(await post(`/executor/stop/${again.data}`), { data: true })
  })

  await t.test('an unknown queue: the reason is the ResourceManager’s', async (t) => {
    const answer = await start({ configFile: 'queue.conf', taskName: 'q' })
    t.match(answer, { statusCode: 150 })
    t.match(answer.error.error, /unknown queue: nope/)
  })

  await t.test('a launcher that ends without an application', async (t) => {
    await cluster.setFaults({ exitWithoutApplication: 3 })
    const answer = await start({ taskName: 'none' })
    t.match(answer, { statusCode: 150, error: { exit: { kind: 'exited', code: 3 } } })
    await cluster.setFaults({})
    t.match(await start({ taskName: 'none', configFile: 'short.conf' }), { statusCode: 200 })
  })

  await t.test('a launcher that has printed an id which was never submitted', async (t) => {
    await cluster.setFaults({ dieAt: 'before-submit', dieBy: 'SIGKILL' })
    t.match(await start({ taskName: 'never' }), { statusCode: 150 })
    await cluster.setFaults({})
  })

  await t.test('the ResourceManager is away when the name is checked', async (t) => {
    await yarn.down()
    const answer = await start({ taskName: 'away' })
    t.match(answer, { http: 200, statusCode: 150, error: { code: 'YARN_EXECUTOR_RM_UNREACHABLE' } })
    t.match(answer.error.error, /ResourceManager/)
    t.notMatch(answer.error.error, /127\.0\.0\.1|localhost/)
    await yarn.up()
    t.match(await startSpark('away'), /^application_/)
  })

  t.equal(live().length, 1)
})

t.test('a start that takes too long is cancelled for good', async (t) => {
  const { post, yarn, cluster } = await startExecutor(t, { START_TIMEOUT_MS: '2500' })
  const start = (taskName: string, configFile = 'endless.conf') =>
    post('/executor/start/spark', { ...SPARK, configFile, taskName })

  await t.test('while the ResourceManager does not accept', async (t) => {
    const answer = await start('slow', 'never.conf')
    t.match(answer, { statusCode: 150, error: { code: 'YARN_EXECUTOR_START_TIMEOUT' } })
    await until('what was submitted is killed', () =>
      yarn.applications.every(({ publicState }) => publicState === 'KILLED')
    )
  })

  await t.test('while the launcher hangs, which ignores SIGTERM', async (t) => {
    await cluster.setFaults({ hangAt: 'before-submit', ignoreSigterm: true })
    t.match(await start('hangs'), { statusCode: 150, error: { code: /START_TIMEOUT/ } })
    await cluster.setFaults({})
    const next = await until('its name is free once its processes are gone', async () => {
      const answer = await start('hangs')
      return answer.statusCode === 200 && answer
    })
    t.match(next.data, /^application_/)
  })
})

t.test('a caller that goes away cancels nothing', async (t) => {
  const { url, yarn, get } = await startExecutor(t)
  const body = JSON.stringify({ ...SPARK, configFile: 'never.conf', taskName: 'left' })
  const json = ['-H', 'content-type: application/json']
  const caller = spawn('curl', ['-sS', ...json, '-d', body, `${url}/executor/start/spark`], {
    stdio: 'ignore'
  })
  const application = await until('it is submitted', () => yarn.applications[0])
  caller.kill('SIGKILL')
  t.strictSame(await once(caller, 'exit'), [null, 'SIGKILL'], 'the caller got no answer')
  yarn.advance(application.id, 'RUNNING')
  await until('the start has succeeded', async () => {
    const answer = await get(`/executor/status/${application.id}`)
    return answer.data === 'RUNNING'
  })
  t.match((await get('/executor/running')).data, /left/)
})

t.test('a bounded number is launched at once; a full queue accepts nothing', async (t) => {
  const { post, yarn, variables } = await startExecutor(t, {
    MAX_LAUNCHERS: '1',
    MAX_QUEUED: '1',
    MAX_DRIVERS: '10',
    START_TIMEOUT_MS: '20000'
  })
  const start = (taskName: string, configFile = 'endless.conf') =>
    post('/executor/start/spark', { ...SPARK, configFile, taskName })
  const first = start('one', 'never.conf')
  const application = await until('the first is submitted', () => yarn.applications[0])
  const second = start('two')
  await until('the second waits', () => storedState(variables, 'two') === 'ACCEPTED')
  const third = await start('three')
  t.match(third, { http: 503, statusCode: 503, headers: { 'retry-after': /^\d+$/ } })
  t.match(third.error.code, 'YARN_EXECUTOR_QUEUE_FULL')
  t.equal(yarn.applications.length, 1, 'the second has not been launched yet')
  yarn.advance(application.id, 'RUNNING')
  t.match(await first, { statusCode: 200 })
  t.match(await second, { statusCode: 200 })
  t.match(await start('three'), { statusCode: 200 }, 'nothing of the refused one was kept')
})

t.test('Spark drivers on this host are bounded apart', async (t) => {
  const { post, startSpark, variables } = await startExecutor(t, {
    MAX_DRIVERS: '1',
    START_TIMEOUT_MS: '3000'
  })
  const first = await startSpark('driver')
  const waiting = post('/executor/start/spark', { ...SPARK, taskName: 'waits' })
  await until('one waits', () => storedState(variables, 'waits') === 'ACCEPTED')
  const flink = await post('/executor/start/flink', {
    configFile: 'flink.conf',
    taskName: 'detached'
  })
  t.match(flink, { statusCode: 200 }, 'what needs no driver is not held up')
  const waited = await waiting
  t.match(waited, { statusCode: 150, error: { code: 'YARN_EXECUTOR_START_TIMEOUT' } })
  t.match(waited.error.error, /no launcher was free/)
  t.match(await post(`/executor/stop/${first}`), { data: true })
  await until(
    'the driver is gone',
    async () =>
      (await post('/executor/start/spark', { ...SPARK, taskName: 'next' })).statusCode === 200
  )
})
