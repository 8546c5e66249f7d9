import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeSandboxCluster } from '@scheduler-task/sandbox/launchers/sandbox-cluster'
import { startYarn } from '@scheduler-task/sandbox/yarn/yarn'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { inspectHost } from '../../src/adapters/launcher-host.ts'
import { type LaunchRequest, NotStarted } from '../../src/domain/launching.ts'
import { launcherEnvironment } from '../../src/launchers/launcher-environment.ts'
import { hostedProfiles } from '../../src/launchers/launcher-profiles.ts'
import { type AttackedLaunchers, attackedLaunchers } from '../support/attacked-launchers.ts'
import { requestFor } from '../support/launching.ts'

const TAGS = 'st-i-1,st-s-1,st-a-a1'
const BLOCKS = `source {
  FakeSource { row.num = 4, schema = { fields { name = "string", age = "int" } } }
}
sink { Console { } }
`
const BATCH = `env {
  job.mode = "BATCH"
  spark.executor.memory = 1g
}
${BLOCKS}`
const JSON_JOB = JSON.stringify({
  env: { 'job.mode': 'BATCH', 'spark.executor.memory': '1g' },
  source: [{ plugin_name: 'FakeSource', schema: { fields: { name: 'string' } } }],
  sink: [{ plugin_name: 'Console' }]
})
const SPARK_CLASS = 'org.apache.seatunnel.core.starter.spark.SeaTunnelSpark'
const FLINK_CLASS = 'org.apache.seatunnel.core.starter.flink.SeaTunnelFlink'

function request(changes: Partial<LaunchRequest>): LaunchRequest {
  return requestFor('a1', {
    profile: 'seatunnel-2.3',
    taskName: '测试_1',
    config: Buffer.from(BATCH),
    configName: 'a.conf',
    ...changes
  })
}

function profileOf({ hosted }: AttackedLaunchers, { profile: name, engine }: LaunchRequest) {
  const found = hosted.find((one) => one.name === name && one.engine === engine)
  if (!found?.profile) throw new Error(`${name} ${engine}: ${found?.missing?.problem}`)
  return found.profile
}

async function launchers(t: Test) {
  const root = lastingDirectory(t)
  const made = await attackedLaunchers(root)
  const launch = async (one: LaunchRequest) => {
    const profile = profileOf(made, one)
    t.same(
      profile.check(one).filter(({ severity }) => severity === 'error'),
      []
    )
    return await made.launch(profile, one)
  }
  const refusals = (one: LaunchRequest) =>
    profileOf(made, one)
      .check(one)
      .filter(({ severity }) => severity === 'error')
  return { root, made, launch, refusals }
}

t.test('by script on Spark: what spark-submit gets in the end', async (t) => {
  const { root, launch } = await launchers(t)
  const home = join(root, 'seatunnel')
  const jars = ['lib/seatunnel-transforms-v2', 'connectors/connector-fake-2.3.4']
  const all = [...jars, 'connectors/connector-console-2.3.4'].map((jar) => join(home, `${jar}.jar`))
  for (const deployMode of ['client', 'cluster'] as const) {
    const where = ['--master', 'yarn', '--deploy-mode', deployMode]
    for (const [config, name] of [
      [BATCH, 'job.conf'],
      [JSON_JOB, 'job.json']
    ] as const) {
      const { argv, java } = await launch(
        request({ deployMode, config: Buffer.from(config), configName: name, queue: 'root.etl' })
      )
      const files = ['--files', `${join(home, 'plugins.tar.gz')},DIR/${name}`]
      t.same(argv, [
        ...['--class', SPARK_CLASS, '--name', '测试_1', ...where, '--jars', all.join(',')],
        ...(deployMode === 'cluster' ? files : []),
        ...['--conf', 'job.mode=BATCH', '--conf', 'spark.executor.memory=1g'],
        ...[join(home, 'starter/seatunnel-spark-3-starter.jar'), '--config', `DIR/${name}`],
        ...[...where, '--name', '测试_1']
      ])
      const let_go = deployMode === 'cluster' ? ' -Dspark.yarn.submit.waitAppCompletion=false' : ''
      t.equal(java[1], `-Dspark.yarn.tags=${TAGS} -Dspark.yarn.queue=root.etl${let_go}`)
    }
  }
  const variables = { day: '2026-11-23', 'a.b': '/x:y' }
  const config = Buffer.from(BATCH.replace('1g', `1g\n  spark.x = \${day}"-x"`))
  const { argv } = await launch(request({ variables, config }))
  t.equal(argv[argv.indexOf('--driver-java-options') + 1], '-Dday=2026-11-23 -Da.b=/x:y')
  t.ok(argv.includes('spark.x=2026-11-23-x'))
})

t.test('without a script on Spark: each value is a word of its own', async (t) => {
  const { root, launch, made } = await launchers(t)
  const home = join(root, 'seatunnel')
  mkdirSync(join(home, 'plugins/jdbc/lib'), { recursive: true })
  writeFileSync(join(home, 'plugins/jdbc/lib/driver.jar'), '')
  writeFileSync(join(home, 'connectors/connector-console-more-2.3.4.jar'), '')
  const jars = [
    'plugins/jdbc/lib/driver',
    'lib/seatunnel-transforms-v2',
    'connectors/connector-fake-2.3.4',
    'connectors/connector-console-2.3.4'
  ].map((jar) => join(home, `${jar}.jar`))
  const odd = 'a  b $(touch x) `y` "z" \\ *'
  const config = `env {\n  job.mode = BATCH\n  spark.odd = ${JSON.stringify(odd)}\n  spark.day = \${day}\n  spark.driver.extraJavaOptions = "-Dx=y -Xmx1g"\n}\n${BLOCKS}`
  for (const deployMode of ['client', 'cluster'] as const) {
    const where = ['--master', 'yarn', '--deploy-mode', deployMode, '--name', '测试_1']
    const { argv } = await launch(
      request({
        profile: 'seatunnel-2.3-direct',
        deployMode,
        config: Buffer.from(config),
        queue: 'etl',
        variables: { day: 'monday' },
        conf: { 'spark.more': odd, 'spark.day': 'tuesday' }
      })
    )
    const client = deployMode === 'client'
    const options = '-Dx=y -Xmx1g -Dday=monday'
    t.same(argv, [
      ...[...where, '--queue', 'etl', '--conf', `spark.odd=${odd}`, '--conf', 'spark.day=tuesday'],
      ...(client
        ? ['--driver-java-options', options]
        : ['--conf', `spark.driver.extraJavaOptions=${options}`]),
      ...['--conf', `spark.more=${odd}`],
      ...['--conf', 'spark.executor.extraJavaOptions=-Dday=monday'],
      ...(client ? [] : ['--conf', 'spark.yarn.submit.waitAppCompletion=false']),
      ...['--conf', `spark.yarn.tags=${TAGS}`, '--class', SPARK_CLASS, '--jars', jars.join(',')],
      ...(client ? [] : ['--files', 'DIR/job.conf']),
      ...[join(home, 'starter/seatunnel-spark-3-starter.jar'), '--config', 'DIR/job.conf', ...where]
    ])
  }
  const unknown = request({
    profile: 'seatunnel-2.3-direct',
    config: Buffer.from(
      `env { }\n${BLOCKS.replace('Console', 'Jdbc { url = "x", driver = "y" }\n Console')}`
    )
  })
  const command = made.command(profileOf(made, unknown), unknown)
  await t.rejects(command, { message: /connector of sink Jdbc is not installed/ })
})

t.test('on Flink: variables are properties of the client, settings are options', async (t) => {
  const { root, launch } = await launchers(t)
  const options = {
    queue: 'etl',
    variables: { day: 'monday' },
    conf: { 'parallelism.default': '2' }
  }
  for (const profile of ['seatunnel-2.3', 'seatunnel-2.3-direct'] as const) {
    const { argv, java } = await launch(request({ profile, engine: 'flink', ...options }))
    const jar = join(root, 'seatunnel/starter/seatunnel-flink-15-starter.jar')
    const tags = ['-yD', `yarn.tags=${TAGS}`]
    const setting = ['-yD', 'parallelism.default=2']
    t.same(argv, [
      ...['run', '-m', 'yarn-cluster', '-ynm', '测试_1', '-yqu', 'etl'],
      ...(profile === 'seatunnel-2.3' ? [...tags, ...setting] : [...setting, ...tags]),
      ...['-d', '-c', FLINK_CLASS, jar, '--config', 'DIR/job.conf', '--name', '测试_1']
    ])
    t.equal(java[0], '-Dday=monday')
  }
})

t.test('what the env block may not hold', async (t) => {
  const { refusals } = await launchers(t)
  const env = (line: string, changes: Partial<LaunchRequest> = {}) =>
    refusals(request({ config: Buffer.from(`env {\n  ${line}\n}\n${BLOCKS}`), ...changes }))
  const either: readonly (readonly [string, RegExp])[] = [
    ['spark.yarn.tags = x', /finds the application/],
    ['spark.yarn.queue = x', /another spark.yarn.queue/],
    ['spark.submit.deployMode = cluster', /another spark.submit.deployMode/],
    ['spark.driver.extraClassPath = "/x.jar"', /JVM on the service’s host/],
    ['spark.driver.extraJavaOptions = "-Dx=y -javaagent:/x.jar"', /-Dname=value/],
    ['"a b" = 1', /must be letters, digits/],
    ['spark.x += 1', /without \+=/],
    [`spark.x = \${?HOME}`, /plain/],
    [`spark.x = [[1]]`, /plain values only/]
  ]
  for (const [line, message] of either) {
    for (const profile of ['seatunnel-2.3', 'seatunnel-2.3-direct'] as const) {
      const found = env(line, { profile, queue: 'etl' })
      t.ok(
        found.some((one) => message.test(one.message) && one.line === 2),
        `${profile}: ${line}`
      )
    }
  }
  for (const value of ['a  b', '$x', '`x`', 'a\\b', 'a"b', 'a * b', 'a\nb']) {
    const found = env(`spark.x = ${JSON.stringify(value)}`)
    t.match(found[0]?.message, /seatunnel-2.3-direct takes it/, value)
  }
  for (const value of ['a b', "it's", 'a;b&c|d', '*', '/x/*.jar', '{a,b}', '-Dx=y', '中文', '[a']) {
    t.same(env(`spark.x = ${JSON.stringify(value)}`), [], value)
  }
  t.same(env('spark.x = [a, b]'), [])
  const hidden = (first: string) =>
    refusals(
      request({
        config: Buffer.from(`one = "${first}"\none = b\nenv { spark.x = \${one} }\n${BLOCKS}`)
      })
    )
  t.same(hidden('a'), [])
  t.match(
    hidden('$(x)')[0]?.message,
    /leads to a block/,
    'also what only another parser would take'
  )
  t.same(env('spark.driver.extraJavaOptions = "-javaagent:x"', { deployMode: 'cluster' }), [])
  t.same(
    env('spark.yarn.tags = "$(x)"', { engine: 'flink' }),
    [],
    'Flink’s script does not read it'
  )
})

t.test('which installation is taken, and what is wrong with others', async (t) => {
  const root = lastingDirectory(t)
  const { hosted } = await attackedLaunchers(root)
  const home = join(root, 'seatunnel')
  const names = { spark: ['spark-3', 'spark-2'], flink: ['flink-15', 'flink-13'] } as const
  const { bash } = await inspectHost()
  const homes = {
    WATERDROP_HOME: join(root, 'waterdrop'),
    SEATUNNEL_HOME: home,
    SPARK_HOME: join(root, 'spark'),
    FLINK_HOME: join(root, 'flink')
  }
  const look = async (given: Record<string, string> = homes) => {
    const defaults = { spark: 'waterdrop-2', flink: 'waterdrop-2' } as const
    const all = await hostedProfiles({ homes: given, bash, environment: {} }, defaults)
    return all.filter(({ name }) => name.startsWith('seatunnel'))
  }
  t.equal(hosted.filter(({ name }) => name.startsWith('seatunnel')).length, 4)
  for (const [first] of Object.values(names)) {
    rmSync(join(home, `bin/start-seatunnel-${first}-connector-v2.sh`))
    rmSync(join(home, `starter/seatunnel-${first}-starter.jar`))
  }
  for (const { engine, profile } of await look()) {
    const one = request({ engine, profile: profile?.name ?? 'flink' })
    const { argv } = (await profile?.command(one, '/x/job.conf')) ?? { argv: [] }
    t.ok(
      argv.some((word) => word.includes(names[engine][1])),
      `${engine} ${names[engine][1]}`
    )
  }
  const { SEATUNNEL_HOME, ...without } = homes
  for (const { missing } of await look(without)) t.equal(missing?.variable, 'SEATUNNEL_HOME')
  renameSync(home, join(root, 'a b'))
  for (const { missing } of await look({ ...homes, SEATUNNEL_HOME: join(root, 'a b') })) {
    t.match(missing, { variable: 'SEATUNNEL_HOME', problem: /blanks or shell characters/ })
  }
})

t.test('the site’s own tags would hide ours behind the script', async (t) => {
  const { root, made } = await launchers(t)
  mkdirSync(join(root, 'spark/conf'))
  writeFileSync(join(root, 'spark/conf/spark-defaults.conf'), 'spark.yarn.tags site\n')
  const scripted = request({})
  await t.rejects(made.command(profileOf(made, scripted), scripted), NotStarted)
  const direct = request({ profile: 'seatunnel-2.3-direct' })
  t.ok(await made.command(profileOf(made, direct), direct), 'an option beats them')
})

t.test('name, tags and queue reach YARN in every mode', async (t) => {
  const dir = lastingDirectory(t)
  const yarn = await startYarn({ timing: { acceptMs: 20, registerMs: 100 } })
  t.teardown(() => yarn.close())
  const cluster = await writeSandboxCluster(dir, { resourceManagerUrl: yarn.url })
  const { bash, locale } = await inspectHost()
  const PATH = `${join(process.execPath, '..')}:/usr/bin:/bin`
  const environment = launcherEnvironment(
    { ...cluster.environment, PATH, YARN_USER: 'alice' },
    locale
  )
  const defaults = { spark: 'waterdrop-2', flink: 'waterdrop-2' } as const
  const all = await hostedProfiles({ homes: cluster.environment, bash, environment }, defaults)
  t.ok(
    all.every(({ missing }) => missing === null),
    'the sandbox has what every profile needs'
  )
  let number = 0
  for (const { name, engine, abilities, profile } of all) {
    if (!profile || !name.startsWith('seatunnel')) continue
    for (const deployMode of abilities.deployModes.length > 0
      ? abilities.deployModes
      : ['client' as const]) {
      number++
      const config = Buffer.from(BATCH.replace('1g', '1g\n  sandbox.run.ms = 100'))
      const tags = ['st-i-1', 'st-s-1', `st-a-${number}`] as const
      const one = request({ profile: name, engine, deployMode, tags, config, queue: 'default' })
      const path = join(dir, `job-${number}.conf`)
      writeFileSync(path, config)
      const { argv, environment: env } = await profile.command(one, path)
      const [program = '', ...words] = argv
      const child = spawn(program, words, { cwd: dir, env, stdio: 'ignore' })
      const what = `${name} ${engine} ${deployMode}`
      const [code] = await once(child, 'close')
      t.equal(code, 0, what)
      const shown = () => yarn.applications.find((app) => app.tags.includes(`st-a-${number}`))
      t.match(shown(), { name: '测试_1', queue: 'default', user: 'alice' }, what)
      t.equal(shown()?.tags.length, 3)
      await until(() => shown()?.finalStatus === 'SUCCEEDED')
    }
  }
  t.equal(number, 6)
})
