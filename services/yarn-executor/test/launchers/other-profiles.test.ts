import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import t from 'tap'
import type { LaunchRequest, Program } from '../../src/domain/launching.ts'
import { requestFor } from '../support/launching.ts'
import { recordingLaunching, recordLaunch } from '../support/recording-launchers.ts'

const root = lastingDirectory(t)
const launching = await recordingLaunching(root)
const FIRST = `spark { spark.executor.instances = 1 }
input { fake { result_table_name = "t1" } }
filter { }
output { stdout { } }
`
const PYTHON = Buffer.from('print("中文")\n')
const JAR = Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(3 * 1024 * 1024, 7)])
const tagsOf = (id: string) => `st-i-1,st-s-1,st-a-${id}`
/** Everything that a shell would not leave alone; the programs get it as it is. */
const ODD = ['--class', '-c', '$(touch x)', 'a b', '`x`', "it's", '"', '\\', '*', '中文', '{"a":1}']

let made = 0
function jar(): Program {
  made += 1
  const path = join(root, `job ${made}.jar`)
  writeFileSync(path, JAR)
  const digest = `sha256:${createHash('sha256').update(JAR).digest('hex')}`
  return { path, digest, bytes: JAR.length }
}

const PYTHON_ON_SPARK = { profile: 'spark-submit', config: PYTHON, configName: 'a.py' } as const
const PYTHON_ON_FLINK = { ...PYTHON_ON_SPARK, profile: 'flink', engine: 'flink' } as const
const JAR_ON_SPARK = {
  profile: 'spark-submit',
  config: Buffer.alloc(0),
  configName: 'a.jar'
} as const
const JAR_ON_FLINK = { ...JAR_ON_SPARK, profile: 'flink', engine: 'flink' } as const
const ON_FIRST = { profile: 'waterdrop-1', config: Buffer.from(FIRST) } as const

type Row = readonly [
  what: string,
  changes: () => Partial<LaunchRequest>,
  /** Of the engine, `FILE` for the launcher's copy, `TAGS` for the tags. */
  argv: readonly string[]
]

// biome-ignore format: one case a line
const ROWS: readonly Row[] = [
  ['a Python file on this host', () => PYTHON_ON_SPARK, ['--master', 'yarn', '--deploy-mode', 'client', '--name', '测试_1', '--conf', 'spark.yarn.tags=TAGS', 'FILE']],
  ['a Python file on the cluster, with all there is', () => ({ ...PYTHON_ON_SPARK, deployMode: 'cluster', queue: 'root.etl', conf: { 'spark.executor.memory': '1g', 'spark.driver.extraJavaOptions': '-Da=b -Dc="$(x)"' }, args: ODD }), ['--master', 'yarn', '--deploy-mode', 'cluster', '--name', '测试_1', '--queue', 'root.etl', '--conf', 'spark.yarn.tags=TAGS', '--conf', 'spark.yarn.submit.waitAppCompletion=false', '--conf', 'spark.executor.memory=1g', '--conf', 'spark.driver.extraJavaOptions=-Da=b -Dc="$(x)"', 'FILE', ...ODD]],
  ['a jar with a class', () => ({ ...JAR_ON_SPARK, program: jar(), mainClass: 'com.example.Main$', args: ['1'] }), ['--master', 'yarn', '--deploy-mode', 'client', '--name', '测试_1', '--conf', 'spark.yarn.tags=TAGS', '--class', 'com.example.Main$', 'FILE', '1']],
  ['Flink: a jar, a cluster for it', () => ({ ...JAR_ON_FLINK, program: jar(), args: ODD, queue: 'etl' }), ['run', '-t', 'yarn-per-job', '-d', '-Dyarn.application.name=测试_1', '-Dyarn.tags=TAGS', '-Dyarn.application.queue=etl', 'FILE', ...ODD]],
  ['Flink: a jar in application mode', () => ({ ...JAR_ON_FLINK, program: jar(), deployMode: 'cluster', mainClass: 'a.B', conf: { 'taskmanager.numberOfTaskSlots': '2', 'env.java.opts': '-Da=b -Dc=d' }, args: ['--x', 'a b'] }), ['run-application', '-t', 'yarn-application', '-Dyarn.application.name=测试_1', '-Dyarn.tags=TAGS', '-Dtaskmanager.numberOfTaskSlots=2', '-Denv.java.opts=-Da=b -Dc=d', '-c', 'a.B', 'FILE', '--x', 'a b']],
  ['Flink: a Python file', () => PYTHON_ON_FLINK, ['run', '-t', 'yarn-per-job', '-d', '-Dyarn.application.name=测试_1', '-Dyarn.tags=TAGS', '-py', 'FILE']],
  ['Flink: a Python file with arguments that look like its own', () => ({ ...PYTHON_ON_FLINK, args: ['-p', '4'] }), ['run', '-t', 'yarn-per-job', '-d', '-Dyarn.application.name=测试_1', '-Dyarn.tags=TAGS', '-py', 'FILE', '--', '-p', '4']]
]

for (const [what, changes, argv] of ROWS) {
  const id = `plain-${ROWS.findIndex(([one]) => one === what)}`
  t.test(`${what}: the engine gets it word by word, without a shell in between`, async (t) => {
    const request = requestFor(id, { taskName: '测试_1', ...changes() })
    t.same(launching.check(request), [])
    const prepared = await launching.prepare(request)
    const program = request.engine === 'spark' ? 'spark/bin/spark-submit' : 'flink/bin/flink'
    t.equal(prepared.argv[0], join(root, program))
    t.equal(prepared.holdsDriver, request.engine === 'spark' && request.deployMode === 'client')
    const directory = join(root, 'attempts', id)
    const file = request.program
      ? join(directory, 'program/submission-1.jar')
      : join(directory, 'submission-1.py')
    t.same(readFileSync(file), request.program ? JAR : PYTHON)
    if (request.program) t.equal(prepared.configDigest, request.program.digest)
    const expected = argv.map((word) => word.replace('FILE', file).replace('TAGS', tagsOf(id)))
    const recorded = await recordLaunch(t, launching, request)
    t.strictSame(recorded?.argv, expected)
    t.equal(recorded?.environment.HADOOP_USER_NAME, 'alice')
    if (!request.program) return
    const attempt = { attemptId: id, identity: undefined, directory }
    await launching.clean(attempt)
    t.notOk(existsSync(file), 'a jar is kept no longer than it may be read')
  })
}

t.test(
  'Waterdrop 1.x: name, tags and queue stand where its script and its driver look',
  async (t) => {
    const queue = 'root.etl'
    const variables = { day: '2026-11-23', 'a.b': '/x:y' }
    const request = requestFor('first', { ...ON_FIRST, taskName: '测试.v1', queue, variables })
    t.same(launching.check(request), [])
    const { argv } = await launching.prepare(request)
    const copy = join(root, 'attempts/first/submission-1.conf')
    t.strictSame(argv.slice(1), [
      join(root, 'waterdrop-1/bin/start-waterdrop.sh'),
      ...['--master', 'yarn', '--deploy-mode', 'client', '--queue', queue, '--config', copy],
      ...['-i', 'day=2026-11-23', '-i', 'a.b=/x:y']
    ])
    const recorded = await recordLaunch(t, launching, request)
    const words = recorded?.argv ?? []
    const wordAfter = (option: string) => words[words.indexOf(option) + 1]
    t.match(
      [
        wordAfter('--name'),
        wordAfter('--master'),
        wordAfter('--deploy-mode'),
        wordAfter('--queue')
      ],
      ['测试.v1', 'yarn', 'client', queue]
    )
    t.equal(wordAfter('--driver-java-options'), '-Da.b=/x:y -Dday=2026-11-23')
    t.same(words.slice(words.indexOf('--config')), argv.slice(argv.indexOf('--config')))
    t.equal(recorded?.environment.SPARK_SUBMIT_OPTS, `-Dspark.yarn.tags=${tagsOf('first')}`)
    const end = `\nspark {\n  spark.yarn.tags = "${tagsOf('first')}"\n  spark.yarn.queue = "${queue}"\n  spark.app.name = "测试.v1"\n}\n`
    t.equal(readFileSync(copy, 'utf8'), `spark { spark.app.name = "测试.v1" }\n${FIRST}${end}`)

    const cluster = requestFor('first-c', { ...ON_FIRST, deployMode: 'cluster' })
    const onCluster = await recordLaunch(t, launching, cluster)
    t.match(onCluster?.environment.SPARK_SUBMIT_OPTS, /waitAppCompletion=false/)
    t.match(onCluster?.argv.join(' '), '--name testSpark --master yarn --deploy-mode cluster')
  }
)

t.test('Waterdrop 2.0: queue, variables and settings', async (t) => {
  const variables = { city: 'Beijing' }
  const spark = requestFor('second', { queue: 'etl', variables, deployMode: 'cluster' })
  const onSpark = await recordLaunch(t, launching, spark)
  t.match(onSpark?.environment.SPARK_SUBMIT_OPTS, / -Dspark\.yarn\.queue=etl$/)
  t.match(onSpark?.argv.join(' '), '-i city=Beijing')
  const rendered = readFileSync(join(root, 'attempts/second/submission-1.conf'), 'utf8')
  t.match(rendered, /^ {2}spark\.yarn\.queue = "etl"$/m)
  const conf = { 'taskmanager.memory.process.size': '768m' }
  const given = { engine: 'flink', queue: 'etl', variables, conf } as const
  const onFlink = await recordLaunch(t, launching, requestFor('second-f', given))
  t.match(
    onFlink?.argv.join(' '),
    `run -m yarn-cluster -ynm testSpark -yqu etl -yD yarn.tags=${tagsOf('second-f')} -yD taskmanager.memory.process.size=768m -d -c`
  )
  t.equal(onFlink?.environment.JVM_ARGS, '-Dcity=Beijing')
})

t.test('a program that is another by now, or gone, is not launched', async (t) => {
  const changed = jar()
  writeFileSync(changed.path, JAR.subarray(0, -1))
  const gone = { ...jar(), path: join(root, 'nowhere.jar') }
  for (const [program, message] of [
    [changed, /job \d+\.jar has changed since the job was accepted: it was sha256:/],
    [gone, /nowhere\.jar cannot be read any more \(ENOENT\)/]
  ] as const) {
    const request = requestFor('changed', { ...JAR_ON_SPARK, program })
    await t.rejects(launching.prepare(request), { name: 'NotStarted', message })
    t.notOk(existsSync(join(root, 'attempts/changed/program')), 'and no copy is left')
  }
})
