import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startSurroundings } from './support/executor.ts'
import { startService } from './support/service-process.ts'

const SPARK = { 'deploy-mode': 'client', configFile: 'endless.conf' }

/** A caller whose service is killed. */
const ignored = (answer: Promise<unknown>) => void answer.catch(() => {})

t.test('SIGKILL at any moment of a start: never two, adopted or rejected', async (t) => {
  const { yarn, variables } = await startSurroundings(t, { START_TIMEOUT_MS: '8000' })
  const live = (name: string) =>
    yarn.applications.filter(
      (one) => one.name === name && !['FINISHED', 'FAILED', 'KILLED'].includes(one.publicState)
    )
  const names = [0, 15, 40, 80, 150, 300, 600].map((ms) => [`kill-${ms}`, ms] as const)
  for (const [taskName, ms] of names) {
    const service = await startService(t, variables)
    ignored(service.post('/executor/start/spark', { ...SPARK, taskName }))
    await new Promise((resolve) => setTimeout(resolve, ms))
    await service.kill()
  }
  const last = await startService(t, variables)
  for (const [taskName] of names) {
    // Its own start is over when the name is held by an application, or free for the next one.
    const settled = await until(`${taskName} is settled`, async () => {
      const answer = await last.post('/executor/start/spark', { ...SPARK, taskName })
      return answer.statusCode === 200 ? String(answer.data) : answer.error.applicationId
    })
    t.strictSame(
      live(taskName).map(({ id }) => id),
      [settled],
      taskName
    )
    t.match(await last.post(`/executor/stop/${settled}`), { data: true })
  }
})
