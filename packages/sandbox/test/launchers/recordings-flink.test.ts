import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { comparable, recording } from './support/recording.ts'
import type { Running } from './support/run-launcher.ts'
import { killApplication, type Sandbox, startSandbox } from './support/sandbox.ts'

type Case = {
  recording: string
  words: string[]
  /** What the job does: settings of the sandbox. */
  job?: string
  action?: (launched: Running, sandbox: Sandbox) => Promise<void>
  exit: { code: number | null; signal: string | null }
  /** State and final status that YARN ends with, or stays at. */
  end?: string
  /** stderr is compared by the lines that are no frames of a stack. */
  causes?: boolean
  /** Diagnostics of an ApplicationMaster that died have an end of their own each. */
  diagnostics?: boolean
}

const ok = { code: 0, signal: null }
const failed = { code: 1, signal: null }
const terminated = { code: 143, signal: null }
const ENDLESS = '# sandbox.endless = true'
const BATCH = '# sandbox.run.ms = 300'
const ACCEPTED = '# sandbox.register.ms = 60000'

const perJob = ['run', '-m', 'yarn-cluster']
const target = ['run', '-t', 'yarn-per-job', '-Dyarn.application.name=n', '-Dyarn.tags=f2']

async function killed(launched: Running, sandbox: Sandbox) {
  const [, id] = await launched.seen(/Submitted application (application_\d+_\d+)[\s\S]*JobID/)
  await killApplication(sandbox, id ?? '')
}

const cases: Case[] = [
  {
    recording: 'flink-perjob-attached-ok',
    words: [...perJob, '-ynm', 'flink-perjob', '-yD', 'yarn.tags=FL-2,attempt-1'],
    job: BATCH,
    end: 'FINISHED/SUCCEEDED',
    exit: ok
  },
  {
    recording: 'flink-perjob-detached-ok',
    words: [...perJob, '-d', '-ynm', 'flink-detached-ok', '-yD', 'yarn.tags=f9'],
    job: BATCH,
    end: 'FINISHED/SUCCEEDED',
    exit: ok
  },
  {
    recording: 'flink-perjob-attached-sigterm',
    words: target,
    job: ENDLESS,
    action: async (launched) => {
      await launched.seen(/JobID/)
      launched.kill('SIGTERM')
    },
    end: 'RUNNING/UNDEFINED',
    exit: terminated
  },
  {
    recording: 'flink-perjob-attached-killed',
    words: target,
    job: ENDLESS,
    action: killed,
    end: 'KILLED/KILLED',
    exit: failed,
    causes: true
  },
  {
    recording: 'flink-sigterm-accepted',
    words: [...perJob, '-d', '-yD', 'yarn.tags=f5'],
    job: ACCEPTED,
    action: async (launched) => {
      await launched.seen(/current state ACCEPTED/)
      launched.kill('SIGTERM')
    },
    end: 'KILLED/KILLED',
    exit: terminated,
    causes: true
  },
  {
    recording: 'flink-bad-queue',
    words: [...perJob, '-d', '-yqu', 'nope', '-yD', 'yarn.tags=f10'],
    job: BATCH,
    end: 'FAILED/FAILED',
    exit: failed,
    causes: true
  },
  { recording: 'flink-missing-jar', words: [...perJob, '-d', 'nope.jar'], exit: failed },
  {
    recording: 'flink-application-ok',
    words: ['run-application', '-t', 'yarn-application', '-Dyarn.application.name=n'],
    job: BATCH,
    end: 'FINISHED/SUCCEEDED',
    exit: ok
  },
  {
    recording: 'flink-perjob-deploy-failed',
    words: [...perJob, '-ynm', 'flink-perjob', '-yD', 'yarn.tags=FL-1,attempt-1'],
    job: '# sandbox.am.fail = it died',
    exit: failed,
    end: 'FAILED/FAILED',
    causes: true,
    diagnostics: true
  },
  {
    recording: 'flink-application-fail',
    words: ['run-application', '-t', 'yarn-application', '-Dyarn.application.name=n'],
    job: '# sandbox.run.ms = 300\n# sandbox.throw = boom',
    exit: ok,
    end: 'FINISHED/FAILED'
  }
]

t.test('flink prints what was recorded, and exits alike', async (t) => {
  const sandbox = await startSandbox(t)
  await sandbox.cluster.setFaults({ flinkRetryMs: 100 })
  const jar = join(sandbox.cluster.waterdropHome, 'lib/waterdrop-core-2.0.4.jar')
  const flink = join(sandbox.cluster.flinkHome, 'bin/flink')
  for (const { recording: name, words, job, action, exit, end, causes, diagnostics } of cases) {
    const launched = sandbox.run([flink, ...words, ...(job === undefined ? [] : [jar, job])])
    await action?.(launched, sandbox)
    t.strictSame(await launched.ended, exit, name)
    t.strictSame(
      comparable(launched.stdout),
      comparable(recording(`${name}.stdout`)),
      `${name}, stdout`
    )
    const lines = (text: string) => {
      const all = comparable(text).filter((line) => !causes || !/^\t(at|\.\.\.) /.test(line))
      return diagnostics
        ? all.slice(
            0,
            all.findIndex((line) => /^Diagnostics/.test(line))
          )
        : all
    }
    t.strictSame(lines(launched.stderr), lines(recording(`${name}.stderr`)), `${name}, stderr`)
    const [, id = ''] =
      /Submitting application master (application_\d+_\d+)/.exec(launched.stdout) ?? []
    if (end !== undefined) await until(() => sandbox.stateOf(id) === end)
  }
})
