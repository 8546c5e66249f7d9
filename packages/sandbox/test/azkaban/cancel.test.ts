import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import type { AzkabanOptions, SandboxAzkaban } from '../../src/azkaban/azkaban.ts'
import type { JobProgram } from '../../src/azkaban/options.ts'
import { azkabanFor, sessionOf } from './support/azkaban.ts'

const hold: JobProgram = [{ kind: 'hold' }]
const stubborn: JobProgram = [{ kind: 'ignore-term' }, { kind: 'hold' }]
const jobs = (programs: Readonly<Record<string, JobProgram>>) =>
  Object.entries(programs).map(([id, program]) => ({ id, program }))

const projects = [
  {
    name: 'test',
    flows: [
      { id: 'test', jobs: jobs({ test: hold }) },
      { id: 'two', jobs: jobs({ one: stubborn, other: stubborn }) },
      {
        id: 'chain',
        jobs: [
          { id: 'first', program: hold },
          { id: 'second', dependsOn: ['first'] }
        ]
      },
      {
        id: 'retrying',
        jobs: [
          { id: 'again', retries: 1, retryDelayMs: 60_000, program: [{ kind: 'exit', code: 1 }] }
        ]
      },
      { id: 'locked', locked: true, jobs: jobs({ test: hold }) }
    ]
  }
] as const
const quick: AzkabanOptions = { projects, dispatchDelayMs: 0, justFinishedMs: 0 }

const statusOf = (azkaban: SandboxAzkaban, execId: number) => azkaban.execution(execId).view.status

t.test('a cancel answers when the job has died', async (t) => {
  const azkaban = await azkabanFor(t, quick)
  const session = await sessionOf(azkaban)
  const execid = await session.start()
  await until('it runs', () => statusOf(azkaban, execid) === 'RUNNING')
  t.same(await session.call('cancelFlow', { execid }), {})
  t.equal(await session.status(execid), 'KILLED')
  t.same(await session.call('getRunning', { project: 'test', flow: 'test' }), {})
  const error = "Execution 1 of flow test isn't running."
  t.same(await session.call('cancelFlow', { execid }), { error })
})

t.test('two stubborn jobs are waited for one after the other; status says RUNNING', async (t) => {
  const azkaban = await azkabanFor(t, { ...quick, killGraceMs: 300 })
  const session = await sessionOf(azkaban)
  const execid = await session.start('two')
  await until('both run', () => {
    return azkaban.execution(execid).view.jobs.every((job) => job.status === 'RUNNING')
  })
  const started = Date.now()
  let answered = false
  const cancels = [1, 2].map(async () => {
    t.same(await session.call('cancelFlow', { execid }), {})
    answered = true
    return Date.now() - started
  })
  await until('the kill goes on', () => statusOf(azkaban, execid) === 'KILLING')
  t.equal(await session.status(execid), 'RUNNING', 'the database does not know yet')
  t.equal(answered, false)
  for (const waited of await Promise.all(cancels)) t.ok(waited >= 580, `waited ${waited} ms`)
  await until('they die', () => statusOf(azkaban, execid) === 'KILLED')
  t.match(await session.log(execid, 'one'), /WARN - Kill with signal TERM failed[\s\S]*code 137/)
})

t.test('what waits for another job is cancelled with it, a waiting retry too', async (t) => {
  const azkaban = await azkabanFor(t, quick)
  const session = await sessionOf(azkaban)
  const chain = await session.start('chain')
  const retrying = await session.start('retrying')
  await until('it waits', () => azkaban.execution(retrying).view.jobs[0]?.status === 'QUEUED')
  await until('it runs', () => azkaban.execution(chain).view.jobs[0]?.status === 'RUNNING')
  for (const execid of [chain, retrying]) t.same(await session.call('cancelFlow', { execid }), {})
  const ended = (id: number) => {
    const { status, jobs } = azkaban.execution(id).view
    return [status, ...jobs.map((job) => job.status)]
  }
  t.same(ended(chain), ['KILLED', 'KILLED', 'CANCELLED'])
  t.same(ended(retrying), ['KILLED', 'CANCELLED'])
})

t.test('a queued run that is cancelled has FAILED, and never starts', async (t) => {
  const left = { '2.5.0': 'KILLED', '3.0.0': 'KILLED', '3.90.0': 'KILLING', HEAD: 'KILLING' }
  for (const [version, status] of Object.entries(left)) {
    const azkaban = await azkabanFor(t, {
      ...quick,
      version: version as '3.0.0',
      dispatchDelayMs: Infinity
    })
    const session = await sessionOf(azkaban)
    const execid = await session.start()
    t.same(await session.call('cancelFlow', { execid }), {}, version)
    t.match(await session.call('fetchexecflow', { execid }), {
      status: 'FAILED',
      nodes: [{ status }]
    })
    azkaban.execution(execid).dispatch()
    t.equal(statusOf(azkaban, execid), 'FAILED')
  }
  const pulled = { ...quick, version: 'HEAD', dispatch: 'POLL', dispatchDelayMs: Infinity } as const
  const session = await sessionOf(await azkabanFor(t, pulled))
  const execid = await session.start()
  t.match(await session.call('cancelFlow', { execid }), { error: /unreachable. Finalizing/ })
  t.equal(await session.status(execid), 'FAILED')
})

t.test('just after its end a run is still listed with PUSH, not with POLL', async (t) => {
  for (const dispatch of ['PUSH', 'POLL'] as const) {
    const azkaban = await azkabanFor(t, { ...quick, dispatch, justFinishedMs: 60_000 })
    const session = await sessionOf(azkaban)
    const execid = await session.start()
    await until('it runs', () => statusOf(azkaban, execid) === 'RUNNING')
    azkaban.job(execid, 'test').finish('SUCCEEDED')
    await until('it ends', async () => (await session.status(execid)) === 'SUCCEEDED')
    const listed = dispatch === 'PUSH'
    const answers = {
      running: await session.call('getRunning', { project: 'test', flow: 'test' }),
      cancel: await session.call('cancelFlow', { execid }),
      log: await session.call('fetchExecJobLogs', { execid, jobId: 'test', offset: 0, length: 9 }),
      skip: await session.call('executeFlow', { project: 'test', flow: 'test' })
    }
    t.match(
      answers,
      listed
        ? {
            running: { execIds: [execid] },
            cancel: { error: 'Execution 1 is not running.' },
            log: { status: 500, reason: 'Running flow 1 not found.' },
            skip: { execid: -1 }
          }
        : {
            running: {},
            cancel: { error: /of flow test isn't/ },
            log: { length: 9 },
            skip: { execid: 2 }
          },
      dispatch
    )
  }
})

t.test('an executor that is away: nothing is cancelled, a start is unknown or waits', async (t) => {
  const expected = {
    '3.0.0': /^Error submitting flow test\. azkaban\.executor/,
    '3.90.0': undefined
  }
  for (const [version, error] of Object.entries(expected)) {
    const options = { ...quick, version: version as '3.0.0', refreshMs: 10 }
    const azkaban = await azkabanFor(t, options)
    const session = await sessionOf(azkaban)
    const running = await session.start()
    await until('it runs', async () => (await session.status(running)) === 'RUNNING')
    azkaban.executor = 'down'
    t.match(await session.call('cancelFlow', { execid: running }), {
      error: /Connect to localhost/
    })
    t.equal(statusOf(azkaban, running), 'RUNNING')
    const start = { project: 'test', flow: 'test', concurrentOption: 'ignore' }
    const said = await session.call('executeFlow', start)
    t.match(said, error ? { error, execid: 2 } : { message: /exec id 2/, execid: 2 })
    t.equal(await session.status(2), 'PREPARING')
    azkaban.executor = 'active'
    await until('it starts', () => statusOf(azkaban, 2) === 'RUNNING')
  }
})

t.test('a locked flow is refused without an error, and 31 runs are the most', async (t) => {
  const azkaban = await azkabanFor(t, { ...quick, dispatchDelayMs: Infinity })
  const session = await sessionOf(azkaban)
  const locked = await session.call('executeFlow', { project: 'test', flow: 'locked' })
  t.match(locked, { message: 'Flow locked for project test is locked.', execid: -1 })
  t.notOk('error' in locked)
  for (let n = 1; n <= 31; n++) t.equal(await session.start(), n)
  const start = { project: 'test', flow: 'test', concurrentOption: 'ignore' }
  t.match(await session.call('executeFlow', start), { error: /more than 30/, execid: -1 })
})
