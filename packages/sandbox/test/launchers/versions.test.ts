import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { comparable, recording } from './support/recording.ts'
import { SPARK_STREAM, startSandbox } from './support/sandbox.ts'

const FLINK = `env {
  execution.parallelism = 1
}
source { FakeSourceStream { result_table_name = "t1", field_name = "name" } }
transform { }
sink { ConsoleSink { } }
`

t.test('Flink 1.15 prints what was recorded of it', async (t) => {
  const sandbox = await startSandbox(t, { flinkVersion: '1.15.4' })
  const script = join(sandbox.cluster.waterdropHome, 'bin/start-waterdrop-flink.sh')
  const words = ['-m', 'yarn-cluster', '-d', '-ynm', 'wd-flink-name', '-yD', 'yarn.tags=wd-f1']
  const config = sandbox.config('wd.conf', FLINK)
  const launched = sandbox.run(['bash', script, ...words, '--config', config])
  t.strictSame(await launched.ended, { code: 0, signal: null })
  const own = (line: string) => !line.startsWith('[INFO] ')
  t.strictSame(comparable(launched.stdout).filter(own), comparable(recording('wd-flink.stdout')))
  t.strictSame(comparable(launched.stderr), comparable(recording('wd-flink.stderr')))
})

t.test('Spark 3.3 logs to stdout, and reports each second', async (t) => {
  const sandbox = await startSandbox(t, { sparkVersion: '3.3.4' })
  const script = join(sandbox.cluster.waterdropHome, 'bin/start-waterdrop-spark.sh')
  const config = sandbox.config('job.conf', SPARK_STREAM)
  const words = ['--master', 'yarn', '--deploy-mode', 'cluster', '--config', config]
  const launched = sandbox.run(['bash', script, ...words])
  await launched.seen(/(\(state: RUNNING\)\n[^\t]*){2}/)
  launched.kill('SIGTERM')
  t.strictSame(await launched.ended, { code: 143, signal: null })
  t.match(launched.stdout, /Submitted application application_/)
  t.match(launched.stderr, /^Warning: Ignoring non-Spark config property: "spark.app.name\n$/)
})

t.test('what goes wrong in a Flink job', async (t) => {
  const sandbox = await startSandbox(t)
  await sandbox.cluster.setFaults({ flinkRetryMs: 50 })
  const script = join(sandbox.cluster.waterdropHome, 'bin/start-waterdrop-flink.sh')
  const settings = (text: string) => FLINK.replace('= 1', `= 1\n  sandbox.run.ms = 100\n  ${text}`)
  const cases: [string, string[], number, string, RegExp][] = [
    [
      'env {',
      [],
      1,
      'unknown',
      /Config Error:[\s\S]*ConfigException\$Parse[\s\S]*didn't contain a Flink job/
    ],
    [settings('sandbox.fail = no-table'), [], 1, 'unknown', /Fatal Error,\n\nReason: no-table/],
    [
      settings('sandbox.throw = boom'),
      [],
      0,
      'FINISHED/FAILED',
      /ExecutionException: .*Job failed \(JobID/
    ],
    [settings('sandbox.throw = boom'), ['-d'], 0, 'FINISHED/FAILED', /JobID/],
    [
      settings('sandbox.am.fail = died'),
      ['-d'],
      1,
      'FAILED/FAILED',
      /switched to state FAILED during deployment/
    ],
    [settings(''), ['-d', '-t'], 1, 'unknown', /Missing argument for option: t/]
  ]
  for (const [text, words, code, end, output] of cases) {
    const config = sandbox.config('job.conf', text)
    const launched = sandbox.run([
      'bash',
      script,
      '-m',
      'yarn-cluster',
      ...words,
      '--config',
      config
    ])
    t.strictSame(await launched.ended, { code, signal: null }, text)
    const all = `${launched.stdout}\n${launched.stderr}`
    t.match(all, output)
    const [, id = ''] = /Submitted application (application_\d+_\d+)/.exec(all) ?? []
    await until(() => sandbox.stateOf(id) === end)
  }
})
