import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { reportOf, type Sandbox, startSandbox } from './support/sandbox.ts'

export const FLINK_STREAM = `env {
  execution.parallelism = 1
}
source { FakeSourceStream { result_table_name = "t1", field_name = "name,age" } }
transform { }
sink { ConsoleSink { } }
`
const FLINK_BATCH = FLINK_STREAM.replace('Stream', '').replace('= 1', '= 1\n  sandbox.run.ms = 200')

function start(sandbox: Sandbox, words: string[], env: Record<string, string> = {}) {
  const script = join(sandbox.cluster.waterdropHome, 'bin/start-waterdrop-flink.sh')
  return sandbox.run(['bash', script, '-m', 'yarn-cluster', ...words], env)
}

t.test('a detached launch returns once the application is RUNNING', async (t) => {
  const sandbox = await startSandbox(t)
  const config = sandbox.config('stream.conf', FLINK_STREAM)
  const words = [
    '-ynm',
    'wd-flink',
    '-yD',
    'yarn.tags=WD-1,wd-2',
    '-yqu',
    'etl',
    '-d',
    '--config',
    config
  ]
  const launched = start(sandbox, words)
  t.strictSame(await launched.ended, { code: 0, signal: null })
  const [, id = ''] = /Submitted application (application_\d+_\d+)/.exec(launched.stdout) ?? []
  const app = await reportOf(sandbox, id)
  t.match(app, {
    name: 'wd-flink',
    user: 'alice',
    state: 'RUNNING',
    queue: 'etl',
    applicationType: 'Apache Flink'
  })
  t.strictSame(String(app.applicationTags).split(',').sort(), ['wd-1', 'wd-2'])
  t.match(launched.stdout, new RegExp(`\\$ yarn application -kill ${id}\n`))
  t.match(launched.stdout, /\nJob has been submitted with JobID [0-9a-f]{32}\n$/)
})

t.test('an attached launch lasts as long as its job', async (t) => {
  const sandbox = await startSandbox(t)
  const launched = start(sandbox, ['--config', sandbox.config('batch.conf', FLINK_BATCH)])
  t.strictSame(await launched.ended, { code: 0, signal: null })
  const [, id = ''] = /Submitted application (application_\d+_\d+)/.exec(launched.stdout) ?? []
  await until(() => sandbox.stateOf(id) === 'FINISHED/SUCCEEDED')
  t.match(
    launched.stdout,
    /Program execution finished\nJob with JobID [0-9a-f]{32} has finished.\nJob Runtime: \d+ ms\n/
  )
})

t.test('a Python file is a program as a jar is; its arguments come behind --', async (t) => {
  const sandbox = await startSandbox(t)
  const program = sandbox.config('job.py', '# sandbox.run.ms = 100\nprint("x")\n')
  const flink = join(sandbox.cluster.flinkHome, 'bin/flink')
  const name = '-Dyarn.application.name=python'
  const words = ['run', '-t', 'yarn-per-job', '-d', name, '-py', program, '--', '-p', '4']
  const launched = sandbox.run([flink, ...words])
  t.strictSame(await launched.ended, { code: 0, signal: null })
  const [, id = ''] = /Submitted application (application_\d+_\d+)/.exec(launched.stdout) ?? []
  t.match(await reportOf(sandbox, id), { name: 'python' })
})
