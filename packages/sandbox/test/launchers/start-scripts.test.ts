import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { writeWaterdropHome } from '../../src/launchers/waterdrop-home.ts'
import { runLauncher } from './support/run-launcher.ts'

/** Prints its arguments, NUL behind each, and the variables that the scripts hand on. */
const RECORDER = `#!/bin/sh
printf '%s\\0' "$@" > "$RECORD"
printf '%s' "$JVM_ARGS" > "$RECORD.jvm"
exit 7
`

/** A home whose engines record what they are called with and exit with 7. */
async function recordedHome(t: Test) {
  const dir = t.testdir({ cwd: {}, engine: { bin: {} } })
  const home = join(dir, 'home')
  await writeWaterdropHome(home, { kind: 'stand-in' })
  for (const name of ['spark-submit', 'flink']) {
    writeFileSync(join(dir, 'engine/bin', name), RECORDER)
    chmodSync(join(dir, 'engine/bin', name), 0o755)
  }
  const record = join(dir, 'argv')
  return {
    dir,
    home,
    core: join(home, 'lib/waterdrop-core-2.0.4.jar'),
    config(text: string, name = 'job.conf') {
      const path = join(dir, name)
      writeFileSync(path, text)
      return path
    },
    run(engine: 'spark' | 'flink', words: string[], env: Record<string, string | undefined> = {}) {
      rmSync(record, { force: true })
      const argv = ['bash', join(home, `bin/start-waterdrop-${engine}.sh`), ...words]
      const engineHome = join(dir, 'engine')
      return runLauncher(t, argv, {
        cwd: join(dir, 'cwd'),
        env: {
          PATH: process.env.PATH,
          SPARK_HOME: engineHome,
          FLINK_HOME: engineHome,
          RECORD: record,
          ...env
        }
      })
    },
    argv: () => readFileSync(record, 'utf8').split('\0').slice(0, -1),
    jvmArgs: () => readFileSync(`${record}.jvm`, 'utf8')
  }
}

/** A reference, as configs write it. */
function ref(name: string): string {
  return `\${${name}}`
}

function after(argv: string[], option: string): string | undefined {
  return argv[argv.indexOf(option) + 1]
}

const ENV = 'env { spark.app.name = "n" }\n'
const CLIENT = ['--master', 'yarn', '--deploy-mode', 'client']
const CLUSTER = ['--master', 'yarn', '--deploy-mode', 'cluster']

t.test('Spark: the whole command line', async (t) => {
  const home = await recordedHome(t)
  const config = home.config('env {\n  spark.app.name = "n"\n  spark.executor.memory = "1g"\n}\n')
  const launched = home.run('spark', [...CLIENT, '--config', config, '-i', 'a=b', '-i', 'c=d'])
  t.strictSame(
    await launched.ended,
    { code: 7, signal: null },
    'the engine takes the place of the shell'
  )
  t.strictSame(home.argv(), [
    ...['--class', 'io.github.interestinglab.waterdrop.Waterdrop', '--name', 'n'],
    ...['--jars', home.core],
    ...['--master', 'yarn', '--deploy-mode', 'client', '--driver-java-options', '-Dc=d -Da=b'],
    ...['--conf', 'spark.executor.extraJavaOptions=-Dc=d -Da=b'],
    ...['--conf', 'spark.driver.extraJavaOptions=-Dc=d -Da=b'],
    ...['--conf', '"spark.app.name=n"', '--conf', '"spark.executor.memory=1g"'],
    home.core,
    ...[...CLIENT, '--config', config, '-i', 'a=b', '-i', 'c=d']
  ])
  t.equal(
    launched.stdout,
    '\n[INFO] spark conf: --conf "spark.app.name=n" --conf "spark.executor.memory=1g"\n'
  )
})

t.test('Spark: cluster mode ships the config and the plugins', async (t) => {
  const home = await recordedHome(t)
  const config = home.config(ENV)
  const launched = home.run('spark', [...CLUSTER, '--config', config])
  await launched.ended
  t.equal(after(home.argv(), '--files'), `${config},${home.home}/plugins.tar.gz`)
  t.match(launched.stdout, /\n\[INFO\] successfully compressed plugins.tar.gz in cluster mode\n$/)
  const again = home.run('spark', [...CLUSTER, '--config', config])
  await again.ended
  t.notMatch(again.stdout, /compressed/, 'once is enough')
})

t.test('Spark: a tarball that cannot be made stops the script', async (t) => {
  const home = await recordedHome(t)
  rmSync(join(home.home, 'plugins'), { recursive: true })
  const launched = home.run('spark', [...CLUSTER, '--config', home.config(ENV)])
  t.strictSame(await launched.ended, { code: 254, signal: null })
  t.match(launched.stdout, /\[ERROR\] failed to compress plugins.tar.gz in cluster mode\n$/)
})

t.test('Spark: jars of plugins take the place of those of lib', async (t) => {
  const home = await recordedHome(t)
  const jar = join(home.home, 'plugins/mine/lib/mine.jar')
  mkdirSync(join(jar, '..'), { recursive: true })
  writeFileSync(jar, '')
  await home.run('spark', [...CLIENT, '--config', home.config(ENV)]).ended
  const argv = home.argv()
  t.equal(argv.filter((word) => word === '--jars').length, 2)
  t.equal(argv[argv.lastIndexOf('--jars') + 1], jar)
})

t.test('Spark: what happens to odd words', async (t) => {
  const home = await recordedHome(t)
  const config = home.config(ENV)
  writeFileSync(join(home.dir, 'cwd/local2'), '')
  const rest = ['--config', config]
  const cases: [string, string[], (argv: string[]) => unknown, unknown][] = [
    [
      'an unknown option goes to the job only',
      [...CLIENT, ...rest, '--queue', 'q'],
      (argv) => argv.slice(-2),
      ['--queue', 'q']
    ],
    [
      'nothing of it goes to Spark',
      [...CLIENT, ...rest, '--queue', 'q'],
      (argv) => argv.filter((word) => word === '--queue').length,
      1
    ],
    [
      'blanks split',
      ['--master', 'yarn --conf x=y', '--deploy-mode', 'client', ...rest],
      (argv) => argv.slice(6, 12),
      ['--master', 'yarn', '--conf', 'x=y', '--deploy-mode', 'client']
    ],
    [
      '--opt=value is not understood',
      ['--master=yarn', ...rest],
      (argv) => after(argv, '--master'),
      'local2'
    ],
    ['the default master is a glob', rest, (argv) => after(argv, '--master'), 'local2'],
    [
      '-- ends the options',
      ['--', ...CLIENT, ...rest],
      (argv) => after(argv, '--name'),
      'Waterdrop'
    ],
    [
      'an empty config is the default one, and shifts the job arguments',
      [...CLIENT, '--config', ''],
      (argv) => argv.slice(-5),
      [...CLIENT, '--config']
    ]
  ]
  for (const [what, words, pick, expected] of cases) {
    await home.run('spark', words).ended
    t.strictSame(pick(home.argv()), expected, what)
  }
})

t.test('Spark: the name comes from the raw text of the config', async (t) => {
  const home = await recordedHome(t)
  const cases: [string, string][] = [
    ['env {\n  spark.app.name = "My App"\n}', 'MyApp'],
    ['# spark.app.name = "a"\nenv {\n  spark.app.name = "b"\n}', 'Waterdrop'],
    ['env {\n  spark.app.name = "a" # b = c\n}', 'c'],
    ['env {\n  spark.app.name : "a"\n}', 'spark.app.name:a'],
    ['env { spark.app.name = "a" }', 'a}'],
    [`env {\n  spark.app.name = ${ref('task')}\n}`, ref('task')],
    ['env {\n  spark.app.name = "a"\n}\nx { sql = "select spark.app.name = 1" }', '1}'],
    ['env {\n  SPARK.APP.NAME = "upper"\n}', 'upper'],
    ['env {\n}', 'Waterdrop'],
    ['env { spark.app.name = "X" }\n# x\nenv {\n  spark.app.name = "X"\n}\n', 'X']
  ]
  for (const [text, name] of cases) {
    await home.run('spark', [...CLIENT, '--config', home.config(text)]).ended
    t.equal(after(home.argv(), '--name'), name, text)
  }
  await home.run('spark', [...CLIENT, '--config', home.config(ENV, 'a b.conf')]).ended
  const argv = home.argv()
  t.strictSame(argv.slice(2, 7), ['--name', 'Illegal', 'number', 'of', 'parameters'])
})

t.test('Spark: a blank in a setting makes its second half the resource', async (t) => {
  const home = await recordedHome(t)
  await home.run('spark', [
    ...CLIENT,
    '--config',
    home.config('env {\n  spark.app.name = "My App"\n}')
  ]).ended
  const argv = home.argv()
  t.strictSame(argv.slice(argv.indexOf('"spark.app.name=My')).slice(0, 2), [
    '"spark.app.name=My',
    'App"'
  ])
})

t.test('Spark: a config that cannot be used does not stop the launch', async (t) => {
  const home = await recordedHome(t)
  const missing = join(home.dir, 'nope.conf')
  const cases: [string, string, RegExp, Record<string, string>][] = [
    [
      'missing',
      missing,
      /ConfigException\$IO: .*nope.conf .*No such file.*\n(.*\n)+grep: .*nope.conf: No such file/,
      {}
    ],
    [
      'not closed',
      home.config('env {', 'a.conf'),
      /ConfigException\$Parse: .*a.conf: 1: Expecting close brace/,
      {}
    ],
    ['no block', home.config('source { }', 'b.conf'), /ConfigException\$Missing: .*'env'/, {}],
    [
      'unresolved',
      home.config(`env { spark.x = ${ref('nobody')} }`, 'c.conf'),
      /ConfigException\$NotResolved/,
      {}
    ],
    [
      'one character',
      home.config('env { x = 1 }', 'd.conf'),
      /StringIndexOutOfBoundsException/,
      {}
    ],
    ['no program', home.config(ENV, 'e.conf'), /nowhere.*not found/, { WATERDROP_NODE: '/nowhere' }]
  ]
  for (const [what, config, stderr, env] of cases) {
    const launched = home.run('spark', [...CLIENT, '--config', config], env)
    t.strictSame(await launched.ended, { code: 7, signal: null }, what)
    t.equal(
      launched.stdout,
      '\n[INFO] spark conf: [ERROR] config file does not exists or cannot be parsed due to invalid format\n',
      what
    )
    t.match(launched.stderr, stderr, what)
    t.ok(home.argv().includes('[ERROR]'), what)
  }
})

t.test('Spark: variables are seen by the config, the first of a name wins', async (t) => {
  const home = await recordedHome(t)
  const config = home.config(`env { spark.x = ${ref('who')}, spark.y = ${ref('HOME_OF')} }`)
  const words = [...CLIENT, '--config', config, '-i', 'who=first', '-i', 'who=second']
  const launched = home.run('spark', words, { HOME_OF: 'environment' })
  await launched.ended
  t.match(launched.stdout, '--conf "spark.x=first" --conf "spark.y=environment"')
})

t.test('Flink: the whole command line', async (t) => {
  const home = await recordedHome(t)
  const words = [
    '-m',
    'yarn-cluster',
    '-ynm',
    'X',
    '-yD',
    'yarn.tags=a,b',
    '-d',
    '--config',
    '/c.conf',
    '-i',
    'a=b',
    '-i',
    'c=d'
  ]
  const launched = home.run('flink', words)
  t.strictSame(await launched.ended, { code: 7, signal: null })
  t.strictSame(home.argv(), [
    ...['run', '-m', 'yarn-cluster', '-ynm', 'X', '-yD', 'yarn.tags=a,b', '-d'],
    ...['-c', 'io.github.interestinglab.waterdrop.WaterdropFlink', home.core, '--config', '/c.conf']
  ])
  t.equal(home.jvmArgs(), '-Dc=d -Da=b')
  t.equal(launched.stdout, '', 'nothing of its own')
})

t.test('Flink: unrecognised words are evaluated, and then handed on as they are', async (t) => {
  const home = await recordedHome(t)
  const cases: [string, string[], string[]][] = [
    [
      'a command is run',
      ['-ynm', `$(touch ${home.dir}/ran)`],
      ['-ynm', '$(touch', `${home.dir}/ran)`]
    ],
    ['the check flag never reaches the job', ['-t'], ['-t']],
    ['blanks split', ['-m', 'yarn-cluster -p 2'], ['-m', 'yarn-cluster', '-p', '2']],
    ['the class option is taken for the config', ['-c', '/c.conf', '-d'], ['-d']]
  ]
  for (const [what, words, kept] of cases) {
    await home.run('flink', [...words, '--config', '/c.conf']).ended
    const argv = home.argv()
    t.strictSame(argv.slice(1, argv.indexOf('-c', kept.includes('-c') ? 2 : 1)), kept, what)
  }
  t.ok(readFileSync(join(home.dir, 'ran')), 'it was run')
  const launched = home.run('flink', ['-ynm', 'it"s', '--config', '/c.conf'])
  t.strictSame(await launched.ended, { code: 7, signal: null }, 'a lone quote does not stop it')
  t.match(launched.stderr, /unexpected EOF/)
})

for (const [engine, words] of [
  ['spark', ['--config']],
  ['flink', ['-m', 'yarn-cluster', '-c']]
] as const) {
  t.test(`${engine}: a flag without a value at the end spins`, async (t) => {
    const home = await recordedHome(t)
    const launched = home.run(engine, [...words])
    const started = processorTicks(launched.pid)
    while (processorTicks(launched.pid) < started + 20)
      await new Promise((resolve) => setTimeout(resolve, 50))
    launched.kill('SIGKILL')
    t.strictSame(await launched.ended, { code: null, signal: 'SIGKILL' })
    t.throws(() => home.argv(), 'the engine was never called')
  })

  t.test(`${engine}: the environment decides where the engine is`, async (t) => {
    const home = await recordedHome(t)
    const words = ['--config', home.config(ENV)]
    const elsewhere = { SPARK_HOME: '/nowhere', FLINK_HOME: '/nowhere' }
    const missing = home.run(engine, words, elsewhere)
    t.strictSame(await missing.ended, { code: 127, signal: null })
    t.match(missing.stderr, /nowhere\/bin\/.*No such file or directory/)
    rmSync(join(home.home, 'config/waterdrop-env.sh'))
    const without = home.run(engine, words)
    t.strictSame(await without.ended, { code: 7, signal: null }, 'a missing file does not stop it')
    t.match(without.stderr, /waterdrop-env.sh: No such file/)
  })

  t.test(`${engine}: only bash, by the script's real path`, async (t) => {
    const home = await recordedHome(t)
    const script = join(home.home, `bin/start-waterdrop-${engine}.sh`)
    const link = join(home.dir, 'link.sh')
    symlinkSync(script, link)
    const env = { PATH: process.env.PATH }
    const dash = runLauncher(t, ['dash', script], { env })
    await dash.ended
    t.match(dash.stderr, /[Ss]yntax error/)
    const linked = runLauncher(t, ['bash', link], { env })
    await linked.ended
    t.match(linked.stderr, /utils\/app.sh: No such file/)
  })
}

/** Processor time of a process, in clock ticks. */
function processorTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')
  return Number(fields[13]) + Number(fields[14])
}
