import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { down, up } from '../engines.ts'
import { Executor, type Job } from '../executor.ts'
import { postedJob, postingHome } from '../posted-jobs.ts'

const jobCount = 200
const killCount = 40
const runName = `m${Date.now().toString(36)}`

const engines = await up(process.env, (line) => t.comment(line))
if (engines.started) t.teardown(() => down(process.env, false))
const executor = await Executor.start(t, engines.environment, {
  ...postingHome,
  MAX_LAUNCHERS: '6'
})
const { rm } = executor

t.test(`${jobCount} submissions and ${killCount} kills: one application each`, async (t) => {
  const submitted = Array.from({ length: jobCount }, async (_, number) => {
    await delay(number * 100)
    const body = postedJob(`${runName}-${number}`, number)
    const key = `${runName}/${number}`
    const { id } = await executor.submit(body, key)
    t.equal((await executor.submit(body, key)).id, id, 'the same key is the same job')
    return id
  })
  await killWhile(killCount)
  const ids = await Promise.all(submitted)
  t.equal(new Set(ids).size, jobCount)
  for (const id of ids) await executor.reached(id, 'SUBMITTED')
  await oneApplicationEach(t, await executor.jobs())
})

t.test('all are stopped, with kills in between: proven, and nothing is left', async (t) => {
  const began = performance.now()
  const jobs = await executor.jobs()
  const asked = Promise.all(jobs.map(({ id }) => executor.stop(id)))
  await killWhile(killCount / 2)
  await asked
  for (const { id } of jobs) {
    const ended = await executor.reached(id, 'KILLED')
    t.match(await rm.app(String(ended.applicationId)), { state: 'KILLED', finalStatus: 'KILLED' })
    t.strictSame(await executor.processesOf(ended), [], 'no process is left')
  }
  await oneApplicationEach(t, jobs)
  t.strictSame((await rm.liveApps()).filter(isOurs), [])
  t.comment(`${jobs.length} stops with proof, ${seconds(began)} s from the first to the last`)
})

/** Kills it at moments that nobody has chosen, a second and less apart. */
async function killWhile(count: number): Promise<void> {
  for (let kill = 0; kill < count; kill++) {
    await delay(Math.random() * 1000)
    await executor.crash()
  }
}

async function oneApplicationEach(t: Test, jobs: readonly Job[]): Promise<void> {
  const apps = (await rm.allApps()).filter(isOurs)
  t.equal(jobs.length, jobCount, 'none was lost')
  t.equal(apps.length, jobCount, 'none was doubled')
  for (const { taskName, applicationId, tags } of jobs) {
    const own = apps.filter(({ applicationTags }) => applicationTags.includes(tags.submission))
    t.match(own, [{ id: applicationId, name: taskName }], taskName)
    t.equal(own.length, 1, taskName)
  }
}

function isOurs({ name }: Readonly<{ name: string }>): boolean {
  return name.startsWith(`${runName}-`)
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1)
}
