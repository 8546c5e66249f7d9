import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startSurroundings } from './support/executor.ts'
import { asFirstVersionKeptThem } from './support/old-database.ts'
import { startService } from './support/service-process.ts'
import { launcherOutput, storedState, storedSubmission } from './support/stored-submission.ts'
import { v2Calls } from './support/v2-calls.ts'

const SPARK = { 'deploy-mode': 'client', configFile: 'endless.conf' }
const READY = 'the launcher runs'

/** A caller whose service ends. */
const ignored = (answer: Promise<unknown>) => void answer.catch(() => {})

t.test('the first version is stopped, this one starts on its database', async (t) => {
  const { yarn, cluster, variables } = await startSurroundings(t, {
    MAX_LAUNCHERS: '1',
    MAX_DRIVERS: '9'
  })
  const first = await startService(t, variables)
  const { data: running } = await first.post('/executor/start/spark', {
    ...SPARK,
    taskName: 'runs'
  })
  await until('it runs', () => storedState(variables, 'runs') === 'RUNNING')
  await cluster.setFaults({ pauseAt: 'before-submit', pauseMs: 4000, spoofedLines: [READY] })
  ignored(first.post('/executor/start/spark', { ...SPARK, taskName: 'launches' }))
  await until('the second is launched', async () =>
    (await launcherOutput(variables, 'launches')).includes(READY)
  )
  ignored(first.post('/executor/start/spark', { ...SPARK, taskName: 'waits' }))
  await until('the third waits', () => storedState(variables, 'waits') === 'ACCEPTED')
  await first.stop()
  await cluster.setFaults({})
  asFirstVersionKeptThem(variables)

  const second = await startService(t, variables)
  const told = await until('the one that was being launched is adopted', () => {
    return storedSubmission(variables, 'launches')?.application_id
  })
  const applicationsOf = (taskName: string) =>
    yarn.applications.filter(({ name }) => name === taskName).map(({ id }) => id)
  t.strictSame(applicationsOf('launches'), [told])
  t.strictSame(applicationsOf('runs'), [running])
  // Nobody was told that it is kept, and its config was not.
  t.equal(storedState(variables, 'waits'), 'REJECTED')
  t.strictSame(applicationsOf('waits'), [])
  t.match(await second.post('/executor/start/spark', { ...SPARK, taskName: 'waits' }), {
    statusCode: 200
  })
  t.match((await v2Calls(second.url).get('/jobs')).body, { total: 4 })
  for (const id of [running, told]) {
    t.match(await second.post(`/executor/stop/${id}`), { data: true })
  }
})
