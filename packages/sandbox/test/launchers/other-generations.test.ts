import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import t, { type Test } from 'tap'
import { writeSeatunnelHome } from '../../src/launchers/seatunnel-home.ts'
import { writeWaterdrop1Home } from '../../src/launchers/waterdrop-1-home.ts'
import { runLauncher } from './support/run-launcher.ts'
import { startSandbox } from './support/sandbox.ts'

/** Prints its arguments, NUL behind each. */
const RECORDER = '#!/bin/sh\nprintf \'%s\\0\' "$@" > "$RECORD"\nexit 7\n'
const ENGINE = { code: 7, signal: null }
const CLIENT = ['--master', 'yarn', '--deploy-mode', 'client']
const CLUSTER = ['--master', 'yarn', '--deploy-mode', 'cluster']

/** Homes whose engines record what they are called with and exit with 7. */
async function recordedHomes(t: Test) {
  const dir = lastingDirectory(t)
  await writeSeatunnelHome(join(dir, 'seatunnel'))
  await writeWaterdrop1Home(join(dir, 'one'))
  await writeWaterdrop1Home(join(dir, 'evaluating'), { version: '1.5.7' })
  await mkdir(join(dir, 'engine/bin'), { recursive: true })
  await mkdir(join(dir, 'cwd'))
  for (const name of ['spark-submit', 'flink']) {
    writeFileSync(join(dir, 'engine/bin', name), RECORDER)
    await chmod(join(dir, 'engine/bin', name), 0o755)
  }
  const record = join(dir, 'argv')
  return {
    dir,
    canary: join(dir, 'canary'),
    config(text: string, name = 'job.conf') {
      writeFileSync(join(dir, name), text)
      return join(dir, name)
    },
    run(script: string, words: string[]) {
      rmSync(record, { force: true })
      const home = join(dir, 'engine')
      const PATH = process.env.PATH
      return runLauncher(t, ['bash', join(dir, script), ...words], {
        cwd: join(dir, 'cwd'),
        env: { PATH, SPARK_HOME: home, FLINK_HOME: home, RECORD: record }
      })
    },
    argv: () => readFileSync(record, 'utf8').split('\0').slice(0, -1),
    called: () => existsSync(record)
  }
}

function after(argv: string[], option: string): string | undefined {
  return argv[argv.indexOf(option) + 1]
}

const SPARK = 'seatunnel/bin/start-seatunnel-spark-3-connector-v2.sh'
const FLINK = 'seatunnel/bin/start-seatunnel-flink-15-connector-v2.sh'
const ONE = 'one/bin/start-waterdrop.sh'
const EVALUATING = 'evaluating/bin/start-seatunnel.sh'
const BATCH = `env {
  job.mode = "BATCH"
  spark.x = "a b"
  spark.driver.memory = 1g
}
source { FakeSource { } }
sink { Console { } }
`

t.test('SeaTunnel 2.3 on Spark: the whole command line', async (t) => {
  const homes = await recordedHomes(t)
  const config = homes.config(BATCH)
  const home = join(homes.dir, 'seatunnel')
  const jar = join(home, 'starter/seatunnel-spark-3-starter.jar')
  const jars = ['lib/seatunnel-transforms-v2', 'connectors/connector-fake-2.3.4']
  const all = [...jars, 'connectors/connector-console-2.3.4'].map((one) => `${home}/${one}.jar`)
  const launched = homes.run(SPARK, [...CLIENT, '-n', '任务', '--config', config, '-i', 'k=v,c=d'])
  t.strictSame(await launched.ended, ENGINE)
  t.strictSame(homes.argv(), [
    ...['--class', 'org.apache.seatunnel.core.starter.spark.SeaTunnelSpark', '--name', '任务'],
    ...[...CLIENT, '--jars', all.join(','), '--driver-memory', '1g'],
    ...['--driver-java-options', '-Dk=v -Dc=d', '--conf', 'job.mode=BATCH'],
    ...['--conf', 'spark.x=a b', '--conf', 'spark.executor.extraJavaOptions=-Dk=v -Dc=d'],
    ...[jar, '--config', config, ...CLIENT, '--name', '任务']
  ])
  t.match(launched.stdout, /^Execute SeaTunnel Spark Job: \$\{SPARK_HOME\}\/bin\/spark-submit /)
  await homes.run(SPARK.replace('spark-3', 'spark-2'), [...CLUSTER, '-c', config]).ended
  t.equal(after(homes.argv(), '--files'), `${home}/plugins.tar.gz,${config}`)
  t.ok(homes.argv().includes(jar.replace('spark-3', 'spark-2')))
  t.equal(after(homes.argv(), '--name'), 'SeaTunnel', 'its own default')
})

t.test('SeaTunnel 2.3 on Flink: what it does not know goes on to flink', async (t) => {
  const homes = await recordedHomes(t)
  for (const engine of ['flink-15', 'flink-13']) {
    const words = ['-m', 'yarn-cluster', '-ynm', 'X', '-yD', 'yarn.tags=a,b', '-d', '-n', 'X']
    const script = FLINK.replace('flink-15', engine)
    const launched = homes.run(script, [...words, '--config', '/c.conf', '-i', 'k=v'])
    t.strictSame(await launched.ended, ENGINE)
    t.strictSame(homes.argv(), [
      ...['run', '-m', 'yarn-cluster', '-ynm', 'X', '-yD', 'yarn.tags=a,b', '-d'],
      ...['-c', 'org.apache.seatunnel.core.starter.flink.SeaTunnelFlink'],
      join(homes.dir, `seatunnel/starter/seatunnel-${engine}-starter.jar`),
      ...['--config', '/c.conf', '--name', 'X', '-Dk=v']
    ])
    t.match(launched.stdout, /^Execute SeaTunnel Flink Job: \$\{FLINK_HOME\}\/bin\/flink run -m /)
  }
  await homes.run(FLINK, ['--target', 'yarn-per-job', '-Dyarn.tags=a', '-e', 'run']).ended
  t.strictSame(homes.argv().slice(0, 4), ['run', '--target', 'yarn-per-job', '-Dyarn.tags=a'])
  t.equal(after(homes.argv(), '--config'), 'null', 'a config is not insisted on')
})

t.test('SeaTunnel 2.3: what happens to odd words', async (t) => {
  const homes = await recordedHomes(t)
  const config = homes.config(BATCH)
  const words = homes.config(`--name\nfrom-a-file\n`, 'words')
  const failed = { code: 1, signal: null }
  const usage = { code: 0, signal: null }
  const cases: [string, string, string[], object, RegExp][] = [
    ['no words', SPARK, [], usage, /^Usage: start-seatunnel-spark-3-connector-v2.sh/],
    ['help', FLINK, ['--config', config, '-h'], usage, /^Usage: start-seatunnel-flink-15/],
    ['a flag without value', SPARK, ['--config'], usage, /^Usage[\s\S]*Expected a value after/],
    ['a file that is not there', FLINK, ['@/nowhere'], usage, /^Usage[\s\S]*Could not read file/],
    ['no such mode', SPARK, ['-e', 'clust'], failed, /IllegalArgumentException/],
    ['no such target', FLINK, ['--master', 'yarn-cluster'], failed, /IllegalArgumentException/],
    ['no config', SPARK, CLIENT, failed, /NullPointerException/],
    ['a missing one', SPARK, ['-c', '/no'], failed, /config file '\/no' does not exists!/],
    ['a broken one', SPARK, ['-c', homes.config('env {', 'b')], failed, /ConfigException\$Parse/]
  ]
  for (const [what, script, given, exit, output] of cases) {
    const launched = homes.run(script, given)
    t.strictSame(await launched.ended, exit, what)
    t.match(`${launched.stdout}${launched.stderr}`, output, what)
    t.notOk(homes.called(), what)
  }
  await homes.run(SPARK, [...CLIENT, '-c', config, '--queue', 'q', '--conf', 'a=b']).ended
  t.notOk(homes.argv().includes('q'), 'Spark: unknown options are dropped')
  await homes.run(FLINK, ['-c', config, `@${words}`]).ended
  t.equal(after(homes.argv(), '--name'), 'from-a-file', 'a file takes the place of its name')
})

t.test('SeaTunnel 2.3: words and the env block are evaluated', async (t) => {
  const homes = await recordedHomes(t)
  const config = homes.config(BATCH)
  const payload = `x$(touch ${homes.canary})`
  // Words are split before they are evaluated.
  const word = `x$(touch\${IFS}${homes.canary})`
  let configs = 0
  const env = (value: string) =>
    homes.config(BATCH.replace('"a b"', JSON.stringify(value)), `hostile${++configs}.conf`)
  const cases: [string, string, string[]][] = [
    ['name', SPARK, [...CLIENT, '-c', config, '-n', word]],
    ['master', SPARK, ['-m', word, '-c', config]],
    ['value', SPARK, ['-c', env(payload)]],
    ['backtick', SPARK, ['-c', env(`\`touch ${homes.canary}\``)]],
    ['backslash and quote', SPARK, ['-c', env(`\\"|| touch ${homes.canary} #`)]],
    ['new line', SPARK, ['-c', env(`a\ntouch ${homes.canary} #`)]],
    ['variable', SPARK, ['-c', config, '-i', `k=${word}`]],
    ['name on Flink', FLINK, ['-c', config, '-n', word]],
    ['anything on Flink', FLINK, ['-c', config, `||touch ${homes.canary};`]],
    ['1.5.7: value', EVALUATING, [...CLIENT, '-c', homes.config(one(payload), 'one.conf')]],
    ['1.5.7: queue', EVALUATING, [...CLIENT, '-c', homes.config(one('v'), 'v.conf'), '-q', payload]]
  ]
  for (const [what, script, words] of cases) {
    await homes.run(script, words).ended
    t.ok(existsSync(homes.canary), what)
    rmSync(homes.canary, { force: true })
  }
})

function one(value: string): string {
  return `spark {\n  spark.app.name = "n"\n  spark.x = ${JSON.stringify(value)}\n}\ninput { fake { } }\nfilter { }\noutput { stdout { } }\n`
}

t.test('Waterdrop 1.x: the whole command line, and its faults', async (t) => {
  const homes = await recordedHomes(t)
  const config = homes.config(one('v').replace('"v"', '"v"\n  spark.driver.memory = 1g'))
  const words = [...CLIENT, '--config', config, '--queue', 'a b', '-i', 'c=d']
  const launched = homes.run(ONE, words)
  t.strictSame(await launched.ended, ENGINE)
  const jar = join(homes.dir, 'one/lib/Waterdrop-1.5.1-2.11.8.jar')
  t.strictSame(homes.argv(), [
    ...['--class', 'io.github.interestinglab.waterdrop.Waterdrop', '--name', 'n', ...CLIENT],
    ...['--driver-memory=1g', '--queue', 'a b', '--driver-java-options', '-Dc=d'],
    ...['--conf', 'spark.executor.extraJavaOptions=-Dc=d'],
    ...['--conf', 'spark.driver.extraJavaOptions=-Dc=d'],
    ...['--conf', '"spark.app.name=n"', '--conf', '"spark.x=v"', '--conf'],
    ...['"spark.driver.memory=1g"', jar, ...CLIENT, '--config', config],
    ...['--queue', 'a', 'b', '-i', 'c=d']
  ])
  await homes.run(ONE, [...CLIENT, '--config', homes.config(one('aa --class Evil'))]).ended
  const at = homes.argv().indexOf('"spark.x=aa')
  t.strictSame(homes.argv().slice(at, at + 3), ['"spark.x=aa', '--class', 'Evil"'])
  const missing = homes.run(ONE, [...CLUSTER, '--config', '/nowhere'])
  t.strictSame(await missing.ended, ENGINE, 'a missing config does not stop it')
  t.ok(homes.argv().includes('[ERROR]'))
})

t.test('Waterdrop 1.x: the job itself is strict, and rethrows', async (t) => {
  const sandbox = await startSandbox(t)
  const script = join(sandbox.cluster.waterdrop1Home, 'bin/start-waterdrop.sh')
  const config = sandbox.config('one.conf', one('v').replace('"v"', '1\n  sandbox.run.ms = 50'))
  const broken = sandbox.config('broken.conf', one('v').replace('"v"', '1\n  sandbox.fail = bad'))
  const cases: [string, string[], number, RegExp, boolean][] = [
    ['a job', [...CLIENT, '--config', config, '--queue', 'default'], 0, /rows 2/, true],
    ['no deploy mode', ['--master', 'yarn', '-c', config], 0, /Missing option --deploy/, false],
    ['a name', [...CLIENT, '-c', config, '--name', 'x'], 0, /Unknown option --name/, false],
    ['check', [...CLIENT, '-c', config, '-t'], 0, /config OK !/, false],
    ['a failure', [...CLIENT, '-c', broken], 1, /bad/, true]
  ]
  for (const [what, words, code, output, application] of cases) {
    const launched = sandbox.run(['bash', script, ...words])
    t.strictSame(await launched.ended, { code, signal: null }, what)
    const all = launched.stdout + launched.stderr
    t.match(all, output, what)
    t.equal(/Submitted application application_/.test(all), application, what)
  }
})

t.test('Waterdrop 1.x: a flag without a value at the end spins', async (t) => {
  const homes = await recordedHomes(t)
  const launched = homes.run(ONE, [...CLIENT, '--queue'])
  const ticks = () => {
    const fields = readFileSync(`/proc/${launched.pid}/stat`, 'utf8').split(' ')
    return Number(fields[13]) + Number(fields[14])
  }
  const before = ticks()
  while (ticks() < before + 20) await new Promise((resolve) => setTimeout(resolve, 50))
  launched.kill('SIGKILL')
  t.strictSame(await launched.ended, { code: null, signal: 'SIGKILL' })
  t.notOk(homes.called())
})
