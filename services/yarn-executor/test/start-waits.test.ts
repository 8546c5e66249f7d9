import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { configuredLaunching } from '../src/configured-launching.ts'
import { type JobStore, StoreUnavailable } from '../src/domain/job-store.ts'
import { type Launching, NotStarted, NotStartedForNow } from '../src/domain/launching.ts'
import { configOf, startExecutor, startSurroundings } from './support/executor.ts'
import { openStore } from './support/sqlite-store.ts'
import { v2Calls } from './support/v2-calls.ts'

const SPARK = { 'deploy-mode': 'client', configFile: 'endless.conf' }
const full = () => Object.assign(new Error('write'), { code: 'ENOSPC' })
const crowded = () =>
  new NotStartedForNow('the launcher cannot be started: this host runs too many processes')
const away = () => new StoreUnavailable('UNREACHABLE', { cause: new Error('connection refused') })

type Trouble = {
  /** What a call of the store or of the launching fails with; undefined: it does not. */
  before: (method: string) => Error | undefined
  /** The same, though it was done. */
  after: (method: string) => Error | undefined
}

/** The service on a store and a disk that fail as a test says. */
async function inTrouble(t: Test, overrides: Record<string, string> = {}) {
  const around = await startSurroundings(t, overrides)
  const path = join(String(around.variables.DATA_DIR), 'failing.sqlite')
  const trouble: Trouble = { before: () => undefined, after: () => undefined }
  const failing = <T extends JobStore | Launching>(target: T): T =>
    new Proxy(target, {
      get: (_, name: string) => {
        const method = Reflect.get(target as object, name).bind(target)
        return (...given: unknown[]) => {
          const error = trouble.before(name)
          if (error) return Promise.reject(error)
          const answer = method(...given)
          const late = trouble.after(name)
          return late ? Promise.resolve(answer).then(() => Promise.reject(late)) : answer
        }
      }
    })
  const store = failing(await openStore(t, { path }))
  const launching = failing(await configuredLaunching(configOf(around.variables)))
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(line) })
  const executor = await startExecutor(t, {}, { store, launching, logger }, around)
  const waitsLogged = () => lines.filter((line) => line.includes('"a start waits"')).length
  return { ...executor, ...v2Calls(executor.url), store, trouble, waitsLogged, v1: executor.post }
}

/** Fails so many calls of these methods. */
function times(count: number, methods: readonly string[], error: () => Error) {
  let left = count
  return (method: string) => {
    if (!methods.includes(method) || left === 0) return undefined
    left -= 1
    return error()
  }
}

t.test('whatever fails for a while at the turn of a start: it waits, and runs', async (t) => {
  const service = await inTrouble(t, { MAX_DRIVERS: '20' })
  const { trouble, submit, inState, get, yarn, waitsLogged } = service
  const cases: [string, keyof Trouble, ReturnType<typeof times>][] = [
    ['disk-full', 'before', times(2, ['prepare'], full)],
    ['config', 'before', times(2, ['config'], away)],
    ['attempts', 'before', times(2, ['attemptsOf'], away)],
    ['row', 'before', times(2, ['addAttempt'], away)],
    ['row-kept', 'after', times(2, ['addAttempt'], away)],
    ['turn', 'before', times(2, ['change'], away)],
    ['turn-kept', 'after', times(1, ['change'], away)],
    [
      'too-many-files',
      'before',
      times(1, ['prepare'], () => Object.assign(full(), { code: 'EMFILE' }))
    ],
    ['too-many-processes', 'before', times(2, ['start'], crowded)]
  ]
  for (const [taskName, when, fails] of cases) {
    const logged = waitsLogged()
    trouble[when] = fails
    const { body } = await submit(taskName)
    const job = await inState(body.id, 'RUNNING', 'REJECTED', 'KILLED')
    trouble[when] = () => undefined
    t.equal(job.state, 'RUNNING', taskName)
    t.equal(yarn.applications.filter(({ name }) => name === taskName).length, 1, taskName)
    t.equal(waitsLogged() - logged, 1, `${taskName}: logged once`)
    const { body: events } = await get(`/jobs/${body.id}/events`)
    const waits = events.items.filter(({ what }: { what: string }) => what === 'start-waits')
    t.equal(waits.length, 1, `${taskName}: noted once`)
    t.equal(job.operation, null)
  }
})

t.test('what is in the way is shown; a stop ends the wait', async (t) => {
  const { trouble, submit, inState, get, post, yarn } = await inTrouble(t)
  trouble.before = times(Number.POSITIVE_INFINITY, ['prepare'], full)
  const { body } = await submit('shown')
  await until('it is shown', async () => {
    const { problem } = (await get(`/jobs/${body.id}`)).body.operation
    return /no room left on the disk/.test(problem)
  })
  t.match(await post(`/jobs/${body.id}/stop`), { http: 202 })
  t.match(await inState(body.id, 'KILLED'), { reason: 'CANCELLED', operation: null })
  trouble.before = () => undefined
  const { body: next } = await submit('shown')
  await inState(next.id, 'RUNNING')
  t.equal(yarn.applications.length, 1, 'its slot is free, it was not launched')
})

t.test('a spawn that waits is shown, stopped, and ended by its deadline', async (t) => {
  const { trouble, submit, inState, get, post, v1, yarn } = await inTrouble(t, {
    START_TIMEOUT_MS: '1500',
    MAX_DRIVERS: '1'
  })
  trouble.before = times(Number.POSITIVE_INFINITY, ['start'], crowded)
  const { body } = await submit('crowded')
  await until('it is shown', async () => {
    const { operation } = (await get(`/jobs/${body.id}`)).body
    return /too many processes/.test(operation.problem ?? '')
  })
  t.match(await post(`/jobs/${body.id}/stop`), { http: 202 })
  t.match(await inState(body.id, 'KILLED'), { reason: 'CANCELLED' })
  const late = await v1('/executor/start/spark', { ...SPARK, taskName: 'late' })
  t.match(late, { statusCode: 150, error: { code: 'YARN_EXECUTOR_START_TIMEOUT' } })
  t.match(JSON.stringify(late.error), /too many processes/)
  trouble.before = () => undefined
  t.match(await v1('/executor/start/spark', { ...SPARK, taskName: 'late' }), { statusCode: 200 })
  t.equal(yarn.applications.length, 1, 'the only slot is free')
})

t.test('the wait ends with the time of the start, and the caller is told why', async (t) => {
  const { trouble, v1, yarn } = await inTrouble(t, { START_TIMEOUT_MS: '1500' })
  trouble.before = times(Number.POSITIVE_INFINITY, ['prepare'], full)
  const { statusCode, error } = await v1('/executor/start/spark', { ...SPARK, taskName: 'late' })
  t.equal(statusCode, 150)
  t.match(error, { code: 'YARN_EXECUTOR_START_TIMEOUT' })
  t.match(JSON.stringify(error), /no room left on the disk/)
  trouble.before = () => undefined
  t.match(await v1('/executor/start/spark', { ...SPARK, taskName: 'late' }), { statusCode: 200 })
  t.equal(yarn.applications.length, 1)
})

t.test('what is wrong for good is rejected at once', async (t) => {
  const { trouble, submit, inState } = await inTrouble(t)
  const denied = () => Object.assign(new Error('mkdir'), { code: 'EACCES' })
  trouble.before = times(1, ['prepare'], denied)
  const { body } = await submit('denied')
  t.match(await inState(body.id, 'REJECTED'), { reason: 'NOT_PREPARED' })
})

t.test('another attempt in the place of a lost one waits as well', async (t) => {
  const { trouble, submit, inState, yarn, waitsLogged } = await inTrouble(t)
  const spawn = times(1, ['start'], () => new Error('whether it runs is not known'))
  const next = [
    times(2, ['prepare'], full),
    times(2, ['find', 'attemptsOf'], away),
    times(1, ['note'], away)
  ]
  let lost = false
  trouble.before = (method) => {
    const error = lost ? next.map((fails) => fails(method)).find((one) => one) : spawn(method)
    lost ||= error !== undefined
    return error
  }
  const { body } = await submit('again')
  const job = await inState(body.id, 'RUNNING', 'REJECTED', 'KILLED')
  t.match(job, { state: 'RUNNING', attempts: [{ id: `${body.id}-1` }, { id: `${body.id}-2` }] })
  t.equal(yarn.applications.length, 1)
  t.ok(waitsLogged() > 0)
})

t.test('another attempt that never begins keeps no driver from another job', async (t) => {
  const { trouble, submit, inState } = await inTrouble(t, { MAX_DRIVERS: '1' })
  const unknown = times(1, ['start'], () => new Error('whether it runs is not known'))
  const never = times(1, ['start'], () => new NotStarted('E2BIG'))
  trouble.before = (method) => unknown(method) ?? never(method)
  const { body } = await submit('never')
  t.match(await inState(body.id, 'REJECTED'), { reason: 'NOT_STARTED' })
  const { body: next } = await submit('next')
  await inState(next.id, 'RUNNING')
})
