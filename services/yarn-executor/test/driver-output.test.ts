import type { SandboxYarn, YarnOptions } from '@scheduler-task/sandbox/yarn/yarn'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { startExecutor, startSurroundings } from './support/executor.ts'
import { startService } from './support/service-process.ts'
import { v2Calls } from './support/v2-calls.ts'

const config = (env: string) =>
  `env {\n  ${env}\n}\nsource {\n  Fake { result_table_name = "t" }\n}\ntransform { }\nsink {\n  Console { password = "s3cret-of-mine" }\n}\n`
const BOOM = config('sandbox.fail = "boom_s3cret-of-mine"')
const FINE = config('sandbox.run.ms = 100')

type Calls = ReturnType<typeof v2Calls>

async function started(t: Test, variables: Record<string, string> = {}, yarn: YarnOptions = {}) {
  const around = await startSurroundings(t, variables, yarn)
  const executor = await startExecutor(t, {}, {}, around)
  return { ...executor, around, calls: v2Calls(executor.url) }
}

async function submit({ submit: send }: Calls, taskName: string, text: string): Promise<string> {
  const job = { configFile: undefined, config: text, deployMode: 'cluster' }
  const { http, body } = await send(taskName, job)
  if (http !== 202) throw new Error(JSON.stringify(body))
  return body.id
}

async function outcomeOf({ get }: Calls, id: string) {
  const job = await until('it has an outcome', async () => {
    const { body } = await get(`/jobs/${id}`)
    return body.outcome !== null && body
  })
  const text = job.evidence.map((one: { text: string }) => one.text).join('\n')
  return { ...job, text }
}

const ended = (yarn: SandboxYarn) =>
  until('it has ended on YARN', () => yarn.applications.some(({ state }) => state === 'FINISHED'))

t.test('cluster mode: what the driver has printed decides', async (t) => {
  const { calls } = await started(t)
  const [bad, good] = [await submit(calls, 'bad', BOOM), await submit(calls, 'good', FINE)]
  const failed = await outcomeOf(calls, bad)
  t.match(failed, { state: 'FINISHED', outcome: 'FAILED', yarn: { finalStatus: 'SUCCEEDED' } })
  t.match(failed.evidence[0], {
    source: 'driver',
    text: /^The job ended with a fatal error\. \(stdout of container_\S+\)\nFatal Error,[\s\S]*boom/
  })
  t.notMatch(failed.text, /s3cret-of-mine/, 'secrets of the config are masked')
  const { outcome, text } = await outcomeOf(calls, good)
  t.equal(outcome, 'SUCCEEDED')
  t.match(text, /stdout of container_\S+, \d+ bytes, was read to its end and tells of no error/)
  const { body } = await calls.get(`/jobs/${bad}/events`)
  const kept = body.items.filter(({ what }: { what: string }) => what === 'am-container')
  t.match(kept, [{ detail: /^container_\S+ on http:\S+ \(\S+\), logs of alice$/ }])
  t.equal(kept.length, 1)
})

t.test('a log that cannot be had: nobody knows, and why', async (t) => {
  const { calls, yarn } = await started(t, { OUTCOME_LOG_WAIT_MS: '700' })
  await yarn.nodeManagerDown()
  const unread = await outcomeOf(calls, await submit(calls, 'good', FINE))
  t.equal(unread.outcome, 'UNKNOWN')
  t.match(
    unread.text,
    /swallows its errors[\s\S]*could not be read: NodeManager cannot be read \(connection refused\); no log server is configured/
  )
})

t.test('the ResourceManager has forgotten the application, whose container was seen', async (t) => {
  const { calls, yarn } = await started(t)
  const long = config('sandbox.run.ms = 1500\n  sandbox.throw = boom')
  const broken = { kind: 'status', path: '/ws/v1/node/*', status: 500 } as const
  const id = await submit(calls, 'forgotten', long)
  const { applicationId } = await calls.inState(id, 'RUNNING')
  await until('its container is kept', async () => {
    const { body } = await calls.get(`/jobs/${id}/events`)
    return body.items.some(({ what }: { what: string }) => what === 'am-container')
  })
  yarn.faults.add(broken)
  await calls.inState(id, 'FINISHED')
  yarn.evict(applicationId)
  yarn.faults.clear()
  const { outcome, text } = await outcomeOf(calls, id)
  t.equal(outcome, 'FAILED', 'read from its node')
  t.match(text, /Fatal Error,/)
})

t.test('logs on their way to the history server are waited for', async (t) => {
  const { calls, yarn } = await started(t, {}, { aggregation: { afterMs: 0, gapMs: 1500 } })
  // Else it would be read from the node in the moment in which its container still ends.
  yarn.faults.add({ kind: 'status', path: '/ws/v1/node/*', status: 500 })
  const { outcome, text } = await outcomeOf(calls, await submit(calls, 'bad', BOOM))
  t.equal(outcome, 'FAILED')
  t.match(text, /\(stdout of container_\S+ \(aggregated\)\)[\s\S]*boom/)
})

t.test('kill -9 between the end of the application and the verdict', async (t) => {
  const around = await startSurroundings(t)
  const first = await startService(t, around.variables)
  const before = v2Calls(first.url)
  await around.yarn.nodeManagerDown()
  const id = await submit(before, 'bad', BOOM)
  await ended(around.yarn)
  await before.inState(id, 'FINISHED')
  t.equal((await before.get(`/jobs/${id}`)).body.outcome, null, 'no guess meanwhile')
  await first.kill()
  await around.yarn.nodeManagerUp()
  const after = v2Calls((await startExecutor(t, {}, {}, around)).url)
  t.equal((await outcomeOf(after, id)).outcome, 'FAILED')
})
