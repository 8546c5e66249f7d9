import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startExecutor, startSurroundings } from './support/executor.ts'
import { startService } from './support/service-process.ts'
import { forgetOutcome } from './support/stored-submission.ts'
import { v2Calls } from './support/v2-calls.ts'
import { isFinalState } from './support/yarn-states.ts'

const config = (env: string) =>
  `env {\n  ${env}\n}\nsource {\n  Fake { result_table_name = "t" }\n}\ntransform { }\nsink {\n  Console { }\n}\n`

/** What the job does, and what is to be said of it. */
const JOBS: Record<string, [env: string, outcome: string, because: RegExp]> = {
  well: ['sandbox.run.ms = 10', 'SUCCEEDED', /FINISHED\/SUCCEEDED/],
  refused: ['sandbox.check.fail = no_topic', 'FAILED', /^the launcher ended with exit code 255/],
  swallows: ['sandbox.fail = boom', 'FAILED', /^The job ended with a fatal error.[\s\S]*boom/],
  killed: ['sandbox.run.ms = 600000', 'UNKNOWN', /no exit status/]
}

t.test('launchers that end while the executor is down: the outcome is right', async (t) => {
  const around = await startSurroundings(t, { MAX_LAUNCHERS: '10', MAX_DRIVERS: '10' })
  const { yarn, cluster, variables } = around
  await cluster.setFaults({ pauseAt: 'running', pauseMs: 4000 })
  const first = await startService(t, variables)
  const before = v2Calls(first.url)
  const ids = new Map<string, string>()
  for (const [taskName, [env]] of Object.entries(JOBS)) {
    const { http, body } = await before.submit(taskName, {
      configFile: undefined,
      config: config(env)
    })
    t.equal(http, 202, JSON.stringify(body))
    ids.set(taskName, body.id)
  }
  for (const id of ids.values()) await before.inState(id, 'RUNNING', 'FINISHED')
  const { body } = await before.get(`/jobs/${ids.get('killed')}/events`)
  const started = body.items.find(({ what }: { what: string }) => what === 'launcher-started')
  const shim = Number(started.detail.replace('process ', ''))
  await first.kill()

  process.kill(-shim, 'SIGKILL')
  await until('all have ended', () => yarn.applications.every((one) => isFinalState(one.state)))
  t.ok(yarn.applications.every((one) => one.finalStatus === 'SUCCEEDED'))
  for (const [taskName, id] of ids) {
    const status = join(String(variables.DATA_DIR), 'attempts', `${id}-1`, 'exit-status')
    if (taskName === 'killed') await t.rejects(access(status), 'its shim was killed with it')
    else await until(`the exit of ${taskName} is written`, () => access(status).then(() => true))
  }

  const after = v2Calls((await startExecutor(t, {}, {}, around)).url)
  for (const [taskName, [, outcome, because]] of Object.entries(JOBS)) {
    const job = await until(`${taskName} has an outcome`, async () => {
      const { body } = await after.get(`/jobs/${ids.get(taskName)}`)
      return body.outcome !== null && body
    })
    t.match(job, { state: 'FINISHED', outcome, yarn: { finalStatus: 'SUCCEEDED' } }, taskName)
    t.match(job.evidence.map(({ text }: { text: string }) => text).join('\n'), because, taskName)
  }
})

t.test('a launcher that ends with 0 without an application is told apart', async (t) => {
  const { cluster, url } = await startExecutor(t)
  const { submit, inState, get } = v2Calls(url)
  for (const [code, reason] of [
    [0, 'SUCCESS_WITHOUT_APPLICATION'],
    [3, 'NO_APPLICATION']
  ] as const) {
    await cluster.setFaults({ exitWithoutApplication: code })
    const { body } = await submit(`exits-${code}`)
    await inState(body.id, 'REJECTED')
    const job = await until('it has an outcome', async () => {
      const now = (await get(`/jobs/${body.id}`)).body
      return now.outcome !== null && now
    })
    t.match(job, { reason, outcome: 'FAILED', applicationId: null })
    t.match(job.evidence, [
      { source: 'executor', text: new RegExp(`^${reason}: `) },
      { source: 'launcher', text: `the launcher ended with exit code ${code}` }
    ])
  }
})

t.test('what ended before this version judged, gets its outcome at the start', async (t) => {
  const around = await startSurroundings(t)
  const first = await startService(t, around.variables)
  const before = v2Calls(first.url)
  const text = config('sandbox.fail = boom')
  const { body } = await before.submit('old', { configFile: undefined, config: text })
  await until('it is judged', async () => (await before.get(`/jobs/${body.id}`)).body.outcome)
  await first.kill()
  forgetOutcome(around.variables, body.id)
  const after = v2Calls((await startExecutor(t, {}, {}, around)).url)
  const outcome = async () => (await after.get(`/jobs/${body.id}`)).body.outcome
  t.equal(await until('it is judged again', outcome), 'FAILED')
})
