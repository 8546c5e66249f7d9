import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { isLong } from './effort.ts'
import { down, killResourceManager, startResourceManager, up } from './engines.ts'
import { Executor, type Job } from './executor.ts'
import { postedJob, postingHome } from './posted-jobs.ts'

const jobCount = isLong ? 60 : 15
const runName = `r${Date.now().toString(36)}`

const engines = await up(process.env, (line) => t.comment(line))
if (engines.started) t.teardown(() => down(process.env, false))
const executor = await Executor.start(t, engines.environment, {
  ...postingHome,
  MAX_LAUNCHERS: '6'
})
const { rm } = executor
const numbers = Array.from({ length: jobCount }, (_, number) => number)
const jobs = await Promise.all(numbers.map((number) => submit(number)))
for (const { id } of jobs) await executor.reached(id, 'SUBMITTED')

t.test('a ResourceManager that comes back with its memory', async (t) => {
  const [toStop] = jobs
  await killResourceManager(process.env)
  await all(jobs, 'stale', ({ stale }) => stale?.reason === 'RM_UNREACHABLE')
  const [late, later] = await Promise.all([submit(jobCount), submit(jobCount + 1)])
  await executor.stop(String(toStop?.id))
  await executor.crash()
  for (const { id, taskName } of jobs) {
    const { state, stale, operation } = await executor.job(id)
    const stopped = id === toStop?.id
    t.equal(state, stopped ? 'STOPPING' : 'SUBMITTED', `${taskName}: silence changes no state`)
    t.equal(stale?.reason, 'RM_UNREACHABLE', 'and is told, also after a kill')
    t.equal(operation?.kind, stopped ? 'stop' : undefined)
  }

  await startResourceManager(process.env, 'kept')
  const began = performance.now()
  await executor.reached(String(toStop?.id), 'KILLED')
  const live = [...jobs.slice(1), late, later]
  for (const { id } of [late, later]) await executor.reached(id, 'SUBMITTED')
  await all(live, 'fresh again', ({ stale }) => stale === null)
  t.comment(`right again ${seconds(began)} s after the ResourceManager was`)
  for (const { id } of live) t.match(await executor.job(id), { state: 'SUBMITTED' })
  await oneApplicationEach(t, [...jobs, late, later])
  jobs.splice(0, jobs.length, ...live)
})

t.test('a ResourceManager that comes back without', async (t) => {
  await killResourceManager(process.env)
  await all(jobs, 'stale', ({ stale }) => stale?.reason === 'RM_UNREACHABLE')
  const [toStop] = jobs
  await executor.stop(String(toStop?.id))
  await startResourceManager(process.env, 'lost')
  const began = performance.now()
  await delay(500)
  await executor.crash()
  for (const { id, taskName } of jobs) {
    const lost = await executor.reached(id, 'LOST')
    t.match(lost, { reason: 'RM_FORGOT' }, taskName)
    t.strictSame(await executor.processesOf(lost), [])
  }
  t.comment(`lost, with proof, ${seconds(began)} s after it was back`)
  for (const { id } of jobs) {
    t.match(await executor.jobWhere(id, 'its outcome', ({ outcome }) => outcome !== null), {
      state: 'LOST',
      outcome: 'UNKNOWN'
    })
    const history = await executor.history(id)
    t.notOk(history.includes('FAILED') || history.includes('FINISHED'), 'nobody has guessed')
  }
  const again = await submit(3)
  t.not(again.id, jobs.find(({ taskName }) => taskName === again.taskName)?.id)
  const started = await executor.reached(again.id, 'SUBMITTED')
  t.strictSame(
    (await rm.allApps()).filter(({ name }) => name === again.taskName).map(({ id }) => id),
    [started.applicationId],
    'its name was free'
  )
})

async function submit(number: number): Promise<Job> {
  return await executor.submit(postedJob(`${runName}-${number}`, number))
}

/** Waits until something holds of all of them. */
async function all(given: readonly Job[], what: string, holds: (job: Job) => boolean) {
  for (const { id } of given) await executor.jobWhere(id, `${id} is ${what}`, holds)
}

async function oneApplicationEach(t: Test, given: readonly Job[]): Promise<void> {
  const apps = (await rm.allApps()).filter(({ name }) => name.startsWith(`${runName}-`))
  t.strictSame(
    apps.map(({ name }) => name).sort(),
    given.map(({ taskName }) => taskName).sort(),
    'one application each'
  )
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1)
}
