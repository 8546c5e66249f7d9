import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import type { AzkabanOptions } from '../../src/azkaban/azkaban.ts'
import type { JobProgram } from '../../src/azkaban/options.ts'
import { putKilled, yarnFor } from '../yarn/support/yarn.ts'
import { azkabanFor, sessionOf } from './support/azkaban.ts'

const quick: AzkabanOptions = { dispatchDelayMs: 0, justFinishedMs: 0 }
const running = (program: JobProgram) => [
  { name: 'test', flows: [{ id: 'test', jobs: [{ id: 'test', program }] }] }
]
const submitted = /Submitted application (application_\d+_\d{4})\n/

t.test('flow test of project test runs as in the interface document', async (t) => {
  const yarn = await yarnFor(t)
  const azkaban = await azkabanFor(t, { ...quick, yarnUrl: yarn.url })
  const session = await sessionOf(azkaban)
  const execid = await session.start()
  await until('it follows its application', async () => {
    const log = await session.log(execid, 'test').catch(() => '')
    return /\(state: RUNNING\)/.test(String(log))
  })
  const [, id = ''] = submitted.exec(await session.log(execid, 'test')) ?? []
  t.same(azkaban.executions[0]?.jobs, [
    { nestedId: 'test', status: 'RUNNING', attempt: 0, applicationIds: [id] }
  ])
  t.match(yarn.applications, [{ id, type: 'SPARK', name: 'Waterdrop', user: 'admin' }])
  t.same(await session.call('cancelFlow', { execid }), {})
  t.equal(await session.status(execid), 'KILLED')
  t.equal(yarn.applications[0]?.state, 'RUNNING', 'in cluster mode it outlives its job')
})

t.test('the job fails when its application is killed', async (t) => {
  const yarn = await yarnFor(t)
  const program: JobProgram = [
    { kind: 'submit-application' },
    { kind: 'follow-application', everyMs: 10 }
  ]
  const azkaban = await azkabanFor(t, { ...quick, yarnUrl: yarn.url, projects: running(program) })
  const session = await sessionOf(azkaban)
  const execid = await session.start()
  await until('it runs', () => yarn.applications[0]?.state === 'RUNNING')
  await putKilled(yarn.url, yarn.applications[0]?.id ?? '')
  await until('it ends', async () => (await session.status(execid)) === 'FAILED')
  t.match(await session.log(execid, 'test'), /\(state: KILLED\)/)
})

t.test(
  'in client mode the application ends with its job, and each attempt has its own',
  async (t) => {
    const yarn = await yarnFor(t)
    const program: JobProgram = [
      { kind: 'submit-application', outlivesJob: false, applicationType: 'FLINK', name: 'own' },
      { kind: 'print', text: 'running {application}' },
      { kind: 'exit', code: 1 }
    ]
    const projects = [
      { name: 'test', flows: [{ id: 'test', jobs: [{ id: 'test', retries: 1, program }] }] }
    ]
    const azkaban = await azkabanFor(t, { ...quick, yarnUrl: yarn.url, projects })
    const session = await sessionOf(azkaban)
    const execid = await session.start()
    await until('it has failed twice', async () => (await session.status(execid)) === 'FAILED')
    const ids = azkaban.executions[0]?.jobs[0]?.applicationIds ?? []
    t.equal(new Set(ids).size, 2)
    for (const [attempt, id] of ids.entries()) {
      t.match(await session.log(execid, 'test', { attempt }), `running ${id}`)
    }
    await until('both have ended', () => yarn.applications.every((app) => app.state === 'FINISHED'))
    t.match(yarn.applications, [{ type: 'FLINK', name: 'own' }, { name: 'own' }])
  }
)

t.test('without a ResourceManager ids are made up', async (t) => {
  const azkaban = await azkabanFor(t, quick)
  const session = await sessionOf(azkaban)
  const ids = new Set<string>()
  for (const execid of [await session.start(), await session.start()]) {
    await until('it has submitted', async () => submitted.test(await session.log(execid, 'test')))
    ids.add(submitted.exec(await session.log(execid, 'test'))?.[1] ?? '')
  }
  t.equal(ids.size, 2)
})

t.test('close ends jobs that wait for a ResourceManager that is down', async (t) => {
  const yarn = await yarnFor(t)
  await yarn.down()
  const program: JobProgram = [{ kind: 'submit-application' }]
  const azkaban = await azkabanFor(t, { ...quick, yarnUrl: yarn.url, projects: running(program) })
  const session = await sessionOf(azkaban)
  await session.start()
  await until('it runs', () => azkaban.executions[0]?.status === 'RUNNING')
  await azkaban.close()
  t.not(azkaban.executions[0]?.jobs[0]?.status, 'RUNNING')
})

t.test('the other flows to try end as their names say', async (t) => {
  const azkaban = await azkabanFor(t, { ...quick, killGraceMs: 50 })
  const session = await sessionOf(azkaban)
  const report = await session.start('report')
  const failing = await session.start('failing')
  const retrying = await session.start('retrying')
  const stubborn = await session.start('stubborn')
  await until('one runs', () => azkaban.execution(stubborn).view.status === 'RUNNING')
  t.same(await session.call('cancelFlow', { execid: stubborn }), {})
  const ends = {
    [report]: 'SUCCEEDED',
    [failing]: 'FAILED',
    [retrying]: 'FAILED',
    [stubborn]: 'KILLED'
  }
  for (const [execid, status] of Object.entries(ends)) {
    await until(`${execid} ends`, async () => (await session.status(Number(execid))) === status)
  }
  const seen = await session.call('fetchexecflow', { execid: retrying })
  t.match(seen.nodes, [{ attempt: 1, pastAttempts: [{ attempt: 0, status: 'FAILED' }] }])
  t.match(await session.log(report, 'stats'), /&#24179;&#22343;&#20540; 42/)
})
