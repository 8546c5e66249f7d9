import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { configuredLaunching } from '../../src/configured-launching.ts'
import { attemptsBelow, configOf, startExecutor } from '../support/executor.ts'

t.test('stop takes any body and content type, or none', async (t) => {
  const { post, startSpark, yarn } = await startExecutor(t)
  const startForeign = () => {
    const id = yarn.submit({ name: 'foreign' })
    yarn.advance(id, 'RUNNING')
    return id
  }
  const bodies: readonly [string | undefined, Record<string, string>][] = [
    [undefined, {}],
    ['', { 'content-type': 'application/json' }],
    ['{"half":', { 'content-type': 'application/json' }],
    ['taskName=x', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['x'.repeat(3 * 1024 * 1024), { 'content-type': 'text/plain' }],
    ['anything', { 'content-type': 'no/such; type' }]
  ]
  for (const [at, [body, headers]] of bodies.entries()) {
    const id = at === 0 ? await startSpark('stopped') : startForeign()
    t.match(await post(`/executor/stop/${id}`, body, headers), { http: 200, data: true })
    t.equal(yarn.applications.find((one) => one.id === id)?.publicState, 'KILLED')
  }
})

t.test('a stop is told once it is proven', async (t) => {
  const { post, startSpark, yarn, cluster, variables } = await startExecutor(t, {
    STOP_TIMEOUT_MS: '20000'
  })

  await t.test('an RM that takes its time', async (t) => {
    const id = await startSpark('slow')
    yarn.faults.set([{ kind: 'killTakesPolls', polls: 4 }])
    t.match(await post(`/executor/stop/${id}`), { data: true })
    t.equal(yarn.applications.find((one) => one.id === id)?.publicState, 'KILLED')
    yarn.faults.clear()
  })

  await t.test(
    'a driver that ignores SIGTERM, with a grandchild: nothing of them is left',
    async (t) => {
      await cluster.setFaults({
        ignoreSigterm: true,
        grandchild: { does: 'sleep', ms: 600_000, keepsLock: false, keepsEnvironment: true }
      })
      const id = await startSpark('stubborn')
      await cluster.setFaults({})
      const attempts = await attemptsBelow(String(variables.DATA_DIR))
      const launching = await configuredLaunching(configOf(variables))
      const fences = () => Promise.all(attempts.map((attempt) => launching.fence(attempt)))
      t.ok((await fences()).includes('held'))
      t.match(await post(`/executor/stop/${id}`), { data: true })
      t.notOk((await fences()).includes('held'))
      t.match(await startSpark('stubborn'), /^application_/, 'the name is free')
    }
  )

  await t.test('an application that appears while processes are ended', async (t) => {
    // Its launcher cannot be found: it keeps the lock under another number, and no marker.
    await cluster.setFaults({
      grandchild: { does: 'launch', ms: 3000, keepsLock: true, keepsEnvironment: false }
    })
    const short = { ...variables, START_TIMEOUT_MS: '1500', DATA_DIR: `${variables.DATA_DIR}/2` }
    const other = await startExecutor(t, short, {}, { yarn, cluster, variables })
    const body = { configFile: 'endless.conf', taskName: 'appears' }
    t.match(await other.post('/executor/start/spark', body), { statusCode: 150 })
    await cluster.setFaults({})
    const named = () => yarn.applications.find(({ name }) => name === 'appears')
    await until('it appears', named)
    const appeared = Date.now()
    await until('it is killed', () => named()?.publicState === 'KILLED')
    t.ok(Date.now() - appeared < 10_000, 'soon')
    await other.close()
  })

  await t.test('several callers at once share one stop', async (t) => {
    const id = await startSpark('shared')
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(`/executor/stop/${id}`)))
    t.ok(answers.every(({ data }) => data === true))
  })

  await t.test('a second application of its tag is killed with it', async (t) => {
    const id = await startSpark('two')
    const first = yarn.applications.find((one) => one.id === id)
    const second = yarn.submit({ name: 'two', tags: first?.tags ?? [] })
    t.match(await post(`/executor/stop/${id}`), { data: true })
    t.equal(yarn.applications.find((one) => one.id === second)?.publicState, 'KILLED')
  })

  await t.test('an application that was not started here', async (t) => {
    const id = yarn.submit({ name: 'foreign', user: 'bob' })
    yarn.advance(id, 'RUNNING')
    yarn.faults.set([{ kind: 'killTakesPolls', polls: 3 }])
    t.match(await post(`/executor/stop/${id}`), { statusCode: 200, data: true })
    t.equal(yarn.applications.find((one) => one.id === id)?.publicState, 'KILLED')
    yarn.faults.clear()
  })
})

t.test('stops that fail', async (t) => {
  const { post, startSpark, yarn } = await startExecutor(t, { STOP_TIMEOUT_MS: '700' })
  const stateOf = (id: string) => yarn.applications.find((one) => one.id === id)?.publicState

  await t.test('what nobody knows', async (t) => {
    for (const id of ['application_1_0001', 'application_99999999999999999_1']) {
      t.match(await post(`/executor/stop/${id}`), {
        http: 200,
        statusCode: 151,
        message: '停止任务失败',
        error: { code: 'YARN_EXECUTOR_APPLICATION_UNKNOWN' }
      })
    }
  })

  await t.test('what has ended already, here or elsewhere', async (t) => {
    const id = await startSpark('ended', { configFile: 'short.conf' })
    await until('it ends', () => stateOf(id) === 'FINISHED')
    const answer = await post(`/executor/stop/${id}`)
    t.match(answer, { statusCode: 151, error: { state: 'FINISHED', finalStatus: 'SUCCEEDED' } })
    const foreign = yarn.submit({ name: 'foreign' })
    yarn.advance(foreign, 'FINISHED')
    t.match(await post(`/executor/stop/${foreign}`), {
      statusCode: 151,
      error: { state: 'FINISHED' }
    })
  })

  await t.test('no proof in time: told so, and the stop goes on', async (t) => {
    const id = await startSpark('pending')
    yarn.faults.set([{ kind: 'killTakesPolls', polls: 10_000 }])
    const answer = await post(`/executor/stop/${id}`)
    t.match(answer, { statusCode: 151, error: { code: 'YARN_EXECUTOR_STOP_PENDING', state: /\w/ } })
    yarn.faults.clear()
    await until('it is killed', () => stateOf(id) === 'KILLED')
    // While the proof is still being made, who asks again is told `true` with it.
    const again = await until('it is over', async () => {
      const answer = await post(`/executor/stop/${id}`)
      return answer.statusCode === 151 && answer
    })
    t.equal(again.error.state, 'KILLED')
  })

  await t.test(
    'the ResourceManager is away: told so, and it is stopped when it is back',
    async (t) => {
      const id = await startSpark('outage')
      await yarn.down()
      const answer = await post(`/executor/stop/${id}`)
      t.match(answer, { statusCode: 151, error: { error: /ResourceManager/ } })
      t.notMatch(answer.data, /127\.0\.0\.1/)
      const unknown = await post('/executor/stop/application_1_0001')
      t.match(unknown, { statusCode: 151, error: { code: 'YARN_EXECUTOR_RM_UNREACHABLE' } })
      await yarn.up()
      await until('it is killed', () => stateOf(id) === 'KILLED')
    }
  )
})
