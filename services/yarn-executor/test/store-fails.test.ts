import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import type { JobStore } from '../src/domain/job-store.ts'
import { type Executor, startExecutor, startSurroundings } from './support/executor.ts'
import { openStore } from './support/sqlite-store.ts'

const SPARK = { 'deploy-mode': 'client', configFile: 'endless.conf' }

type Disk = { failing: (method: string) => boolean }

/** The service on a store whose methods fail as long as `disk` says so, as on a full disk. */
async function onDisk(
  t: Test,
  overrides: Record<string, string>
): Promise<Executor & { store: JobStore; disk: Disk }> {
  const around = await startSurroundings(t, { MAX_DRIVERS: '1', ...overrides })
  const path = join(String(around.variables.DATA_DIR), 'failing.sqlite')
  const store = await openStore(t, { path })
  const disk: Disk = { failing: () => false }
  const failing = new Proxy(store, {
    get: (target, name: keyof JobStore) =>
      disk.failing(name)
        ? () => Promise.reject(new Error('database or disk is full'))
        : target[name].bind(target)
  })
  const executor = await startExecutor(t, {}, { store: failing }, around)
  return { ...executor, store, disk }
}

const writes = (name: string) =>
  ['change', 'attemptStarted', 'attemptEnded', 'observe', 'note', 'markStale'].includes(name)

async function settled(store: JobStore, taskName: string): Promise<void> {
  await until(`${taskName} is settled`, async () => {
    const found = (await store.live()).find((one) => one.taskName === taskName)
    return !found || ['SUBMITTED', 'RUNNING'].includes(found.state)
  })
}

t.test('a start outlives a store that fails meanwhile', async (t) => {
  const { post, yarn, disk } = await onDisk(t, {})
  const answer = post('/executor/start/spark', {
    ...SPARK,
    configFile: 'slow.conf',
    taskName: 'slow'
  })
  await until('it is launched', () => yarn.applications.length === 1)
  disk.failing = writes
  await until('it is accepted', () => yarn.applications[0]?.publicState === 'RUNNING')
  disk.failing = () => false
  const { statusCode, data } = await answer
  t.match({ statusCode, data }, { statusCode: 200, data: yarn.applications[0]?.id })
  t.match(await post(`/executor/stop/${data}`), { data: true })
})

t.test('one that cannot be cancelled at its deadline is cancelled afterwards', async (t) => {
  const { post, yarn, disk, store, startSpark } = await onDisk(t, { START_TIMEOUT_MS: '3000' })
  const answer = post('/executor/start/spark', {
    ...SPARK,
    configFile: 'never.conf',
    taskName: 'late'
  })
  await until('it is launched', () => yarn.applications.length === 1)
  disk.failing = writes
  t.match(await answer, { http: 500 })
  disk.failing = () => false
  await settled(store, 'late')
  t.equal(yarn.applications[0]?.publicState, 'KILLED')
  t.match(await startSpark('late'), /^application_/, 'name and driver are free')
})

t.test('one that cannot even be given up is given up afterwards', async (t) => {
  const { post, disk, store, startSpark } = await onDisk(t, {})
  disk.failing = writes
  t.match(await post('/executor/start/spark', { ...SPARK, taskName: 'never' }), { http: 500 })
  disk.failing = () => false
  await settled(store, 'never')
  t.match(await startSpark('never'), /^application_/, 'name and driver are free')
})

t.test('the end of a driver is kept late, and another one may run then', async (t) => {
  const { startSpark, yarn, disk, store } = await onDisk(t, {})
  const id = await startSpark('first', { configFile: 'short.conf' })
  disk.failing = writes
  await until('it ends', () => yarn.applications[0]?.publicState === 'FINISHED')
  const attempt = async () => {
    const submission = await store.findByApplication(id)
    return submission && (await store.attemptOf(submission.id))
  }
  t.match(await attempt(), { endedAt: null })
  disk.failing = () => false
  t.match(await startSpark('second'), /^application_/)
  await until('its end is kept', async () => (await attempt())?.exit)
})

t.test('the watcher goes on when the store cannot be read for a while', async (t) => {
  const { startSpark, disk, store } = await onDisk(t, {})
  const id = await startSpark('watched', { configFile: 'short.conf' })
  let reads = 0
  disk.failing = (name) => name === 'watched' && ++reads < 4
  await until('it is recorded as over', async () => {
    return (await store.findByApplication(id))?.state === 'FINISHED'
  })
  t.ok(reads >= 4)
})
