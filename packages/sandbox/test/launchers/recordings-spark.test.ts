import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { comparable, recording } from './support/recording.ts'
import type { Running } from './support/run-launcher.ts'
import { killApplication, type Sandbox, startSandbox } from './support/sandbox.ts'

type Case = {
  recording: string
  words: string[]
  program?: string
  /** Compared from the first line on that matches. */
  from?: RegExp
  action?: (launched: Running, sandbox: Sandbox) => Promise<void>
  exit: { code: number | null; signal: string | null }
  /** State and final status that YARN ends with; `unknown`: the id was printed, never submitted. */
  end: string
}

const ACCEPTED = '# sandbox.endless = true\n# sandbox.register.ms = 60000\n'
const ENDLESS = '# sandbox.endless = true\n'
const FAILING = '# sandbox.run.ms = 700\n# sandbox.throw = boom\n'
const BATCH = '# sandbox.run.ms = 700\n'
const ok = { code: 0, signal: null }
const failed = { code: 1, signal: null }
const terminated = { code: 143, signal: null }

async function killedByRm(launched: Running, sandbox: Sandbox) {
  const [, id] = await launched.seen(/report for (application_\d+_\d+) \(state: RUNNING\)/)
  await killApplication(sandbox, id ?? '')
}
async function terminatedWhileRunning(launched: Running) {
  await launched.seen(/user: alice\n.*\(state: RUNNING\)[\s\S]*user: alice\n/)
  launched.kill('SIGTERM')
}
async function terminatedDriver(launched: Running) {
  await launched.seen(/Batch: 0/)
  launched.kill('SIGTERM')
}
async function killedWhileAccepted(launched: Running, sandbox: Sandbox) {
  const [, id] = await launched.seen(/Submitted application (application_\d+_\d+)/)
  await killApplication(sandbox, id ?? '')
}

const cluster = ['--master', 'yarn', '--deploy-mode', 'cluster']
const client = ['--master', 'yarn', '--deploy-mode', 'client']
const sparkCases: Case[] = [
  {
    recording: 'spark-cluster-ok',
    words: cluster,
    program: BATCH,
    end: 'FINISHED/SUCCEEDED',
    exit: ok
  },
  {
    recording: 'spark-cluster-fail',
    words: cluster,
    program: FAILING,
    end: 'FINISHED/FAILED',
    exit: failed
  },
  {
    recording: 'spark-cluster-killed-by-rm',
    words: cluster,
    program: ENDLESS,
    action: killedByRm,
    end: 'KILLED/KILLED',
    exit: failed
  },
  {
    recording: 'spark-cluster-sigterm',
    words: cluster,
    program: ENDLESS,
    action: terminatedWhileRunning,
    end: 'RUNNING/UNDEFINED',
    exit: terminated
  },
  {
    recording: 'spark-cluster-nowait',
    words: [...cluster, '--conf', 'spark.yarn.submit.waitAppCompletion=false'],
    program: BATCH,
    end: 'FINISHED/SUCCEEDED',
    exit: ok
  },
  {
    recording: 'spark-cluster-bad-queue',
    words: [...cluster, '--queue', 'nope'],
    program: BATCH,
    end: 'FAILED/FAILED',
    exit: failed
  },
  { recording: 'spark-missing-file', words: cluster, end: 'unknown', exit: failed },
  {
    recording: 'spark-client-ok',
    words: [...client, '--name', 'spark-client-ok'],
    program: BATCH,
    end: 'FINISHED/SUCCEEDED',
    exit: ok
  },
  {
    recording: 'spark-client-killed-accepted',
    words: [...client, '--name', 'spark-client-killed-acc'],
    program: ACCEPTED,
    action: killedWhileAccepted,
    from: /\(state: KILLED\)/,
    end: 'KILLED/KILLED',
    exit: failed
  },
  {
    recording: 'spark-client-sigterm',
    words: [...client, '--name', 'spark-client-sigterm'],
    program: ENDLESS,
    action: terminatedDriver,
    end: 'FINISHED/SUCCEEDED',
    exit: terminated
  },
  {
    recording: 'spark-client-fail',
    words: [...client, '--name', 'spark-client-fail'],
    program: FAILING,
    end: 'FINISHED/SUCCEEDED',
    exit: failed
  }
]

/** The recorded programs had these names. */
function programName(program: string): string {
  return program.includes('endless') ? 'endless.py' : 'batch.py'
}

function since(lines: string[], pattern: RegExp = /^/): string[] {
  return lines.slice(lines.findIndex((line) => pattern.test(line)))
}

t.test('spark-submit prints what was recorded, and exits alike', async (t) => {
  const sandbox = await startSandbox(t)
  const defaults = 'spark.yarn.am.extraJavaOptions -Dx=y\nspark.executor.memory 512m\n'
  const confDir = join(sandbox.config('spark-defaults.conf', defaults), '..')
  for (const { recording: name, words, program, from, action, exit, end } of sparkCases) {
    const file = program
      ? sandbox.config(programName(program), program)
      : join(sandbox.dir, 'nope.py')
    const argv = [join(sandbox.cluster.sparkHome, 'bin/spark-submit'), ...words, file]
    const launched = sandbox.run(argv, { SPARK_CONF_DIR: confDir })
    await action?.(launched, sandbox)
    t.strictSame(await launched.ended, exit, name)
    const expected = comparable(recording(`${name}.stderr`))
    t.strictSame(since(comparable(launched.stderr), from), since(expected, from), name)
    const [id = ''] = /application_\d+_\d+/.exec(launched.stderr) ?? []
    await until(() => sandbox.stateOf(id) === end)
  }
})
