import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import t from 'tap'
import { NotStarted } from '../../src/domain/launching.ts'
import { createWaterdrop2 } from '../../src/launchers/waterdrop-2.ts'
import { CONFIG, requestFor } from '../support/launching.ts'
import { recordingLaunching, recordLaunch } from '../support/recording-launchers.ts'

const TAGS = 'st-i-1,st-s-1,st-a-a1'

t.test('Spark on this host: what spark-submit gets in the end', async (t) => {
  const root = lastingDirectory(t)
  const launching = await recordingLaunching(root)
  const request = requestFor('a1', {
    taskName: '测试任务.v1',
    config: Buffer.from(`# spark.app.name = "old"\n${CONFIG}env { spark.app.name = "My App" }`)
  })
  const prepared = await launching.prepare(request)
  const copy = join(root, 'attempts', 'a1', 'submission-1.conf')
  t.same(prepared.argv.slice(1), [
    join(root, 'waterdrop/bin/start-waterdrop-spark.sh'),
    ...['--master', 'yarn', '--deploy-mode', 'client', '--config', copy]
  ])
  t.match(prepared.argv[0], /^\/.*\/bash$/)
  t.equal(prepared.profile, 'waterdrop-2')
  t.equal(prepared.holdsDriver, true)
  t.match(prepared.configDigest, /^sha256:[\da-f]{64}$/)
  t.not(prepared.configDigest, prepared.renderedDigest)
  t.same(prepared.environment, {
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: prepared.environment.HOME,
    USER: prepared.environment.USER,
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    SPARK_HOME: join(root, 'spark'),
    FLINK_HOME: join(root, 'flink'),
    HADOOP_CONF_DIR: '/etc/hadoop/conf',
    HADOOP_USER_NAME: 'alice',
    SPARK_SUBMIT_OPTS: `-Dspark.yarn.tags=${TAGS}`
  })

  const recorded = await recordLaunch(t, launching, request)
  const argv = recorded?.argv ?? []
  t.equal(argv[argv.indexOf('--name') + 1], '测试任务.v1', 'the user’s own name does not count')
  t.equal(argv[argv.indexOf('--master') + 1], 'yarn')
  t.equal(argv[argv.indexOf('--deploy-mode') + 1], 'client')
  t.ok(argv.includes('"spark.app.name=测试任务.v1"'), 'nor in the settings of the driver')
  t.ok(argv.includes(`"spark.yarn.tags=${TAGS}"`))
  t.same(argv.slice(-2), ['--config', copy])
  t.equal(recorded?.environment.SPARK_SUBMIT_OPTS, `-Dspark.yarn.tags=${TAGS}`)
  const rendered = readFileSync(copy, 'utf8')
  t.ok(rendered.includes(request.config.toString()), 'the user’s bytes are in it unchanged')
  t.same(readFileSync(join(prepared.directory, 'config')), request.config)
})

t.test(
  'Spark on the cluster: the launcher is let go, settings get through as JVM properties',
  async (t) => {
    const opts = '-Dspark.yarn.maxAppAttempts=1'
    const launching = await recordingLaunching(lastingDirectory(t), {
      LAUNCHER_ENV_SPARK_SUBMIT_OPTS: opts
    })
    const request = requestFor('a1', { deployMode: 'cluster' })
    t.equal((await launching.prepare(request)).holdsDriver, false)
    const recorded = await recordLaunch(t, launching, request)
    t.ok(recorded?.argv.includes('cluster'))
    t.equal(
      recorded?.environment.SPARK_SUBMIT_OPTS,
      `${opts} -Dspark.yarn.tags=${TAGS} -Dspark.yarn.submit.waitAppCompletion=false`
    )
  }
)

t.test('Flink: name and tags are options, the config is the user’s own', async (t) => {
  const root = lastingDirectory(t)
  const launching = await recordingLaunching(root)
  const request = requestFor('a1', { engine: 'flink', taskName: '测试_1' })
  const prepared = await launching.prepare(request)
  t.equal(prepared.holdsDriver, false)
  t.equal(prepared.configDigest, prepared.renderedDigest)
  t.notOk('SPARK_SUBMIT_OPTS' in prepared.environment)
  const recorded = await recordLaunch(t, launching, request)
  const jar = join(root, 'waterdrop/lib/waterdrop-core-2.0.4.jar')
  t.same(recorded?.argv, [
    ...['run', '-m', 'yarn-cluster', '-ynm', '测试_1', '-yD', `yarn.tags=${TAGS}`, '-d'],
    ...['-c', 'io.github.interestinglab.waterdrop.WaterdropFlink', jar],
    ...['--config', join(root, 'attempts/a1/submission-1.conf')]
  ])
})

t.test('the site’s own tags would hide ours in cluster mode', async (t) => {
  const root = lastingDirectory(t)
  const launching = await recordingLaunching(root)
  mkdirSync(join(root, 'spark/conf'))
  for (const line of ['spark.yarn.tags site', '  spark.yarn.tags=site', 'spark.yarn.tags: x']) {
    writeFileSync(join(root, 'spark/conf/spark-defaults.conf'), `# x\n${line}\n`)
    const request = requestFor('a1', { deployMode: 'cluster' })
    await t.rejects(launching.prepare(request), NotStarted, line)
    t.ok(await launching.prepare(requestFor('a1')), 'a driver here takes them from its config')
  }
  writeFileSync(join(root, 'spark/conf/spark-defaults.conf'), '# spark.yarn.tags x\n')
  t.ok(await launching.prepare(requestFor('a1', { deployMode: 'cluster' })))
})

t.test('a home that cannot be used is refused by its variable’s name', async (t) => {
  const root = t.testdir({ 'a b': { bin: { 'start-waterdrop-spark.sh': '' } }, empty: {} })
  const make = (home: string) => createWaterdrop2('spark', installed(home))
  await t.rejects(make(join(root, 'empty')), {
    message: /^WATERDROP_HOME: there is no .*spark\.sh$/
  })
  await t.rejects(make(join(root, 'a b')), { message: /^WATERDROP_HOME: .* blanks or shell char/ })
})

t.test('a home behind a link is run by its real path', async (t) => {
  const root = lastingDirectory(t)
  await recordingLaunching(root)
  symlinkSync(join(root, 'waterdrop'), join(root, 'link'))
  const home = join(root, 'link')
  const profile = await createWaterdrop2('spark', installed(home))
  const { argv } = await profile.command(requestFor('a1'), '/x/y.conf')
  t.equal(argv[1], join(root, 'waterdrop/bin/start-waterdrop-spark.sh'))
})

function installed(home: string) {
  return { homes: { WATERDROP_HOME: home }, bash: '/bin/bash', environment: {} }
}
