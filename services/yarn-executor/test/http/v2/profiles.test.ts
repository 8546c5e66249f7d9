import { appendFile, cp } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startExecutor, startSurroundings } from '../../support/executor.ts'
import { v2Calls } from '../../support/v2-calls.ts'

const PYTHON = '# sandbox.endless = true\nprint("x")\n'
const FIRST = `spark { }
input { fakestream { content = ["x"] } }
filter { }
output { stdout { } }
`
const ENDLESS_FIRST = { engine: 'spark', profile: 'waterdrop-1', config: FIRST }
const JAR = Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(100_000, 1)])
const onSpark = { engine: 'spark', profile: 'spark-submit' }
const onFlink = { engine: 'flink', profile: 'flink' }
const NO_FILE = { configFile: undefined }

t.test(
  'every profile takes name, tags and queue to YARN, in every mode',
  { jobs: 4 },
  async (t) => {
    const executor = await startExecutor(t, { MAX_LAUNCHERS: '4', MAX_DRIVERS: '9' })
    const { url, yarn, writeConfig } = executor
    const { get, post, submit, inState } = v2Calls(url)
    await writeConfig('job.jar', JAR)
    await writeConfig('job.py', PYTHON)
    const cluster = { deployMode: 'cluster' }
    const client = { deployMode: 'client' }
    const rows: readonly [string, Record<string, unknown>, string][] = [
      ['first-client', { ...ENDLESS_FIRST, ...NO_FILE }, 'client'],
      ['first-cluster', { ...ENDLESS_FIRST, ...NO_FILE, ...cluster }, 'cluster'],
      ['second-client', { engine: 'spark' }, 'client'],
      ['second-cluster', { engine: 'spark', ...cluster }, 'cluster'],
      ['second-flink', { engine: 'flink', configFile: 'flink.conf' }, 'client'],
      ['python-client', { ...onSpark, configFile: 'job.py' }, 'client'],
      ['python-text-cluster', { ...onSpark, ...NO_FILE, config: PYTHON, ...cluster }, 'cluster'],
      [
        'jar-cluster',
        { ...onSpark, configFile: 'job.jar', ...cluster, mainClass: 'a.B' },
        'cluster'
      ],
      [
        'flink-jar',
        { ...onFlink, configFile: 'job.jar', args: ['# sandbox.endless = true'] },
        'client'
      ],
      ['flink-python', { ...onFlink, configFile: 'job.py', ...client }, 'client'],
      [
        'flink-application',
        { ...onFlink, configFile: 'job.jar', ...cluster, args: ['x y'] },
        'cluster'
      ]
    ]
    for (const [name, body, deployMode] of rows) {
      t.test(name, async (t) => {
        const taskName = `任务.${name}`
        const accepted = await submit(taskName, { ...body, queue: 'etl' })
        t.equal(accepted.http, 202, accepted.text)
        const { id } = accepted.body
        const profile = body.profile ?? 'waterdrop-2'
        const job = await inState(id, 'RUNNING', 'FINISHED')
        t.match(job, { profile, queue: 'etl', deployMode, warnings: [], attempts: [{ profile }] })
        const app = yarn.applications.find((one) => one.id === job.applicationId)
        t.match(app, { name: taskName, queue: /etl$/ })
        const { tags } = job
        const wanted = [tags.installation, tags.submission, job.attempts[0].tag]
        t.same([...(app?.tags ?? [])].sort(), wanted.sort())
        const { body: stopped } = await post(`/jobs/${id}/stop`)
        if (stopped.state === 'STOPPING') await inState(id, 'KILLED', 'FINISHED')
      })
    }
    await until('all are over', async () => {
      const { body } = await get('/jobs?state=ACCEPTED,LAUNCHING,SUBMITTED,RUNNING,STOPPING')
      return body.total === 0
    })
  }
)

t.test('what it was accepted with is what every later launch of it gets', async (t) => {
  const executor = await startExecutor(t)
  const { url, writeConfig, variables } = executor
  const { get, post, submit, inState } = v2Calls(url)
  await writeConfig('job.jar', JAR)
  const settings = {
    queue: 'etl',
    conf: { 'spark.executor.memory': '1g', 'spark.app.password': 'geheim-1' },
    args: ['--day', '2026-11-23', '--token', 'geheim-2', '中文'],
    mainClass: 'a.B'
  }
  const { body } = await submit('job', { ...onSpark, configFile: 'job.jar', ...settings })
  const shown = {
    profile: 'spark-submit',
    ...settings,
    variables: {},
    conf: { 'spark.executor.memory': '1g', 'spark.app.password': '******' },
    args: ['--day', '2026-11-23', '--token', '******', '中文']
  }
  t.match(body, shown)
  const first = await inState(body.id, 'RUNNING', 'FINISHED')
  const [{ argv }] = first.attempts
  t.notMatch(first.attempts, /geheim/)
  t.same(argv.slice(argv.indexOf('--class'), argv.indexOf('--class') + 2), ['--class', 'a.B'])
  t.same(argv.slice(-5), shown.args)
  t.match(await get(`/jobs/${body.id}/config`), { http: 404 }, 'a jar is not kept')

  const restarted = await post(`/jobs/${body.id}/restart`, { queue: null, args: ['x'] })
  t.match(restarted, { http: 202, body: { ...shown, queue: null, args: ['x'] } })
  t.equal(restarted.body.configDigest, body.configDigest)
  const second = await inState(restarted.body.id, 'RUNNING', 'FINISHED')
  t.equal(second.attempts[0].argv.at(-1), 'x')
  t.notOk(second.attempts[0].argv.includes('--queue'))
  await post(`/jobs/${restarted.body.id}/stop`)
  await inState(restarted.body.id, 'KILLED', 'FINISHED')

  await appendFile(join(String(variables.FILE_ROOT), 'job.jar'), 'x')
  const rerun = await post(`/jobs/${restarted.body.id}/rerun`)
  t.match(await inState(rerun.body.id, 'REJECTED'), {
    reason: 'NOT_PREPARED',
    reasonText: /job\.jar has changed since the job was accepted/
  })
  const anew = await post(`/jobs/${restarted.body.id}/rerun`, { configFile: 'job.jar' })
  t.not(anew.body.configDigest, body.configDigest)
  t.match(await inState(anew.body.id, 'RUNNING', 'FINISHED'), { args: ['x'] })
})

t.test('what a profile cannot do is answered by its reason, before anything is kept', async (t) => {
  const around = await startSurroundings(t)
  const waterdrop2 = join(String(around.variables.HOME), 'waterdrop-2-only')
  await cp(String(around.variables.WATERDROP_HOME), waterdrop2, { recursive: true })
  const executor = await startExecutor(
    t,
    { FLINK_HOME: '', WATERDROP_1_HOME: '', WATERDROP_HOME: waterdrop2 },
    {},
    around
  )
  const { url, writeConfig } = executor
  const { get, submit } = v2Calls(url)
  await writeConfig('job.jar', 'no jar')
  await writeConfig('job.py', PYTHON)
  const cases: [Record<string, unknown>, number, RegExp][] = [
    [{ engine: 'flink', profile: 'flink', configFile: 'job.py' }, 422, /FLINK_HOME: missing/],
    [{ ...ENDLESS_FIRST, ...NO_FILE }, 422, /WATERDROP_HOME: there is no .*start-waterdrop\.sh/],
    [{ engine: 'flink', profile: 'spark-submit' }, 400, /cannot launch flink jobs; waterdrop-2/],
    [{ engine: 'flink', configFile: 'flink.conf', deployMode: 'client' }, 400, /no deploy mode/],
    [{ profile: 'livy' }, 400, /no launcher profile/],
    [{ ...onSpark }, 400, /a file that ends in \.jar or \.py/],
    [{ ...onSpark, configFile: 'job.jar' }, 422, /is not a jar/],
    [{ ...onSpark, configFile: 'nope.jar' }, 422, /no such file/],
    [{ ...onSpark, configFile: '../job.jar' }, 400, /configFile/],
    [{ ...onSpark, configFile: 'job.py', conf: { 'spark.master': 'local' } }, 400, /always yarn/],
    [{ ...onSpark, configFile: 'job.py', variables: { a: 'b' } }, 400, /give it args/],
    [{ queue: 'a b' }, 400, /queue/],
    [{ variables: { 'a b': 'c' } }, 400, /variables/],
    [{ variables: { a: '$(b)' } }, 400, /variables\.a/],
    [{ args: 'x' }, 400, /args/],
    [{ conf: { 'spark.x': '1' } }, 400, /env block/]
  ]
  for (const [body, http, says] of cases) {
    const answer = await submit('refused', body)
    t.equal(answer.http, http, answer.text)
    t.match(answer.text, says)
  }
  t.match(await get('/jobs'), { body: { total: 0 } })
  const { body } = await get('/profiles')
  const of = (name: string, engine: string) =>
    body.items.find((one: Record<string, unknown>) => one.name === name && one.engine === engine)
  t.match(of('flink', 'flink'), {
    available: false,
    missing: { variable: 'FLINK_HOME' },
    deployModes: ['client', 'cluster'],
    files: ['.jar', '.py'],
    isDefault: false
  })
  t.match(of('waterdrop-2', 'spark'), {
    available: true,
    missing: null,
    isDefault: true,
    conf: false
  })
  t.notOk(of('spark-submit', 'flink'))
})

t.test('v1 with SPARK_LAUNCHER=spark-submit and FLINK_LAUNCHER=flink runs programs', async (t) => {
  const launchers = { SPARK_LAUNCHER: 'spark-submit', FLINK_LAUNCHER: 'flink', WATERDROP_HOME: '' }
  const { post, yarn, writeConfig, url } = await startExecutor(t, launchers)
  await writeConfig('job.py', PYTHON)
  await writeConfig('job.jar', JAR)
  const spark = { master: 'yarn', 'deploy-mode': 'client', configFile: 'job.py', taskName: 'a' }
  const started = await post('/executor/start/spark', spark)
  t.match(started, { statusCode: 200, data: /^application_/ })
  const flink = { master: 'yarn-cluster', configFile: 'job.jar', taskName: 'b' }
  const onFlinkV1 = await post('/executor/start/flink', flink)
  t.match(onFlinkV1, { statusCode: 200 })
  t.match(
    yarn.applications.map(({ id, name }) => [id, name]),
    [
      [started.data, 'a'],
      [onFlinkV1.data, 'b']
    ]
  )
  t.match(await v2Calls(url).get('/jobs'), {
    body: { items: [{ profile: 'flink' }, { profile: 'spark-submit' }] }
  })
  const restarted = await post(`/executor/restart/spark/${started.data}`, spark)
  t.match(restarted, { statusCode: 200 })
  t.match(await post(`/executor/stop/${restarted.data}`), { statusCode: 200, data: true })
  const conf = await post('/executor/start/spark', { ...spark, configFile: 'endless.conf' })
  t.match(conf, { http: 400 }, 'what it runs is a program')
})
