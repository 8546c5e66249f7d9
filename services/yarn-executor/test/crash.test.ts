import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startSurroundings } from './support/executor.ts'
import { startService } from './support/service-process.ts'
import {
  endStartTime,
  launcherOutput,
  storedState,
  storedSubmission
} from './support/stored-submission.ts'

const SPARK = { 'deploy-mode': 'client', configFile: 'endless.conf' }
/** Printed by a launcher that knows what it is to do wrong. */
const READY = 'the launcher runs'

/** A caller whose service is killed. */
const ignored = (answer: Promise<unknown>) => void answer.catch(() => {})

t.test('SIGKILL of the service in the middle of four jobs, and a restart', async (t) => {
  const around = await startSurroundings(t, { MAX_LAUNCHERS: '10', MAX_DRIVERS: '10' })
  const { yarn, cluster, variables } = around
  const named = (name: string) => yarn.applications.filter((one) => one.name === name)
  const first = await startService(t, variables)

  async function launch(
    taskName: string,
    faults: Parameters<typeof cluster.setFaults>[0]
  ): Promise<void> {
    await cluster.setFaults({ ...faults, spoofedLines: [READY] })
    ignored(first.post('/executor/start/spark', { ...SPARK, taskName }))
    await until(`${taskName} is launched`, async () =>
      (await launcherOutput(variables, taskName)).includes(READY)
    )
  }

  const { data: stopped } = await first.post('/executor/start/spark', {
    ...SPARK,
    taskName: 'stopped'
  })
  yarn.faults.set([{ kind: 'killTakesPolls', polls: 10_000 }])
  ignored(first.post(`/executor/stop/${stopped}`))
  await until('the kill is asked for', () => (named('stopped')[0]?.heldKills ?? 0) > 0)
  await launch('late', { hangAt: 'before-submit', ignoreSigterm: true })
  await launch('gone', { pauseAt: 'before-submit', pauseMs: 2000, dieAt: 'before-submit' })
  await launch('adopted', { pauseAt: 'before-submit', pauseMs: 2000 })
  await first.kill()
  await cluster.setFaults({})
  yarn.faults.clear()
  t.equal(storedState(variables, 'stopped'), 'STOPPING')
  t.match(storedSubmission(variables, 'adopted'), { state: 'LAUNCHING', application_id: null })
  endStartTime(variables, 'late')
  const second = await startService(t, variables)

  await t.test('one that had not submitted yet is adopted when it does', async (t) => {
    const told = await until('it is adopted', () => {
      return storedSubmission(variables, 'adopted')?.application_id
    })
    t.strictSame(
      named('adopted').map(({ id }) => id),
      [told]
    )
    t.match(await second.post(`/executor/stop/${told}`), { data: true })
  })

  await t.test('one that ends without an application is rejected, its name is free', async (t) => {
    await until('it is rejected', () => storedState(variables, 'gone') === 'REJECTED')
    const answer = await second.post('/executor/start/spark', { ...SPARK, taskName: 'gone' })
    t.match(answer, { statusCode: 200 })
    t.equal(named('gone').length, 1, 'only the new one')
  })

  await t.test('one whose time is over is ended', async (t) => {
    await until('it is cancelled', () => storedState(variables, 'late') === 'KILLED')
    const answer = await second.post('/executor/start/spark', { ...SPARK, taskName: 'late' })
    t.match(answer, { statusCode: 200 })
    t.equal(named('late').length, 1, 'only the new one')
  })

  await t.test('a stop is carried on', async (t) => {
    await until('it is killed', () => named('stopped')[0]?.publicState === 'KILLED')
    await until('and recorded', () => storedState(variables, 'stopped') === 'KILLED')
    const { error } = await second.post(`/executor/stop/${stopped}`)
    t.match(error, { state: 'KILLED' })
  })
})
