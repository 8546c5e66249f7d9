import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startExecutor } from '../support/executor.ts'

const BODY = { master: 'yarn', 'deploy-mode': 'client', configFile: 'endless.conf' }

t.test('a restart', async (t) => {
  const { post, startSpark, yarn } = await startExecutor(t)
  const app = (id: unknown) => yarn.applications.find((one) => one.id === id)
  const restart = (id: unknown, more: Record<string, string>, engine = 'spark') =>
    post(`/executor/restart/${engine}/${id}`, { ...BODY, ...more })

  await t.test('keeps its name, and never are both alive', async (t) => {
    const old = await startSpark('again')
    const watching = setInterval(() => {
      const live = yarn.applications.filter(
        ({ name, publicState }) => name === 'again' && ['ACCEPTED', 'RUNNING'].includes(publicState)
      )
      if (live.length > 1) t.fail('both are alive')
    }, 5)
    t.teardown(() => clearInterval(watching))
    const answer = await restart(old, { taskName: 'again' })
    t.match(answer, { http: 200, statusCode: 200, message: '成功!', data: /^application_/ })
    t.not(answer.data, old)
    t.equal(app(old)?.publicState, 'KILLED')
    t.match(app(answer.data), { name: 'again' })
    t.ok((app(answer.data)?.startedTime ?? 0) >= (app(old)?.finishedTime ?? Infinity))
  })

  await t.test('of one that has ended starts the new one', async (t) => {
    const old = await startSpark('over', { configFile: 'short.conf' })
    await until('it ends', () => app(old)?.publicState === 'FINISHED')
    t.match(await restart(old, { taskName: 'over' }), { statusCode: 200 })
  })

  await t.test('of one that was not started here, under its name and as Flink', async (t) => {
    const old = yarn.submit({ name: 'foreign', type: 'Apache Flink', user: 'bob' })
    yarn.advance(old, 'RUNNING')
    const body = { configFile: 'flink.conf', taskName: 'foreign' }
    const answer = await post(`/executor/restart/flink/${old}`, body)
    t.match(answer, { statusCode: 200, data: /^application_/ })
    t.equal(app(old)?.publicState, 'KILLED')
    t.match(app(answer.data), { name: 'foreign', type: 'Apache Flink' })
  })

  await t.test('of one that the ResourceManager has forgotten starts the new one', async (t) => {
    const old = await startSpark('forgotten', { configFile: 'short.conf' })
    await until('it ends', () => app(old)?.publicState === 'FINISHED')
    await until(
      'and is seen to',
      async () => (await post(`/executor/stop/${old}`)).error.state === 'FINISHED'
    )
    yarn.evict(old)
    t.match(await restart(old, { taskName: 'forgotten' }), { statusCode: 200 })
  })
})

t.test('restarts that are refused leave the old application alone', async (t) => {
  const { post, startSpark, yarn, cluster } = await startExecutor(t, { START_TIMEOUT_MS: '20000' })
  const old = await startSpark('mine')
  const other = await startSpark('other', { 'deploy-mode': 'cluster' })
  const restart = (more: Record<string, unknown>, engine = 'spark', id = old) =>
    post(`/executor/restart/${engine}/${id}`, { ...BODY, taskName: 'mine', ...more })
  const isAlive = (id: string) =>
    ['ACCEPTED', 'RUNNING'].includes(
      String(yarn.applications.find((one) => one.id === id)?.publicState)
    )

  t.match(await restart({ taskName: '-x' }), { http: 400, statusCode: 400 })
  t.match(await restart({ configFile: '../x' }), { http: 400, statusCode: 400 })
  const start150 = {
    http: 200,
    statusCode: 150,
    message: '启动任务失败',
    error: { stopped: false }
  }
  t.match(await restart({ configFile: 'no.conf' }), {
    ...start150,
    error: { code: /CONFIG_NOT_FOUND/, stopped: false }
  })
  t.match(await restart({ taskName: 'other' }), {
    ...start150,
    error: { applicationId: other, stopped: false }
  })
  t.match(await restart({ master: undefined, configFile: 'flink.conf' }, 'flink'), {
    ...start150,
    error: { code: 'YARN_EXECUTOR_ENGINE_MISMATCH', stopped: false }
  })
  for (const unknown of ['application_1_0001', 'application_99999999999999999_1']) {
    t.match(await restart({ taskName: 'new' }, 'spark', unknown), {
      http: 200,
      statusCode: 151,
      message: '停止任务失败',
      error: { code: 'YARN_EXECUTOR_APPLICATION_UNKNOWN', stopped: false }
    })
  }
  await yarn.down()
  t.match(await restart({}), { ...start150, error: { code: /RM_UNREACHABLE/, stopped: false } })
  await yarn.up()
  t.ok(isAlive(old))
  t.ok(isAlive(other))

  await cluster.setFaults({ exitWithoutApplication: 4 })
  const failed = await restart({})
  t.match(failed, { statusCode: 150, error: { stopped: true } }, 'the second half failed')
  t.notOk(isAlive(old))
  await cluster.setFaults({})
  t.match(await startSpark('mine'), /^application_/, 'and its name is free')
})

t.test('a restart whose stop is not proven starts nothing', async (t) => {
  const { post, startSpark, yarn } = await startExecutor(t, { STOP_TIMEOUT_MS: '700' })
  const old = await startSpark('held')
  yarn.faults.set([{ kind: 'killTakesPolls', polls: 10_000 }])
  const answer = await post(`/executor/restart/spark/${old}`, { ...BODY, taskName: 'held' })
  t.match(answer, {
    statusCode: 151,
    message: '停止任务失败',
    error: { stopped: false, state: /\w/ }
  })
  const meanwhile = await post('/executor/start/spark', { ...BODY, taskName: 'held' })
  t.match(meanwhile, { statusCode: 150, error: { applicationId: old } }, 'the name went back')
  yarn.faults.clear()
  await until('the old one is stopped', () => yarn.applications[0]?.publicState === 'KILLED')
  t.equal(yarn.applications.length, 1)
})

t.test('of two restarts at once one wins', async (t) => {
  const { post, startSpark, yarn } = await startExecutor(t)
  const old = await startSpark('race')
  const answers = await Promise.all(
    [1, 2, 3].map(() => post(`/executor/restart/spark/${old}`, { ...BODY, taskName: 'race' }))
  )
  t.strictSame(answers.map(({ statusCode }) => statusCode).sort(), [150, 150, 200])
  t.equal(yarn.applications.length, 2)
})
