import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startExecutor, startSurroundings } from '../support/executor.ts'
import { storedState } from '../support/stored-submission.ts'

const SPARK = { configFile: 'never.conf', taskName: 'waits' }

t.test('the end of the service', async (t) => {
  const around = await startSurroundings(t)
  const { yarn } = around

  await t.test('a start that waits goes on durably, and its caller is told so', async (t) => {
    const { post, startSpark, close } = await startExecutor(t, {}, {}, around)
    const kept = await startSpark('kept')
    const answer = post('/executor/start/spark', SPARK)
    await until('it is submitted', () => yarn.applications.length === 2)
    await close()
    const refused = await answer
    t.match(refused, { http: 503, statusCode: 503, headers: { 'retry-after': undefined } })
    t.match(refused.error, {
      code: 'YARN_EXECUTOR_SHUTTING_DOWN',
      accepted: true,
      submissionId: /\w/
    })
    const states = yarn.applications.map(({ publicState }) => publicState)
    t.notOk(states.includes('KILLED'), 'the launchers live on')
    t.match(yarn.applications[0], { id: kept })
  })

  await t.test('the next one takes both up', async (t) => {
    const { post, get } = await startExecutor(t, {}, {}, around)
    const [kept, waiting] = yarn.applications.map(({ id }) => id)
    t.match(await post('/executor/start/spark', SPARK), {
      statusCode: 150,
      error: { code: /NAME_IN_USE/ }
    })
    yarn.advance(String(waiting), 'RUNNING')
    await until('the start is settled', async () => {
      const { error } = await post('/executor/start/spark', SPARK)
      return error.applicationId === waiting
    })
    t.equal(yarn.applications.length, 2, 'nothing was launched again')
    t.match((await get('/executor/running')).data, /kept/)
    for (const id of [kept, waiting]) t.match(await post(`/executor/stop/${id}`), { data: true })
  })
})

t.test(
  'what waits in the queue goes on with the next one; what is stopping is told that it goes on',
  async (t) => {
    const around = await startSurroundings(t)
    const { yarn } = around
    const { post, startSpark, close } = await startExecutor(t, { MAX_LAUNCHERS: '1' }, {}, around)
    const id = await startSpark('stopping')
    yarn.faults.set([{ kind: 'killTakesPolls', polls: 10_000 }])
    const stopping = post(`/executor/stop/${id}`)
    const launching = post('/executor/start/spark', SPARK)
    await until('one is being launched', () => yarn.applications.length === 2)
    const queued = post('/executor/start/spark', { ...SPARK, taskName: 'queued' })
    await until('one waits', () => storedState(around.variables, 'queued') === 'ACCEPTED')
    await close()
    t.match(await launching, { http: 503, error: { accepted: true } })
    t.match(await queued, {
      http: 503,
      headers: { 'retry-after': undefined },
      error: { code: 'YARN_EXECUTOR_SHUTTING_DOWN', accepted: true, submissionId: /\w/ }
    })
    t.match(await stopping, {
      http: 503,
      error: { code: 'YARN_EXECUTOR_SHUTTING_DOWN', accepted: true }
    })

    yarn.faults.clear()
    await startExecutor(t, {}, {}, around)
    await until(
      'the stop is carried on',
      () => yarn.applications.find((one) => one.id === id)?.publicState === 'KILLED'
    )
    await until('what waited is launched', () => yarn.applications.length === 3)
    t.match(yarn.applications[2], { name: 'queued' })
    yarn.advance(String(yarn.applications[2]?.id), 'RUNNING')
    await until('it runs', () => storedState(around.variables, 'queued') === 'RUNNING')
  }
)

t.test('a start whose turn came, but not its launch, is launched by the next one', async (t) => {
  const around = await startSurroundings(t)
  const { yarn } = around
  const { post, startSpark, close } = await startExecutor(t, { MAX_DRIVERS: '1' }, {}, around)
  const first = await startSpark('first')
  const next = post('/executor/start/spark', { configFile: 'endless.conf', taskName: 'next' })
  await until('it waits for a driver', () => storedState(around.variables, 'next') === 'ACCEPTED')
  const waitsSince = Date.now()
  await until('its name has to be asked for again', () => Date.now() - waitsSince > 500)
  yarn.faults.set([{ kind: 'hang', path: '/ws/v1/cluster/apps', method: 'GET', count: 1_000_000 }])
  yarn.advance(first, 'KILLED')
  await until('its name is asked for', () => (yarn.faults.list()[0]?.hits ?? 0) > 1)
  await close()
  t.match(await next, {
    http: 503,
    headers: { 'retry-after': undefined },
    error: { code: 'YARN_EXECUTOR_SHUTTING_DOWN', accepted: true, submissionId: /\w/ }
  })
  yarn.faults.clear()
  await startExecutor(t, {}, {}, around)
  await until('it runs', () => storedState(around.variables, 'next') === 'RUNNING')
  t.equal(yarn.applications.filter(({ name }) => name === 'next').length, 1)
})

t.test('a second service on the same data directory is refused', async (t) => {
  const around = await startSurroundings(t)
  await startExecutor(t, {}, {}, around)
  await t.rejects(startExecutor(t, {}, {}, around), /DATA_DIR: .* is in use by another process/)
})

t.test('a read that hangs does not hold up the end', async (t) => {
  const { get, yarn, close } = await startExecutor(t)
  yarn.faults.set([{ kind: 'hang', path: '*/scheduler' }])
  const hanging = get('/executor/yarnStatus')
  await until('it hangs', () => yarn.faults.list()[0]?.hits === 1)
  await close()
  t.match(await hanging, { http: 503, error: { code: 'YARN_EXECUTOR_SHUTTING_DOWN' } })
  yarn.faults.clear()
})
