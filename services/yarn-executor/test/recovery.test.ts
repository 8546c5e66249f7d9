import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identityOf, isAlive } from '@scheduler-task/host-identity/process-identity'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { findAttemptProcesses } from '../src/adapters/attempt-processes.ts'
import { attemptsBelow, startExecutor, startSurroundings } from './support/executor.ts'
import { startService } from './support/service-process.ts'
import { rebooted, storedState, storedSubmission } from './support/stored-submission.ts'
import { v2Calls } from './support/v2-calls.ts'

const SPARK = { 'deploy-mode': 'client', configFile: 'endless.conf' }
const READY = 'the launcher runs'

/** A caller whose service is killed. */
const ignored = (answer: Promise<unknown>) => void answer.catch(() => {})

type Variables = Record<string, string>

/** SIGKILL to everything of the attempts of a name, their shims first: no exit status is left. */
async function killLaunchers(variables: Variables, taskName: string): Promise<number> {
  const id = String(storedSubmission(variables, taskName)?.id)
  const attempts = await attemptsBelow(String(variables.DATA_DIR))
  let killed = 0
  for (const attempt of attempts.filter(({ attemptId }) => attemptId.startsWith(id))) {
    const lock = join(attempt.directory, 'lock')
    const processes = await findAttemptProcesses({ ...attempt, lock })
    for (const { pid } of [...processes].sort((a, b) => a.pid - b.pid)) process.kill(pid, 'SIGKILL')
    killed += processes.length
  }
  return killed
}

async function isLaunched(variables: Variables, taskName: string): Promise<boolean> {
  const id = storedSubmission(variables, taskName)?.id
  const attempts = await attemptsBelow(String(variables.DATA_DIR))
  const last = attempts
    .filter(({ attemptId }) => id && attemptId.startsWith(id))
    .sort((a, b) => a.attemptId.localeCompare(b.attemptId))
    .at(-1)
  if (!last) return false
  return (await readFile(join(last.directory, 'stdout'), 'utf8').catch(() => '')).includes(READY)
}

t.test(
  'a launcher whose shim is killed is replaced, and its caller gets the new one',
  async (t) => {
    const { post, cluster, yarn, variables, url } = await startExecutor(t)
    await cluster.setFaults({ hangAt: 'before-submit', spoofedLines: [READY] })
    const answer = post('/executor/start/spark', { ...SPARK, taskName: 'lost' })
    await until('it is launched', () => isLaunched(variables, 'lost'))
    await cluster.setFaults({})
    t.ok((await killLaunchers(variables, 'lost')) > 0)
    const { statusCode, data } = await answer
    t.equal(statusCode, 200)
    t.strictSame(
      yarn.applications.map(({ id }) => id),
      [data]
    )
    const { body } = await v2Calls(url).get(`/jobs/${storedSubmission(variables, 'lost')?.id}`)
    t.match(body.attempts, [{ exit: { kind: 'unknown' } }, { exit: null }])
    const { body: events } = await v2Calls(url).get(`/jobs/${body.id}/events`)
    t.match(
      events.items.filter(({ what }: { what: string }) => what === 'another-attempt'),
      [{ detail: new RegExp(`${body.id}-2, since ${body.id}-1 was lost`) }]
    )
  }
)

t.test('a request of a lost launcher that is still on its way is waited for', async (t) => {
  const { post, cluster, yarn, variables, url } = await startExecutor(t, {
    SUBMIT_HORIZON_MS: '600000'
  })
  await cluster.setFaults({ hangAt: 'before-submit', spoofedLines: [READY] })
  const answer = post('/executor/start/spark', { ...SPARK, taskName: 'on-its-way' })
  await until('it is launched', () => isLaunched(variables, 'on-its-way'))
  await cluster.setFaults({})
  t.ok((await killLaunchers(variables, 'on-its-way')) > 0)
  const looks = () => yarn.requests['GET /ws/v1/cluster/apps'] ?? 0
  const before = looks()
  await until('it was looked for often enough', () => looks() > before + 40)
  const id = storedSubmission(variables, 'on-its-way')?.id
  const { body } = await v2Calls(url).get(`/jobs/${id}`)
  t.equal(body.attempts.length, 1, 'no other launcher was begun')
  const { installation, submission } = body.tags
  const tags = [installation, submission, body.attempts[0].tag]
  const late = yarn.submit({ name: 'on-its-way', tags })
  yarn.advance(late, 'RUNNING')
  t.match(await answer, { statusCode: 200, data: late })
  t.equal(yarn.applications.length, 1)
})

t.test('what takes its launcher along each time is not tried for ever', async (t) => {
  const { post, cluster, yarn, variables } = await startExecutor(t)
  await cluster.setFaults({ hangAt: 'before-submit', spoofedLines: [READY] })
  const answer = post('/executor/start/spark', { ...SPARK, taskName: 'deadly' })
  let settled = false
  const end = () => {
    settled = true
  }
  answer.then(end, end)
  await until('it is given up', async () => {
    if (await isLaunched(variables, 'deadly')) await killLaunchers(variables, 'deadly')
    return settled
  })
  t.match(await answer, { statusCode: 150, error: { code: 'YARN_EXECUTOR_LAUNCHER_LOST' } })
  t.equal((await attemptsBelow(String(variables.DATA_DIR))).length, 3)
  t.strictSame(yarn.applications, [])
})

t.test('service and launcher are killed: the next service makes another attempt', async (t) => {
  const { yarn, cluster, variables } = await startSurroundings(t)
  const service = await startService(t, variables)
  await cluster.setFaults({ hangAt: 'before-submit', spoofedLines: [READY] })
  ignored(service.post('/executor/start/spark', { ...SPARK, taskName: 'both' }))
  await until('it is launched', () => isLaunched(variables, 'both'))
  await service.kill()
  await killLaunchers(variables, 'both')
  await cluster.setFaults({})
  await startService(t, variables)
  await until('it runs', () => storedState(variables, 'both') === 'RUNNING')
  t.match(yarn.applications, [{ id: storedSubmission(variables, 'both')?.application_id }])
})

t.test('starts of v1 that wait go on after SIGKILL, and in order', async (t) => {
  const { yarn, variables } = await startSurroundings(t, { MAX_LAUNCHERS: '1', MAX_DRIVERS: '9' })
  const service = await startService(t, variables)
  ignored(
    service.post('/executor/start/spark', { ...SPARK, configFile: 'never.conf', taskName: 'a' })
  )
  await until('the first is submitted', () => yarn.applications.length === 1)
  for (const taskName of ['b', 'c']) {
    ignored(service.post('/executor/start/spark', { ...SPARK, taskName }))
    await until(`${taskName} waits`, () => storedState(variables, taskName) === 'ACCEPTED')
  }
  await service.kill()
  yarn.advance(String(yarn.applications[0]?.id), 'RUNNING')
  await startService(t, variables)
  await until('the last runs', () => storedState(variables, 'c') === 'RUNNING')
  t.strictSame(
    yarn.applications.map(({ name }) => name),
    ['a', 'b', 'c']
  )
})

t.test('a restart of v1 that is killed before its stop is proven is finished', async (t) => {
  const { yarn, variables } = await startSurroundings(t)
  const service = await startService(t, variables)
  const foreign = yarn.submit({ name: 'theirs', type: 'SPARK', user: 'bob' })
  yarn.advance(foreign, 'RUNNING')
  const started = await service.post('/executor/start/spark', { ...SPARK, taskName: 'ours' })
  const old = { ours: String(started.data), theirs: foreign }
  yarn.faults.set([{ kind: 'killTakesPolls', polls: 10_000 }])
  for (const [taskName, id] of Object.entries(old)) {
    ignored(service.post(`/executor/restart/spark/${id}`, { ...SPARK, taskName }))
    await until('the kill is asked for', () => {
      return (yarn.applications.find((one) => one.id === id)?.heldKills ?? 0) > 0
    })
  }
  await service.kill()
  t.equal(yarn.applications.length, 2)
  yarn.faults.clear()
  await startService(t, variables)
  for (const [taskName, id] of Object.entries(old)) {
    await until(`${taskName} runs again`, () => storedState(variables, taskName) === 'RUNNING')
    const both = yarn.applications.filter(({ name }) => name === taskName)
    t.match(both, [{ id, publicState: 'KILLED' }, { publicState: 'RUNNING' }])
    t.ok((both[1]?.startedTime ?? 0) >= (both[0]?.finishedTime ?? Infinity))
  }
})

t.test(
  'after a reboot nothing old is signalled, and what it ended is launched again',
  async (t) => {
    const { yarn, cluster, variables } = await startSurroundings(t, {
      MAX_LAUNCHERS: '9',
      MAX_DRIVERS: '9'
    })
    const service = await startService(t, variables)
    await cluster.setFaults({ hangAt: 'before-submit', spoofedLines: [READY] })
    const names = ['killed', 'signalled', 'stops']
    for (const taskName of names) {
      ignored(service.post('/executor/start/spark', { ...SPARK, taskName }))
      await until(`${taskName} is launched`, () => isLaunched(variables, taskName))
    }
    const idOf = (taskName: string) => String(storedSubmission(variables, taskName)?.id)
    await service.kill()
    for (const taskName of names) await killLaunchers(variables, taskName)
    // What init's SIGTERM leaves behind.
    const directory = join(String(variables.DATA_DIR), 'attempts', `${idOf('signalled')}-1`)
    await writeFile(join(directory, 'exit-status'), '143\n')
    await cluster.setFaults({})

    const stranger = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' })
    t.teardown(() => stranger.kill('SIGKILL'))
    const identity = identityOf(stranger.pid as number)
    if (!identity) throw new Error('the stranger did not start')
    rebooted(variables, identity)
    const next = await startService(t, variables)
    t.match(await v2Calls(next.url).post(`/jobs/${idOf('stops')}/stop`), { http: 202 })
    await until('it is cancelled', () => storedState(variables, 'stops') === 'KILLED')
    for (const taskName of ['killed', 'signalled']) {
      await until(`${taskName} runs`, () => storedState(variables, taskName) === 'RUNNING')
      t.equal(yarn.applications.filter(({ name }) => name === taskName).length, 1)
    }
    t.ok(isAlive(identity), 'the stranger with the old number lives')
  }
)
