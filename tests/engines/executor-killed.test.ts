import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { untilWithin } from '@scheduler-task/test-support/until'
import t from 'tap'
import { isLong } from './effort.ts'
import { down, up } from './engines.ts'
import { Executor, type JobBody } from './executor.ts'
import { launcherProcessesWith } from './processes-of.ts'

const runName = `k${Date.now().toString(36)}`
/** A shared machine may be slow; nothing here is measured against it. */
const waitMs = 90_000

const engines = await up(process.env, (line) => t.comment(line))
if (engines.started) t.teardown(() => down(process.env, false))
const spark = await endless('spark')
const flink = await endless('flink')
const bodies: readonly JobBody[] = [
  { engine: 'spark', deployMode: 'client', taskName: `${runName}-client`, config: spark },
  { engine: 'spark', deployMode: 'cluster', taskName: `${runName}-cluster`, config: spark },
  { engine: 'flink', taskName: `${runName}-flink`, config: flink }
]
const executor = await Executor.start(t, engines.environment, {
  MAX_LAUNCHERS: '3',
  MAX_DRIVERS: '3',
  KILL_GRACE_MS: '5000'
})
const { rm } = executor

/** All at once, so that they start in the time of one; or each alone, which meets more moments. */
for (const together of isLong ? bodies.map((one) => [one]) : [bodies]) {
  const names = together.map(({ taskName }) => taskName)
  const title = names.map((name) => name.slice(runName.length + 1)).join(', ')

  t.test(`${title}: one application each, whenever the executor is killed`, async (t) => {
    const submit = async () => {
      const jobs = await Promise.all(together.map((body) => executor.submit(body, body.taskName)))
      return jobs.map(({ id }) => id)
    }
    const began = performance.now()
    const asked = submit()
    await executor.crash()
    const ids = await asked
    const moments: readonly [string, () => Promise<boolean>][] = [
      ['a launcher has begun', async () => (await launcherProcessesWith(`${runName}-`)).length > 0],
      ['YARN has an application', async () => (await ownApps(names)).length > 0],
      ['YARN has all applications', async () => (await ownApps(names)).length === names.length]
    ]
    for (const [what, comes] of moments) {
      await untilWithin(waitMs, what, comes)
      await executor.crash()
      t.strictSame(await submit(), ids, `the same jobs after a kill when ${what}`)
    }
    for (const id of ids) await executor.reached(id, 'RUNNING')
    t.comment(`${title}: RUNNING ${seconds(began)} s after the first POST`)
    await executor.crash()
    for (const [i, id] of ids.entries()) {
      const { applicationId, attempts, tags, state } = await executor.job(id)
      t.equal(state, 'RUNNING', 'what runs goes on')
      const apps = await ownApps(names.slice(i, i + 1))
      t.strictSame(
        apps.map((app) => app.id),
        [applicationId]
      )
      const launched = attempts.at(-1)
      t.not(launched?.exit?.kind, 'not-started', 'the last launcher has run')
      for (const { exit } of attempts.slice(0, -1)) {
        t.match(
          exit,
          { kind: /^(not-started|unknown)$/ },
          'a kill before the spawn costs an attempt'
        )
      }
      const expected = [tags.installation, tags.submission, launched?.tag]
      t.strictSame([...(apps[0]?.applicationTags ?? [])].sort(), expected.sort())
    }
  })

  t.test(`${title}: stopped with proof, though the executor is killed meanwhile`, async (t) => {
    const jobs = (await executor.jobs()).filter(({ taskName }) => names.includes(taskName))
    t.equal(jobs.length, names.length)
    const began = performance.now()
    const asked = Promise.all(jobs.map(({ id }) => executor.stop(id)))
    await executor.crash()
    await asked
    await untilWithin(waitMs, 'the end of an application', async () =>
      (await ownApps(names)).some(({ state }) => state === 'KILLED')
    )
    await executor.crash()
    for (const { id, taskName, tags } of jobs) {
      const ended = await executor.reached(id, 'KILLED')
      t.strictSame(await executor.processesOf(ended), [], 'no process is left')
      t.strictSame(
        (await rm.liveApps()).filter(({ applicationTags }) =>
          applicationTags.includes(tags.submission)
        ),
        []
      )
      t.comment(`${taskName}: proof ${seconds(began)} s after the wish`)
      t.match(await rm.app(String(ended.applicationId)), { state: 'KILLED', finalStatus: 'KILLED' })
      t.match(await executor.jobWhere(id, 'its outcome is known', hasOutcome), {
        outcome: 'KILLED'
      })
    }
    t.equal((await ownApps(names)).length, names.length, 'nothing was started again')
  })
}

async function endless(engine: string): Promise<string> {
  return await readFile(join(import.meta.dirname, 'jobs', `stream.${engine}.conf`), 'utf8')
}

function hasOutcome({ outcome }: Readonly<{ outcome: string | null }>): boolean {
  return outcome !== null
}

async function ownApps(names: readonly string[]) {
  return (await rm.allApps()).filter(({ name }) => names.includes(name))
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1)
}
