import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { readCase } from '../../support/diagnosis-cases.ts'
import { startExecutor } from '../../support/executor.ts'
import { v2Calls } from '../../support/v2-calls.ts'

/** Its launcher prints the whole of it. */
const REFUSED = [
  'env { spark.yarn.queue = "nope", spark.ssl.keyPassword = "hunter2222" }',
  'source { FakeStream { result_table_name = "t" } }',
  'transform { }',
  'sink { Console { } }'
].join('\n')

t.test('a job that runs, was refused, waits, was stopped, or is unknown', async (t) => {
  const { url, yarn } = await startExecutor(t, { MAX_LAUNCHERS: '1' })
  const { submit, get, inState, post } = v2Calls(url)
  const diagnosisOf = async (id: string) => (await get(`/jobs/${id}/diagnosis`)).body

  const { body: runs } = await submit('runs')
  await inState(runs.id, 'RUNNING')
  t.strictSame(await diagnosisOf(runs.id), {
    causes: [],
    summary: 'It runs, and nothing is known to be wrong with it.',
    state: 'RUNNING',
    outcome: null,
    unread: null
  })

  const { body: refused } = await submit('refused', { configFile: undefined, config: REFUSED })
  await inState(refused.id, 'FAILED', 'REJECTED')
  t.match(await diagnosisOf(refused.id), {
    causes: [
      {
        code: 'UNKNOWN_QUEUE',
        sentence: 'YARN has no queue nope.',
        advice: /yarnStatus/,
        evidence: [{ source: /^launcher\/|^yarn$/, text: /unknown queue: nope/ }]
      }
    ],
    summary: 'YARN has no queue nope.'
  })
  t.notMatch((await get(`/jobs/${refused.id}/diagnosis`)).text, /hunter2222/, 'no secrets')
  type Evidence = { source: string; text: string; cursor: number | null }
  const line: Evidence = await until('its log has come', async () => {
    const { causes } = await diagnosisOf(refused.id)
    const shown: Evidence[] = causes.flatMap((cause: { evidence: Evidence[] }) => cause.evidence)
    return shown.find(({ source, cursor }) => source.startsWith('launcher/') && cursor !== null)
  })
  const { items } = (await get(`/jobs/${refused.id}/log?from=${line.cursor}`)).body
  t.equal(items[0].text.trim().slice(0, 100), line.text.slice(0, 100), 'its log begins there')

  const { body: first } = await submit('first', { configFile: 'never.conf' })
  await inState(first.id, 'LAUNCHING')
  const { body: second } = await submit('second')
  const waiting = await until('it waits for its turn', async () => {
    const answer = await diagnosisOf(second.id)
    return answer.causes[0]?.code === 'WAITS_FOR_LAUNCHER' && answer
  })
  t.match(waiting, { state: 'ACCEPTED', summary: /^It is number 1 in the queue, and waits for / })
  t.match(await diagnosisOf(first.id), { causes: [{ code: 'LAUNCHER_RUNS' }] })

  await post(`/jobs/${runs.id}/stop`)
  await inState(runs.id, 'KILLED')
  t.match(await diagnosisOf(runs.id), {
    causes: [{ code: 'STOP_REQUESTED', sentence: 'anonymous asked for its end.' }],
    state: 'KILLED'
  })

  await yarn.down()
  const unseen = await until('the ResourceManager is missed', async () => {
    const answer = await get(`/jobs/${first.id}/diagnosis`)
    return answer.http === 200 && answer
  })
  t.equal(unseen.body.state, 'LAUNCHING', 'it is answered all the same')
  await yarn.up()

  const unknown = await get(`/jobs/${'0'.repeat(32)}/diagnosis`)
  t.match(unknown.headers['content-type'], /problem\+json/)
  t.match(unknown, { http: 404, body: { status: 404, code: 'YARN_EXECUTOR_JOB_UNKNOWN' } })
})

t.test('a Python program that throws on the cluster: its driver’s log says what', async (t) => {
  const { url, yarn } = await startExecutor(t, { CONTAINER_LOG_INTERVAL_MS: '200' })
  const { submit, get, inState } = v2Calls(url)
  const { body: job } = await submit('throws', { deployMode: 'cluster' })
  const { applicationId } = await inState(job.id, 'RUNNING')
  const { sections } = readCase('spark-python-fails-cluster')
  for (const [source, text] of sections) {
    const [kind, , file = ''] = source.split('/')
    if (kind === 'am') yarn.log(applicationId, file, `${text}\n`)
  }
  const diagnostics = 'User application exited with status 1'
  yarn.advance(applicationId, 'FINISHED', { finalStatus: 'FAILED', diagnostics })
  const { causes } = await until('its log is in', async () => {
    const { body } = await get(`/jobs/${job.id}/diagnosis`)
    return body.causes[0]?.code === 'JOB_FAILED' && body
  })
  t.match(causes[0].sentence, /ValueError: no such customer: 42/)
  t.match(causes[0].evidence.at(-1), { source: /^am\//, text: 'ValueError: no such customer: 42' })
})
