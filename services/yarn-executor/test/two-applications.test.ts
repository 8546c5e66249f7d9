import { existsSync } from 'node:fs'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { attemptsBelow, startSurroundings } from './support/executor.ts'
import { startService } from './support/service-process.ts'
import { launcherOutput, storedState, storedSubmission } from './support/stored-submission.ts'
import { v2Calls } from './support/v2-calls.ts'

const SPARK = { 'deploy-mode': 'client', configFile: 'endless.conf' }
const READY = 'the launcher runs'

/** A caller whose service is killed. */
const ignored = (answer: Promise<unknown>) => void answer.catch(() => {})

t.test('found after a crash: the oldest that lives is kept, the others are killed', async (t) => {
  const { yarn, cluster, variables } = await startSurroundings(t)
  const service = await startService(t, variables)
  await cluster.setFaults({ hangAt: 'before-submit', spoofedLines: [READY] })
  ignored(service.post('/executor/start/spark', { ...SPARK, taskName: 'doubled' }))
  await until('it is launched', async () =>
    (await launcherOutput(variables, 'doubled')).includes(READY)
  )
  const id = String(storedSubmission(variables, 'doubled')?.id)
  const { body } = await v2Calls(service.url).get(`/jobs/${id}`)
  await service.kill()
  const submit = () => {
    const { installation, submission } = body.tags
    const tags = [installation, submission, body.attempts[0].tag]
    const application = yarn.submit({ name: 'doubled', tags })
    yarn.advance(application, 'RUNNING')
    return application
  }
  const ended = submit()
  yarn.advance(ended, 'FINISHED')
  const [kept, second, third] = [submit(), submit(), submit()]

  const next = await startService(t, variables)
  await until('one is adopted', () => storedState(variables, 'doubled') === 'RUNNING')
  t.equal(storedSubmission(variables, 'doubled')?.application_id, kept)
  t.match(
    yarn.applications.map((one) => [one.id, one.publicState]),
    [
      [ended, 'FINISHED'],
      [kept, 'RUNNING'],
      [second, 'KILLED'],
      [third, 'KILLED']
    ]
  )
  const { body: events } = await v2Calls(next.url).get(`/jobs/${id}/events`)
  const details = events.items
    .filter(({ what }: { what: string }) => what === 'second-application')
    .map(({ detail }: { detail: string }) => detail)
  for (const killed of [second, third]) {
    t.ok(details.includes(`${killed} is killed, ${kept} is kept`), killed)
  }
  t.match(await next.post(`/executor/stop/${kept}`), { data: true })
})

t.test('what a launcher writes while nobody reads it is read afterwards', async (t) => {
  const { yarn, cluster, variables } = await startSurroundings(t)
  const service = await startService(t, variables)
  await cluster.setFaults({
    pauseAt: 'before-submit',
    pauseMs: 2000,
    spoofedLines: [READY],
    exitCode: 3
  })
  ignored(
    service.post('/executor/start/spark', { ...SPARK, configFile: 'short.conf', taskName: 'away' })
  )
  await until('it is launched', async () =>
    (await launcherOutput(variables, 'away')).includes(READY)
  )
  await service.kill()
  t.equal(storedSubmission(variables, 'away')?.application_id, null)
  const application = await until('its application has ended', () =>
    yarn.applications.find(({ publicState }) => publicState === 'FINISHED')
  )
  const [attempt] = await attemptsBelow(String(variables.DATA_DIR))
  await until('the exit status is written', () => existsSync(`${attempt?.directory}/exit-status`))
  const next = await startService(t, variables)
  await until('it is over', () => storedState(variables, 'away') === 'FINISHED')
  const stored = storedSubmission(variables, 'away')
  t.equal(stored?.application_id, application.id)
  const attempts = await until('its end is kept', async () => {
    const { body } = await v2Calls(next.url).get(`/jobs/${stored?.id}`)
    return body.attempts[0].exit && body.attempts
  })
  t.match(attempts, [{ exit: { kind: 'exited', code: 3 } }])
})
