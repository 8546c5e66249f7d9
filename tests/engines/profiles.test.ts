import t, { type Test } from 'tap'
import { isLong } from './effort.ts'
import { down, up } from './engines.ts'
import { Executor, type Job } from './executor.ts'
import { launcherProcessesWith } from './processes-of.ts'
import { endlessCases, failingCases } from './profile-cases.ts'

/** At once: more of them take longer on two cores, and each takes up to 1 GB. */
const TOGETHER = 3
const runName = `g${Date.now().toString(36)}`

const engines = await up(process.env, (line) => t.comment(line))
if (engines.started) t.teardown(() => down(process.env, false))
const settings = {
  FILE_ROOT: engines.programs,
  MAX_LAUNCHERS: '3',
  MAX_DRIVERS: '3',
  CONTAINER_LOG_INTERVAL_MS: '1000'
}
/** SeaTunnel runs on engines of its own; an executor has one of each kind. */
const newest = await Executor.start(t, engines.environment, settings)
const older = await Executor.start(t, engines.environment, {
  ...engines.seatunnelEnvironment,
  ...settings
})
const { rm } = newest
const types = { spark: 'SPARK', flink: 'Apache Flink' } as const

t.jobs = TOGETHER

for (const [number, { title, body, prints, killed, short }] of endlessCases.entries()) {
  if (!short && !isLong) continue
  t.test(title, { buffered: true }, async (t) => {
    const executor = executorFor(body.profile)
    const taskName = `${runName}-${number}`
    const began = performance.now()
    const { id, tags } = await executor.submit({ ...body, taskName })
    await executor.jobWhere(
      id,
      'it has an application',
      ({ applicationId }) => applicationId !== null
    )
    t.comment(`${title}: its id after ${seconds(began)} s`)
    const running = await executor.reached(id, 'RUNNING')
    t.comment(`${title}: RUNNING after ${seconds(began)} s`)
    const apps = await appsTagged(tags.submission)
    t.match(apps, [
      { id: running.applicationId, name: taskName, applicationType: types[body.engine] }
    ])
    t.equal(apps.length, 1, 'one application')
    t.strictSame(running.warnings, [], 'YARN has its name and its tags')

    const line = await executor.lineThat(id, ({ text }) => prints.test(text))
    t.comment(`${title}: its own line after ${seconds(began)} s, from ${line.source}`)

    if (killed) {
      await executor.crash()
      const adopted = await executor.reached(id, 'RUNNING')
      t.equal(adopted.applicationId, running.applicationId, 'the same application after a kill')
      t.equal(adopted.attempts.length, 1, 'which was not started again')
      await executor.lineThat(id, ({ text }) => prints.test(text), line.next)
      t.comment(`${title}: its log goes on after ${seconds(began)} s`)
    }

    const asked = performance.now()
    await stop(t, executor, running)
    t.comment(`${title}: stopped with proof ${seconds(asked)} s after the wish`)
  })
}

for (const [number, { title, body, on, cause, short }] of failingCases.entries()) {
  if (!short && !isLong) continue
  t.test(`fails: ${title}`, { buffered: true }, async (t) => {
    const executor = on === 'newest' ? newest : older
    const began = performance.now()
    const { id } = await executor.submit({ ...body, taskName: `${runName}-f${number}` })
    const ended = await executor.jobWhere(
      id,
      'its outcome is known',
      ({ outcome }) => outcome !== null
    )
    t.equal(ended.outcome, 'FAILED', JSON.stringify(ended.evidence))
    const causes = await executor.diagnosisThat(id, cause)
    t.match(JSON.stringify(causes), cause)
    t.comment(
      `${title}: ${ended.state} after ${seconds(began)} s, ${causes[0]?.code}: ${causes[0]?.sentence}`
    )
    t.strictSame(await executor.processesOf(ended), [], 'no process is left')
  })
}

/** SeaTunnel's jobs run on the engines that it was built for. */
function executorFor(profile: string | undefined): Executor {
  return profile?.startsWith('seatunnel') ? older : newest
}

async function appsTagged(tag: string) {
  return (await rm.allApps()).filter(({ applicationTags }) => applicationTags.includes(tag))
}

/** The proof of a stop: YARN says so, nothing is alive that bears the tag, and no process is left. */
async function stop(t: Test, executor: Executor, { id, tags, applicationId }: Job): Promise<void> {
  await executor.stop(id)
  const ended = await executor.reached(id, 'KILLED')
  t.match(await rm.app(String(applicationId)), { state: 'KILLED', finalStatus: 'KILLED' })
  const known = await executor.jobWhere(id, 'its outcome is known', (job) => job.outcome !== null)
  t.equal(known.outcome, 'KILLED')
  t.strictSame(await executor.processesOf(ended), [], 'no process is left')
  t.strictSame(await launcherProcessesWith(tags.submission), [])
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1)
}
