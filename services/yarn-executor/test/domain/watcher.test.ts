import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { createSqlJobStore } from '../../src/adapters/sql-job-store.ts'
import { openSqliteFile } from '../../src/adapters/sqlite-file.ts'
import type { JobStore } from '../../src/domain/job-store.ts'
import { type Executor, startExecutor, startSurroundings } from '../support/executor.ts'
import { newSubmission } from '../support/job-store-contract.ts'
import { v2Calls } from '../support/v2-calls.ts'

/** The service, and the store that it works on. */
async function watched(
  t: Test,
  overrides: Record<string, string> = {}
): Promise<Executor & { store: JobStore }> {
  const around = await startSurroundings(t, overrides)
  const db = await openSqliteFile(join(String(around.variables.DATA_DIR), 'watched.sqlite'))
  const store = createSqlJobStore(db)
  const executor = await startExecutor(t, overrides, { store }, around)
  return { ...executor, store }
}

/** What the launcher of an application has written to its standard error so far. */
async function launcherErrors(store: JobStore, applicationId: string): Promise<string> {
  const submission = await store.findByApplication(applicationId)
  const attempt = submission && (await store.attemptOf(submission.id))
  return attempt ? await readFile(join(attempt.directory, 'stderr'), 'utf8') : ''
}

t.test('states follow what the ResourceManager says, and are final only on its word', async (t) => {
  const { store, startSpark, yarn } = await watched(t)
  const id = await startSpark('states', { configFile: 'short.conf' })
  const ended = await until('it is recorded as over', async () => {
    const found = await store.findByApplication(id)
    return found?.state === 'FINISHED' && found
  })
  t.match(ended, {
    yarnState: 'FINISHED',
    finalStatus: 'SUCCEEDED',
    stale: null,
    applicationId: id
  })
  t.equal(yarn.applications[0]?.publicState, 'FINISHED')
  const events = (await store.events(ended.id)).map(({ what }) => what)
  t.strictSame(events.slice(0, 3), ['ACCEPTED', 'LAUNCHING', 'launcher-started'])
  t.ok(events.includes('SUBMITTED'))
  await until('the launcher’s exit is kept', async () => {
    const attempt = await store.attemptOf(ended.id)
    return attempt?.exit?.kind === 'exited' && attempt.exit.code === 0
  })
})

t.test('an attempt that was never started gets its end after a crash', async (t) => {
  const around = await startSurroundings(t)
  const path = join(String(around.variables.DATA_DIR), 'crashed.sqlite')
  const store = createSqlJobStore(await openSqliteFile(path))
  const { id: submissionId } = await store.accept(newSubmission())
  const id = `${submissionId}-1`
  const launch = { profile: 'waterdrop-2', argv: [], renderedDigest: '', directory: '/nowhere' }
  await store.addAttempt({ id, submissionId, tag: `st-a-${id}`, holdsDriver: true, ...launch })
  await store.change(submissionId, { to: 'REJECTED', who: 'executor' })
  await startExecutor(t, {}, { store }, around)
  await until('it has one', async () => (await store.attemptOf(submissionId))?.exit)
  t.match(await store.attemptOf(submissionId), { exit: { kind: 'not-started' } })
})

t.test('silence makes it stale, not another state, and heals by itself', async (t) => {
  const { store, startSpark, yarn } = await watched(t)
  const id = await startSpark('silent')
  await until('it runs', async () => (await store.findByApplication(id))?.state === 'RUNNING')
  await yarn.down()
  const stale = await until('it is stale', async () => {
    const found = await store.findByApplication(id)
    return found?.stale === 'RM_UNREACHABLE' && found
  })
  t.match(stale, {
    state: 'RUNNING',
    stale: 'RM_UNREACHABLE',
    staleSince: Number,
    yarnState: 'RUNNING'
  })
  await yarn.up()
  yarn.faults.set([{ kind: 'html', status: 200 }])
  await until(
    'nonsense is told apart',
    async () => (await store.findByApplication(id))?.stale === 'RM_NONSENSE'
  )
  yarn.faults.clear()
  const healed = await until('it heals', async () => {
    const found = await store.findByApplication(id)
    return found?.stale === null && found
  })
  t.equal(healed.state, 'RUNNING')
})

t.test(
  'an application that the ResourceManager has forgotten is LOST once that is proven',
  async (t) => {
    const { store, startSpark, post, yarn } = await watched(t)
    const id = await startSpark('forgotten', { 'deploy-mode': 'cluster' })
    const driver = await startSpark('driver')
    // One that still waits for its application would end by itself.
    await until('the driver runs', async () =>
      /has started running/.test(await launcherErrors(store, driver))
    )
    yarn.evict(id)
    yarn.evict(driver)
    const lost = await until('it is lost', async () => {
      const found = await store.findByApplication(id)
      return found?.state === 'LOST' && found
    })
    t.match(lost, { reason: 'RM_FORGOT', reasonText: /unknown/ })
    t.match(await startSpark('forgotten'), /^application_/, 'its name is free')
    t.match(await post(`/executor/stop/${id}`), { statusCode: 151 })
    t.match(
      await store.findByApplication(driver),
      { state: /RUNNING|SUBMITTED/ },
      'not as long as its driver lives, which could submit again'
    )
  }
)

t.test('an application that appears after its start was given up is killed', async (t) => {
  const { store, post, cluster, yarn } = await watched(t)
  await cluster.setFaults({ exitWithoutApplication: 1 })
  const refused = await post('/executor/start/spark', {
    configFile: 'endless.conf',
    taskName: 'late'
  })
  t.equal(refused.statusCode, 150)
  const submission = await store.find(String(refused.error.submissionId))
  t.match(submission, { state: 'REJECTED' })
  const tags = [submission?.installationTag ?? '', submission?.submissionTag ?? '']
  const late = yarn.submit({ name: 'late', tags })
  yarn.advance(late, 'RUNNING')
  await until('it is killed', () => yarn.applications[0]?.publicState === 'KILLED')
  const events = await store.events(submission?.id ?? '')
  const killed = events.find(({ what }) => what === 'application-killed')
  t.match(killed, { detail: new RegExp(late) })
})

t.test('of two applications of one submission the one that was told is kept', async (t) => {
  const { store, startSpark, yarn } = await watched(t)
  const id = await startSpark('double')
  const {
    installationTag = '',
    submissionTag = '',
    id: submissionId = ''
  } = (await store.findByApplication(id)) ?? {}
  const second = yarn.submit({ name: 'double', tags: [installationTag, submissionTag] })
  // It may not be killed for now: that is tried again, and told once.
  yarn.faults.set([{ kind: 'status', status: 403, method: 'PUT', path: `*${second}*`, count: 3 }])
  yarn.advance(second, 'RUNNING')
  const stateOf = (one: string) => yarn.applications.find((found) => found.id === one)?.publicState
  await until('the other is killed', () => stateOf(second) === 'KILLED')
  t.match(stateOf(id), /^(ACCEPTED|RUNNING)$/)
  const detail = `${second} is killed, ${id} is kept`
  const events = await store.events(submissionId)
  t.match(
    events.filter(({ what }) => what === 'second-application'),
    [{ who: 'executor', detail }]
  )
  const { warnings, state } = (await store.find(submissionId)) ?? {}
  t.match(state, /^(SUBMITTED|RUNNING)$/)
  t.match(warnings, [{ code: 'SECOND_APPLICATION', text: new RegExp(detail) }])
})

t.test('of the applications of a wrapper that submits twice one is left', async (t) => {
  const around = await startSurroundings(t)
  const submit = join(String(around.variables.SPARK_HOME), 'bin/spark-submit')
  await rename(submit, `${submit}-once`)
  const twice = '#!/bin/sh\n"$0-once" "$@" & "$0-once" "$@"; wait\n'
  await writeFile(submit, twice, { mode: 0o755 })
  const { startSpark, yarn, url } = await startExecutor(t, {}, {}, around)
  const id = await startSpark('twice')
  const states = await until('the other is killed', () => {
    const seen = yarn.applications.map((one) => [one.id === id, one.publicState])
    return seen.length === 2 && seen.some(([, state]) => state === 'KILLED') && seen
  })
  t.match(Object.fromEntries(states.map(([told, state]) => [String(told), state])), {
    true: /^(ACCEPTED|RUNNING)$/,
    false: 'KILLED'
  })
  const { body } = await v2Calls(url).get('/jobs')
  t.match(body.items, [{ applicationId: id, state: /^(SUBMITTED|RUNNING)$/ }])
})

t.test('what others have started is left alone, whatever its tags', async (t) => {
  const { startSpark, yarn } = await watched(t)
  const foreign = yarn.submit({ name: 'foreign', tags: ['st-i-another', 'st-s-unknown'] })
  yarn.advance(foreign, 'RUNNING')
  await startSpark('mine', { configFile: 'short.conf' })
  await until('a tick has passed', () => yarn.applications[1]?.publicState === 'FINISHED')
  t.equal(yarn.applications[0]?.publicState, 'RUNNING')
})
