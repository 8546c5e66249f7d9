import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { CONFIGS, startExecutor, startSurroundings } from './support/executor.ts'
import { type RecordedLaunch, recordedLaunching } from './support/recorded-launching.ts'
import { v2Calls } from './support/v2-calls.ts'

/** What a job that overrides both comes to; the launcher prints what a real one printed. */
const launch = (...settings: string[]): RecordedLaunch => ({
  recording: 'spark-client-ok',
  argv: ['spark-submit', '--master', 'yarn', '--deploy-mode', 'client', ...settings],
  job: { endless: 'true' },
  lives: true
})
const TAGS = ['--conf', 'spark.yarn.tags={tags}']
const NAME = ['--name', '{name}']

t.test('the application is compared with what was asked for', { jobs: 5 }, async (t) => {
  const around = await startSurroundings(t, { MAX_LAUNCHERS: '6', MAX_DRIVERS: '30' })
  const launching = await recordedLaunching(around, {
    'as-asked': launch(...NAME, ...TAGS),
    'other-name': launch('--name', 'mine', ...TAGS),
    'other-tags': launch(...NAME, '--conf', 'spark.yarn.tags=mine'),
    'no-tags': launch(...NAME),
    'one-tag': launch(...NAME, '--conf', 'spark.yarn.tags=x,{tags}-y'),
    neither: launch('--name', 'mine-too')
  })
  const { url, yarn } = await startExecutor(t, {}, { launching }, around)
  const { get, post, submit, inState } = v2Calls(url)
  const text = { configFile: undefined, config: CONFIGS['endless.conf'] }

  const rows: readonly [string, readonly { code: string; text: RegExp }[]][] = [
    ['as-asked', []],
    ['other-name', [{ code: 'NAME_DIFFERS', text: /is named mine: .* than other-name/ }]],
    ['other-tags', [{ code: 'TAGS_MISSING', text: /st-i-\w+, st-s-\w+, st-a-[\w-]+: .*its id/ }]],
    ['no-tags', [{ code: 'TAGS_MISSING', text: /does not bear st-i-/ }]],
    ['one-tag', [{ code: 'TAGS_MISSING', text: /does not bear st-a-[\w-]+:/ }]]
  ]
  for (const [name, warnings] of rows) {
    t.test(name, async (t) => {
      const { body } = await submit(name, text)
      const job = await inState(body.id, 'RUNNING')
      t.match(job.warnings, warnings)
      t.equal(job.warnings.length, warnings.length)
      t.match(await post(`/jobs/${body.id}/stop`), { http: 202 })
      await inState(body.id, 'KILLED')
      const app = yarn.applications.find(({ id }) => id === job.applicationId)
      t.match(app, { publicState: 'KILLED' }, 'also when it is known by its id alone')
      t.same((await get(`/jobs/${body.id}`)).body.warnings, job.warnings, 'they stay')
    })
  }

  t.test('one with another name and other tags may be anybody’s', async (t) => {
    const { body } = await submit('neither', text)
    const app = await until('it runs', () => {
      const found = yarn.applications.find(({ name }) => name === 'mine-too')
      return found?.publicState === 'RUNNING' && found
    })
    yarn.advance(app.id, 'FINISHED')
    const job = await inState(body.id, 'REJECTED', 'FINISHED')
    t.match(job, { state: 'REJECTED', applicationId: null })
    t.match(job.reasonText, `; its output names ${app.id}, which is named mine-too`)
  })
})
