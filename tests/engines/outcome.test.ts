import t from 'tap'
import { isLong } from './effort.ts'
import { down, up } from './engines.ts'
import { Executor } from './executor.ts'

type Case = Readonly<{
  title: string
  /** Of the job: what it makes of itself, see `waterdrop-core/…/Waterdrop.java`. */
  source: string
  mode: 'client' | 'cluster'
  yarn: 'SUCCEEDED' | 'FAILED'
  outcome: 'SUCCEEDED' | 'FAILED'
}>

const cases: readonly Case[] = [
  {
    title: 'throws: YARN says SUCCEEDED, the exit status tells',
    source: 'BrokenFake',
    mode: 'client',
    yarn: 'SUCCEEDED',
    outcome: 'FAILED'
  },
  {
    title: 'swallows its error: only its output tells',
    source: 'FailingFake',
    mode: 'client',
    yarn: 'SUCCEEDED',
    outcome: 'FAILED'
  },
  ...(isLong
    ? ([
        {
          title: 'ends well',
          source: 'Fake',
          mode: 'client',
          yarn: 'SUCCEEDED',
          outcome: 'SUCCEEDED'
        },
        {
          title: 'ends well',
          source: 'Fake',
          mode: 'cluster',
          yarn: 'SUCCEEDED',
          outcome: 'SUCCEEDED'
        },
        {
          title: 'throws',
          source: 'BrokenFake',
          mode: 'cluster',
          yarn: 'FAILED',
          outcome: 'FAILED'
        }
      ] as const)
    : [])
]
const runName = `o${Date.now().toString(36)}`

const engines = await up(process.env, (line) => t.comment(line))
if (engines.started) t.teardown(() => down(process.env, false))
const executor = await Executor.start(t, engines.environment, {
  MAX_LAUNCHERS: '3',
  MAX_DRIVERS: '3'
})

/** All at once: they run in the time of one, and the executor is killed while they do. */
const submitted = cases.map(({ source, mode }) =>
  executor.submit({
    engine: 'spark',
    deployMode: mode,
    taskName: `${runName}-${source}-${mode}`,
    config: `env { }\nsource { ${source} { result_table_name = "t1" } }\ntransform { }\nsink { Console { } }\n`
  })
)
const jobs = await Promise.all(submitted)
for (const { id } of jobs) await executor.jobWhere(id, 'it has an application', hasApplication)
await executor.crash()

for (const [i, { title, mode, yarn, outcome }] of cases.entries()) {
  t.test(`a Spark job in ${mode} mode that ${title}`, async (t) => {
    const ended = await executor.jobWhere(
      String(jobs[i]?.id),
      'its outcome is known',
      (job) => job.outcome !== null
    )
    const app = await executor.rm.app(String(ended.applicationId))
    t.equal(app.finalStatus, yarn, 'what YARN says')
    t.match(ended, { state: app.state, outcome })
    t.ok(ended.evidence.length > 0, JSON.stringify(ended.evidence))
    t.strictSame(await executor.processesOf(ended), [])
  })
}

function hasApplication({ applicationId }: Readonly<{ applicationId: string | null }>): boolean {
  return applicationId !== null
}
