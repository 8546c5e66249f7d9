import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { killApplication, startSandbox } from './support/sandbox.ts'

const ENDLESS = '# sandbox.endless = true\n'
const SUBMITTED = /Submitted application (application_\d+_\d+)/
const killed = { code: null, signal: 'SIGKILL' }

t.test('a driver that is killed by the ResourceManager while RUNNING ends with 1', async (t) => {
  const sandbox = await startSandbox(t)
  const words = ['--master', 'yarn', sandbox.config('endless.py', ENDLESS)]
  const launched = sandbox.run([join(sandbox.cluster.sparkHome, 'bin/spark-submit'), ...words])
  const [, id = ''] = await launched.seen(/Application (application_\d+_\d+) has started running/)
  await killApplication(sandbox, id)
  t.strictSame(await launched.ended, { code: 1, signal: null })
  t.match(
    launched.stderr,
    /ERROR .* exited unexpectedly with state KILLED! .*\n.*Diagnostics message: .*was killed by user alice/
  )
  t.match(launched.stdout, /^Traceback \(most recent call last\):$/m, 'of Python, on stdout')
  t.equal(sandbox.stateOf(id), 'KILLED/KILLED')
})

t.test(
  'an attached flink client that is killed leaves its application RUNNING for good',
  async (t) => {
    const sandbox = await startSandbox(t)
    const jar = join(sandbox.cluster.waterdropHome, 'lib/waterdrop-core-2.0.4.jar')
    const argv = [join(sandbox.cluster.flinkHome, 'bin/flink'), 'run', '-m', 'yarn-cluster', jar]
    const first = sandbox.run([...argv, '# sandbox.run.ms = 200'])
    const [, id = ''] = await first.seen(SUBMITTED)
    await first.seen(/JobID/)
    first.kill('SIGKILL')
    t.strictSame(await first.ended, killed)
    const second = sandbox.run([...argv, '# sandbox.run.ms = 400'])
    t.strictSame(await second.ended, { code: 0, signal: null }, 'another that runs longer')
    t.equal(sandbox.stateOf(id), 'RUNNING/UNDEFINED')
  }
)

t.test('a flink client that is killed while ACCEPTED leaves an orphan that runs', async (t) => {
  const sandbox = await startSandbox(t)
  const jar = join(sandbox.cluster.waterdropHome, 'lib/waterdrop-core-2.0.4.jar')
  const argv = [
    join(sandbox.cluster.flinkHome, 'bin/flink'),
    'run',
    '-m',
    'yarn-cluster',
    '-d',
    jar
  ]
  const launched = sandbox.run([...argv, '# sandbox.register.ms = 800\n# sandbox.run.ms = 60000'])
  const [, id = ''] = await launched.seen(SUBMITTED)
  launched.kill('SIGKILL')
  t.strictSame(await launched.ended, killed)
  t.equal(sandbox.stateOf(id), 'ACCEPTED/UNDEFINED')
  await until(() => sandbox.stateOf(id) === 'RUNNING/UNDEFINED')
})

t.test('command lines that cannot be used', async (t) => {
  const sandbox = await startSandbox(t)
  const spark = join(sandbox.cluster.sparkHome, 'bin/spark-submit')
  const flink = join(sandbox.cluster.flinkHome, 'bin/flink')
  const jar = join(sandbox.cluster.waterdropHome, 'lib/waterdrop-core-2.0.4.jar')
  const python = sandbox.config('batch.py', '')
  const cases: [
    string[],
    Record<string, string | undefined>,
    number,
    'stdout' | 'stderr',
    RegExp
  ][] = [
    [[spark, '--master', 'yarn'], {}, 1, 'stderr', /^Error: Missing application resource/],
    [[spark, '--nope', python], {}, 1, 'stderr', /^Error: Unrecognized option: --nope/],
    [[spark, '--master'], {}, 1, 'stderr', /Missing argument for option '--master'/],
    [[spark, '--conf', 'x', python], {}, 1, 'stderr', /Spark config without '=': x/],
    [
      [spark, '--master', 'yarn-cluster', python],
      {},
      1,
      'stderr',
      /Could not parse Master URL: 'yarn-cluster'/
    ],
    [
      [spark, '--master', 'yarn', python],
      { HADOOP_CONF_DIR: undefined },
      1,
      'stderr',
      /either HADOOP_CONF_DIR or YARN_CONF_DIR must be set/
    ],
    [[spark, '--master', 'yarn', join(sandbox.dir, 'nope.py')], {}, 2, 'stdout', /can't open file/],
    [
      [spark, '--master', 'yarn', '--class', 'X', '/nope.jar'],
      {},
      101,
      'stderr',
      /Error: Failed to load class X/
    ],
    [
      [flink, 'run', '-m', 'yarn-cluster', '--deploy-mode', 'x', jar],
      {},
      1,
      'stdout',
      /JAR file does not exist: --deploy-mode/
    ],
    [[flink, 'run', '-t', '-c', 'X', jar], {}, 1, 'stdout', /Missing argument for option: t/],
    [[flink, 'run', '-m', 'yarn-cluster'], {}, 1, 'stdout', /Java program should be specified/],
    [[flink, 'list'], {}, 1, 'stdout', /"list" is not a valid action/]
  ]
  for (const [argv, env, code, stream, text] of cases) {
    const launched = sandbox.run(argv, env)
    t.strictSame(await launched.ended, { code, signal: null }, argv.join(' '))
    t.match(launched[stream], text)
  }
  t.equal(sandbox.yarn.applications.length, 0)
})

t.test(
  'a launcher goes on asking while nobody answers, and submits when somebody does',
  async (t) => {
    const sandbox = await startSandbox(t)
    await sandbox.yarn.down()
    const words = ['--master', 'yarn', sandbox.config('batch.py', '# sandbox.run.ms = 50\n')]
    const launched = sandbox.run([join(sandbox.cluster.sparkHome, 'bin/spark-submit'), ...words])
    await launched.seen(/Retrying connect to server: .*Already tried 1 time\(s\)/)
    await sandbox.yarn.up()
    t.strictSame(await launched.ended, { code: 0, signal: null })
    t.equal(sandbox.yarn.applications.length, 1)
  }
)

t.test('faults of the REST interface do not end a launcher, which uses RPC', async (t) => {
  const sandbox = await startSandbox(t)
  sandbox.yarn.faults.set([
    { kind: 'html', status: 200, count: 1 },
    { kind: 'status', status: 503, method: 'POST', path: '/ws/v1/cluster/apps*', count: 1 },
    { kind: 'half', method: 'GET', count: 1 },
    { kind: 'empty', method: 'GET', count: 1 },
    { kind: 'delayVisibility', ms: 300 }
  ])
  const words = ['--master', 'yarn', sandbox.config('batch.py', '# sandbox.run.ms = 50\n')]
  const launched = sandbox.run([join(sandbox.cluster.sparkHome, 'bin/spark-submit'), ...words])
  t.strictSame(await launched.ended, { code: 0, signal: null })
  t.match(launched.stderr, /has started running/)
  t.equal(sandbox.yarn.applications.length, 1)
})
