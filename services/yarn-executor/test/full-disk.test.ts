import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { configuredLaunching } from '../src/configured-launching.ts'
import { StoreUnavailable } from '../src/domain/job-store.ts'
import { configOf, startExecutor, startSurroundings } from './support/executor.ts'
import { newSubmission } from './support/job-store-contract.ts'
import { startService } from './support/service-process.ts'
import { openStore } from './support/sqlite-store.ts'
import { v2Calls } from './support/v2-calls.ts'

const WRITES =
  /^(accept|acceptOnce|change|closeByHand|setOutcome|warn|note|setStartDeadline|removeEndedBefore|wantEnd|endReported|observe|markStale|addAttempt|attemptStarted|attemptEnded)$/

const noRoom = () => Object.assign(new Error('database or disk is full'), { code: 'ENOSPC' })

/** Whatever is written fails while the disk is full. */
function onDisk<T extends object>(target: T, disk: { full: boolean }, writes: RegExp): T {
  return new Proxy(target, {
    get: (_, name: string) => {
      const method = Reflect.get(target as object, name)
      return disk.full && writes.test(name)
        ? () => Promise.reject(new StoreUnavailable('FULL', { cause: noRoom() }))
        : method.bind(target)
    }
  })
}

/** Jobs in every state that a process can leave behind, and the next one on a disk without room. */
async function startedOnFullDisk(t: Test) {
  const around = await startSurroundings(t, { MAX_LAUNCHERS: '1', MAX_DRIVERS: '9' })
  const { variables, yarn, cluster } = around
  const service = await startService(t, variables)
  const before = v2Calls(service.url)
  const ids: Record<string, string> = {}
  const submit = async (name: string) => {
    ids[name] = (await before.submit(name)).body.id
    return String(ids[name])
  }
  await before.inState(await submit('running'), 'RUNNING')
  await cluster.setFaults({ pauseAt: 'before-submit', pauseMs: 3000 })
  await before.inState(await submit('launching'), 'LAUNCHING')
  for (const name of ['waiting', 'behind']) await before.inState(await submit(name), 'ACCEPTED')
  await service.kill()
  await cluster.setFaults({})

  const path = join(String(variables.DATA_DIR), 'executor.sqlite')
  const real = await openStore(t, { path })
  // As a version left it that promised nothing.
  const { id: old } = await real.accept(
    newSubmission({ id: randomBytes(16).toString('hex'), taskName: 'unpromised' })
  )
  const disk = { full: true }
  const store = onDisk(real, disk, WRITES)
  const launching = onDisk(await configuredLaunching(configOf(variables)), disk, /^prepare$/)
  const executor = await startExecutor(t, {}, { store, launching }, around)
  return { ...executor, ...v2Calls(executor.url), yarn, ids, old, disk }
}

t.test(
  'a start on a full disk listens, shows what it knows and says why it takes nothing',
  async (t) => {
    const { get, post, submit, inState, ids, old, disk, yarn } = await startedOnFullDisk(t)
    const { body: list } = await get('/jobs')
    const states = list.items.map((one: Record<string, string>) => [one.taskName, one.state])
    t.strictSame(Object.fromEntries(states), {
      running: 'RUNNING',
      launching: 'LAUNCHING',
      waiting: 'ACCEPTED',
      behind: 'ACCEPTED',
      unpromised: 'ACCEPTED'
    })
    const refused = { http: 503, body: { code: 'YARN_EXECUTOR_STORE_FULL', accepted: false } }
    t.match(await submit('new'), refused)
    t.match(await post(`/jobs/${ids.running}/stop`), refused)
    await until('what it waits for is shown', async () => {
      const { body } = await get(`/jobs/${ids.waiting}`)
      return /no room|full/.test(body.operation?.problem ?? '')
    })

    disk.full = false
    for (const name of ['running', 'launching', 'waiting', 'behind']) {
      await inState(String(ids[name]), 'RUNNING')
    }
    await inState(old, 'REJECTED')
    const names = yarn.applications.map(({ name }) => name).sort()
    t.strictSame(names, ['behind', 'launching', 'running', 'waiting'], 'one application each')
  }
)
