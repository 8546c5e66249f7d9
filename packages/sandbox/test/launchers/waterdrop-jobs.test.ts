import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { comparable, recording } from './support/recording.ts'
import { reportOf, type Sandbox, startSandbox } from './support/sandbox.ts'

const PLUGINS =
  'source { Fake { result_table_name = "t1" } }\ntransform { }\nsink { Console { } }\n'
const WD = `env {
  spark.app.name = "wd-job-x"
  spark.yarn.tags = "WD-1,try-1"
  spark.executor.memory = "512m"
  sandbox.run.ms = 700
}
${PLUGINS}`
const SUBMITTED = /Submitted application (application_\d+_\d+)/

function start(sandbox: Sandbox, mode: string, config: string, env: Record<string, string> = {}) {
  const script = join(sandbox.cluster.waterdropHome, 'bin/start-waterdrop-spark.sh')
  return sandbox.run(
    ['bash', script, '--master', 'yarn', '--deploy-mode', mode, '--config', config],
    { SPARK_CONF_DIR: sandbox.dir, ...env }
  )
}

/** The order of the warnings is that of a hash table; the setting of the sandbox is our own. */
function sorted(text: string): string[] {
  const lines = comparable(text).filter((line) => !line.includes('"sandbox.'))
  const warning = (line: string) => line.startsWith('Warning: ')
  return [...lines.filter(warning).sort(), ...lines.filter((line) => !warning(line))]
}

t.test('Waterdrop on Spark prints what was recorded', async (t) => {
  const sandbox = await startSandbox(t)
  sandbox.config('spark-defaults.conf', 'spark.yarn.am.extraJavaOptions -Dx=y\n')
  const config = sandbox.config('wd.conf', WD)
  const cases = [
    { name: 'wd-spark-client', mode: 'client', config, env: {}, code: 0, tags: 'try-1,wd-1' },
    { name: 'wd-spark-cluster', mode: 'cluster', config, env: {}, code: 0, tags: '' },
    { name: 'wd-noconf', mode: 'cluster', config: '/nope.conf', env: {}, code: 1, tags: undefined },
    {
      name: 'wd-sso-cluster',
      mode: 'cluster',
      config: sandbox.config('no-tags.conf', WD.replace(/.*tags.*\n/, '')),
      env: {
        SPARK_SUBMIT_OPTS:
          '-Dspark.yarn.tags=sso-cluster -Dspark.yarn.submit.waitAppCompletion=false'
      },
      code: 0,
      tags: 'sso-cluster'
    }
  ]
  for (const { name, mode, config, env, code, tags } of cases) {
    const launched = start(sandbox, mode, config, env)
    t.strictSame(await launched.ended, { code, signal: null }, name)
    const own = (text: string) => text.replaceAll('no-tags.conf', 'wd.conf')
    const java =
      /ExposeSparkConf|NoSuchFileException|FileNotFoundException: \/nope|java\.base\/(sun|java)\.nio/
    const lines = (text: string) => sorted(own(text)).filter((line) => !java.test(line))
    t.strictSame(lines(launched.stderr), lines(recording(`${name}.stderr`)), name)
    const [, id = ''] = SUBMITTED.exec(launched.stderr) ?? []
    if (tags === undefined) {
      t.equal(id, '', 'never submitted')
      continue
    }
    const app = await reportOf(sandbox, id)
    t.equal(app.name, 'wd-job-x', name)
    t.equal(String(app.applicationTags ?? ''), tags, name)
  }
})

t.test('what goes wrong in a job, and what can be seen of it', async (t) => {
  const sandbox = await startSandbox(t)
  const env = (settings: string) => `env {\n  sandbox.run.ms = 50\n  ${settings}\n}\n${PLUGINS}`
  type Case = [string, string, string, number, string, RegExp]
  const cases: Case[] = [
    [
      'client',
      'swallowed',
      env('sandbox.fail = "no-table"'),
      0,
      'FINISHED/SUCCEEDED',
      /Fatal Error,\n\nReason: no-table/
    ],
    [
      'client',
      'thrown',
      env('sandbox.throw = "boom"'),
      0,
      'FINISHED/SUCCEEDED',
      /Fatal Error,\n\nReason: boom/
    ],
    [
      'client',
      'refused by a plugin',
      env('sandbox.check.fail = "no-host"'),
      255,
      'FINISHED/SUCCEEDED',
      /^Plugin\[.*\] contains invalid config, error: no-host/m
    ],
    ['client', 'not to be parsed', 'env { } {', 0, 'unknown', /spark conf: \[ERROR\]/],
    ['client', 'AM dies', env('sandbox.am.fail = "died"'), 0, 'FAILED/FAILED', /Fatal Error,/],
    ['cluster', 'swallowed', env('sandbox.fail = "no-table"'), 0, 'FINISHED/SUCCEEDED', /^/],
    [
      'cluster',
      'refused by a plugin',
      env('sandbox.check.fail = "no-host"'),
      1,
      'FINISHED/FAILED',
      /^/
    ],
    ['cluster', 'not to be parsed', 'env { } {', 1, 'unknown', /spark conf: \[ERROR\]/]
  ]
  for (const [mode, what, text, code, end, stdout] of cases) {
    const launched = start(sandbox, mode, sandbox.config('job.conf', text))
    t.strictSame(await launched.ended, { code, signal: null }, `${mode}, ${what}`)
    t.match(launched.stdout, stdout, what)
    const [, id = ''] = /application (application_\d+_\d+)/i.exec(launched.stderr) ?? []
    await until(() => sandbox.stateOf(id) === end)
  }
})

t.test('a config that only the job finds unreadable', async (t) => {
  const sandbox = await startSandbox(t)
  const spark = join(sandbox.cluster.sparkHome, 'bin/spark-submit')
  const core = join(sandbox.cluster.waterdropHome, 'lib/waterdrop-core-2.0.4.jar')
  const main = ['--class', 'io.github.interestinglab.waterdrop.Waterdrop']
  const config = sandbox.config('job.conf', 'env { } {')
  for (const [mode, code, end] of [
    ['client', 0, 'unknown'],
    ['cluster', 1, 'FAILED/FAILED']
  ] as const) {
    const options = ['--master', 'yarn', '--deploy-mode', mode]
    const argv = [
      spark,
      ...main,
      ...options,
      '--files',
      config,
      core,
      ...options,
      '--config',
      config
    ]
    const launched = sandbox.run(argv)
    t.strictSame(await launched.ended, { code, signal: null }, mode)
    if (mode === 'client')
      t.match(launched.stdout, /Config Error:\n\nReason: .*ConfigException\$Parse/)
    const [, id = ''] = SUBMITTED.exec(launched.stderr) ?? []
    await until(() => sandbox.stateOf(id) === end)
  }
})

t.test('options that the job refuses: exit 0 and no application', async (t) => {
  const sandbox = await startSandbox(t)
  const script = join(sandbox.cluster.waterdropHome, 'bin/start-waterdrop-spark.sh')
  const config = sandbox.config('job.conf', WD)
  const cases: [string[], RegExp][] = [
    [['--master', 'yarn', '--config', config], /^Error: Missing option --deploy-mode$/m],
    [
      ['--master', 'yarn', '--deploy-mode', 'client', '--config', config, '--name', 'x'],
      /^Error: Unknown option --name$/m
    ],
    [
      ['--master', 'yarn', '--deploy-mode', 'client', '--config', config, 'x'],
      /^Error: Unknown argument 'x'$/m
    ]
  ]
  for (const [words, text] of cases) {
    const launched = sandbox.run(['bash', script, ...words])
    t.strictSame(await launched.ended, { code: 0, signal: null }, words.join(' '))
    t.match(launched.stderr, text)
  }
  t.equal(sandbox.yarn.applications.length, 0)
})

t.test('the AM of cluster mode has the output of the job', async (t) => {
  const sandbox = await startSandbox(t)
  const launched = start(sandbox, 'cluster', sandbox.config('job.conf', WD))
  const [, id = ''] = await launched.seen(/\(state: RUNNING\)[\s\S]*(application_\d+_\d+)/)
  const { amContainerLogs } = await reportOf(sandbox, id)
  const [, container = ''] = /(container_\w+)/.exec(String(amContainerLogs)) ?? []
  const url = `${sandbox.yarn.nodeManagerUrl}/ws/v1/node/containerlogs/${container}/stdout`
  const text = await (await fetch(url)).text()
  t.match(text, /\[INFO\] Loading config file: job.conf\n\[INFO\] parsed config file: \{/)
  t.match(text, /rows 2/)
  t.strictSame(await launched.ended, { code: 0, signal: null })
})
