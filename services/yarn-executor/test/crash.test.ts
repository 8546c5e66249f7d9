import { join } from 'node:path'
import t from 'tap'
import type { Submission } from '../src/domain/submission.ts'
import { startSurroundings, until } from './support/executor.ts'
import { startService } from './support/service-process.ts'
import { openStore } from './support/sqlite-store.ts'
import { storedState } from './support/stored-state.ts'

const SPARK = { 'deploy-mode': 'client', configFile: 'endless.conf' }

/** A caller whose service is killed. */
const ignored = (answer: Promise<unknown>) => void answer.catch(() => {})

t.test('SIGKILL of the service, and a restart', async (t) => {
  const around = await startSurroundings(t, { START_TIMEOUT_MS: '8000', MAX_LAUNCHERS: '2' })
  const { yarn, cluster, variables } = around
  const named = (name: string) => yarn.applications.filter((one) => one.name === name)

  /** Reads the store of a service that was killed. */
  async function stored(name: string): Promise<Submission | undefined> {
    const store = await openStore(t, { path: join(String(variables.DATA_DIR), 'executor.sqlite') })
    const found = (await store.live()).find(({ taskName }) => taskName === name)
    await store.close()
    return found
  }

  await t.test('while a launcher has not submitted yet: it is adopted when it does', async (t) => {
    await cluster.setFaults({ pauseAt: 'before-submit', pauseMs: 4000 })
    const first = await startService(t, variables)
    ignored(first.post('/executor/start/spark', { ...SPARK, taskName: 'adopted' }))
    await until('the launcher runs', () => storedState(variables, 'adopted') === 'LAUNCHING')
    await first.kill()
    await cluster.setFaults({})
    t.match(await stored('adopted'), { state: 'LAUNCHING', applicationId: null })
    const second = await startService(t, variables)
    const told = await until('it is adopted', async () => {
      const { error } = await second.post('/executor/start/spark', {
        ...SPARK,
        taskName: 'adopted'
      })
      return error.applicationId
    })
    t.equal(told, named('adopted')[0]?.id)
    t.equal(named('adopted').length, 1)
    t.match(await second.post(`/executor/stop/${told}`), { data: true })
    await second.kill()
  })

  await t.test(
    'the launcher ends without an application meanwhile: rejected, the name is free',
    async (t) => {
      await cluster.setFaults({ pauseAt: 'before-submit', pauseMs: 2000, dieAt: 'before-submit' })
      const first = await startService(t, variables)
      ignored(first.post('/executor/start/spark', { ...SPARK, taskName: 'gone' }))
      await until('the launcher runs', () => storedState(variables, 'gone') === 'LAUNCHING')
      await first.kill()
      const second = await startService(t, variables)
      await cluster.setFaults({})
      const answer = await until('its name is free', async () => {
        const next = await second.post('/executor/start/spark', { ...SPARK, taskName: 'gone' })
        return next.statusCode === 200 && next
      })
      t.equal(named('gone').length, 1, 'only the new one')
      t.match(await second.post(`/executor/stop/${answer.data}`), { data: true })
      await second.kill()
    }
  )

  await t.test('the deadline passes while nobody is there: the launcher is ended', async (t) => {
    await cluster.setFaults({ hangAt: 'before-submit', ignoreSigterm: true })
    const first = await startService(t, { ...variables, START_TIMEOUT_MS: '1500' })
    ignored(first.post('/executor/start/spark', { ...SPARK, taskName: 'late' }))
    await until('the launcher runs', () => storedState(variables, 'late') === 'LAUNCHING')
    await first.kill()
    await cluster.setFaults({})
    await until(
      'the deadline is over',
      async () => Date.now() > ((await stored('late'))?.startDeadline ?? 0)
    )
    const second = await startService(t, variables)
    await until('its name is free', async () => {
      const next = await second.post('/executor/start/spark', { ...SPARK, taskName: 'late' })
      return next.statusCode === 200
    })
    t.equal(named('late').length, 1, 'only the new one')
    await second.kill()
  })

  await t.test('in the middle of a stop: it is carried on', async (t) => {
    const first = await startService(t, variables)
    const { data: id } = await first.post('/executor/start/spark', {
      ...SPARK,
      taskName: 'stopped'
    })
    yarn.faults.set([{ kind: 'killTakesPolls', polls: 10_000 }])
    ignored(first.post(`/executor/stop/${id}`))
    await until('the kill is asked for', () => (named('stopped')[0]?.heldKills ?? 0) > 0)
    await first.kill()
    yarn.faults.clear()
    t.match(await stored('stopped'), { state: 'STOPPING', stopRequestedBy: 'anonymous' })
    const second = await startService(t, variables)
    await until('it is killed', () => named('stopped')[0]?.publicState === 'KILLED')
    await until('and recorded', async () => {
      const { error } = await second.post(`/executor/stop/${id}`)
      return error.state === 'KILLED'
    })
    await second.kill()
  })
})
