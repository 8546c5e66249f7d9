import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import {
  killApplication,
  reportOf,
  type Sandbox,
  SPARK_BATCH,
  SPARK_STREAM,
  startSandbox
} from './support/sandbox.ts'

const SUBMITTED = /Submitted application (application_\d+_\d+)/

function start(sandbox: Sandbox, config: string, env: Record<string, string> = {}) {
  const script = join(sandbox.cluster.waterdropHome, 'bin/start-waterdrop-spark.sh')
  const words = ['--master', 'yarn', '--deploy-mode', 'client', '--config', config]
  return sandbox.run(['bash', script, ...words], env)
}

t.test('a stream runs until the ResourceManager kills it', async (t) => {
  const sandbox = await startSandbox(t)
  const config = sandbox.config('stream.conf', SPARK_STREAM)
  const launched = start(sandbox, config, { SPARK_SUBMIT_OPTS: '-Dspark.yarn.tags=ST-1,st-2' })
  const [, id = ''] = await launched.seen(SUBMITTED)
  await launched.seen(new RegExp(`Application ${id} has started running`))
  await launched.seen(/Batch: 0/)

  const app = await reportOf(sandbox, id)
  t.match(app, { name: 'stream-job', user: 'alice', state: 'RUNNING', queue: 'default' })
  t.equal(app.applicationType, 'SPARK')
  t.strictSame(String(app.applicationTags).split(',').sort(), ['st-1', 'st-2'])

  await killApplication(sandbox, id)
  t.strictSame(await launched.ended, { code: 0, signal: null }, 'Waterdrop 2.0.x swallows it')
  t.match(
    launched.stderr,
    /ERROR YarnClientSchedulerBackend: YARN application has exited unexpectedly with state KILLED!/
  )
  t.match(launched.stdout, /Fatal Error,/)
  t.equal(sandbox.stateOf(id), 'KILLED/KILLED')
})

t.test('SIGTERM ends the driver with 143 and its application as SUCCEEDED', async (t) => {
  const sandbox = await startSandbox(t)
  const launched = start(sandbox, sandbox.config('stream.conf', SPARK_STREAM))
  const [, id = ''] = await launched.seen(/Application (application_\d+_\d+) has started running/)
  launched.kill('SIGTERM')
  t.strictSame(await launched.ended, { code: 143, signal: null })
  await until(() => sandbox.stateOf(id) === 'FINISHED/SUCCEEDED')
  t.match(launched.stderr, /Invoking stop\(\) from shutdown hook/)
})

t.test('SIGKILL ends the driver, and its application as SUCCEEDED', async (t) => {
  const sandbox = await startSandbox(t)
  const launched = start(sandbox, sandbox.config('stream.conf', SPARK_STREAM))
  const [, id = ''] = await launched.seen(/Application (application_\d+_\d+) has started running/)
  launched.kill('SIGKILL')
  t.strictSame(await launched.ended, { code: null, signal: 'SIGKILL' })
  await until(() => sandbox.stateOf(id) === 'FINISHED/SUCCEEDED')
})

t.test('a batch prints its rows and ends', async (t) => {
  const sandbox = await startSandbox(t)
  const launched = start(sandbox, sandbox.config('batch.conf', SPARK_BATCH))
  t.strictSame(await launched.ended, { code: 0, signal: null })
  t.match(launched.stdout, /^\n\[INFO\] spark conf: --conf "spark.app.name=batch-job"/)
  t.match(
    launched.stdout,
    /\[INFO\] Loading config file: .*batch.conf\n\[INFO\] parsed config file: \{/
  )
  t.match(launched.stdout, /\|raw_message\s+\|/)
  const [, id = ''] = SUBMITTED.exec(launched.stderr) ?? []
  await until(() => sandbox.stateOf(id) === 'FINISHED/SUCCEEDED')
})
