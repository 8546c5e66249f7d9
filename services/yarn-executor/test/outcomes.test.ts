import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { CONFIGS, startExecutor, startSurroundings } from './support/executor.ts'
import { type RecordedLaunch, recordedLaunching } from './support/recorded-launching.ts'
import { recording } from './support/recordings.ts'
import { v2Calls } from './support/v2-calls.ts'

const spark = (mode: string, ...more: string[]) =>
  ['spark-submit', '--master', 'yarn', '--deploy-mode', mode, '--name', '{name}'].concat(
    ...[['--conf', 'spark.yarn.tags={tags}'], more]
  )
const flink = (...more: string[]) =>
  ['flink', 'run', '-m', 'yarn-cluster'].concat(
    ...[more, ['-ynm', '{name}', '-yD', 'yarn.tags={tags}']]
  )
const FLINK_APPLICATION = [
  ...['flink', 'run-application', '-t', 'yarn-application'],
  ...['-Dyarn.application.name={name}', '-Dyarn.tags={tags}']
]
const CLIENT = { argv: spark('client'), lives: true }
const CLUSTER = { argv: spark('cluster'), lives: false }
const DETACHED = { argv: flink('-d'), lives: false }
const ATTACHED = { argv: flink(), lives: true }

const BATCH = { 'run.ms': 500 }
const THROWS = { 'run.ms': 500, throw: 'boom' }
const ENDLESS = { endless: 'true' }
const STAYS_ACCEPTED = { endless: 'true', 'register.ms': 600_000 }
const NO_AM = { 'am.fail': 'exited with exitCode: 1' }
/** A real client asks the dead web port for 61 s. */
const RETRY_MS = 2500
const sigterm = { dieAt: 'running', dieBy: 'SIGTERM' }
const sigkill = { dieAt: 'running', dieBy: 'SIGKILL' }

type Row = Omit<RecordedLaunch, 'recording'> & {
  /** Somebody else kills it on YARN while it is in this state. */
  killed?: 'SUBMITTED' | 'RUNNING'
  /** The warning that it gets while it goes on; then it is stopped, or finishes. */
  warned?: string
  finishes?: true
  exit: Record<string, unknown>
  /** As YARN shows it in the end, and the recorded line that says why, where there is one. */
  yarn: string | null
  outcome: string
  /** Of the first fact, or in the evidence. */
  because: RegExp
}

const zero = { kind: 'exited', code: 0 }
const one = { kind: 'exited', code: 1 }
const by = (signal: string) => ({ kind: 'signalled', signal })

/** engines.md §6, a row a line; what is named is the recording that is printed. */
// biome-ignore format: one case a line
const ROWS: Record<string, Row> = {
  'spark-client-ok': { ...CLIENT, job: BATCH, exit: zero, yarn: 'FINISHED/SUCCEEDED', outcome: 'SUCCEEDED', because: /SUCCEEDED/ },
  'spark-client-fail': { ...CLIENT, job: THROWS, exit: one, yarn: 'FINISHED/SUCCEEDED', outcome: 'FAILED', because: /^the launcher ended with exit code 1[\s\S]*RuntimeError: boom/ },
  'spark-client-killed-by-rm': { ...CLIENT, job: ENDLESS, killed: 'RUNNING', exit: one, yarn: 'KILLED/KILLED', outcome: 'KILLED', because: /exited unexpectedly with state KILLED!/ },
  'spark-client-killed-accepted': { ...CLIENT, job: STAYS_ACCEPTED, killed: 'SUBMITTED', exit: one, yarn: 'KILLED/KILLED', outcome: 'KILLED', because: /^application_\d+_\d+ ended KILLED\/KILLED/ },
  'spark-client-sigterm': { ...CLIENT, job: ENDLESS, faults: sigterm, exit: by('SIGTERM'), yarn: 'FINISHED/SUCCEEDED', outcome: 'FAILED', because: /^the launcher was ended by SIGTERM[\s\S]*from outside/ },
  'spark-client-sigkill': { ...CLIENT, job: ENDLESS, faults: sigkill, exit: by('SIGKILL'), yarn: 'FINISHED/SUCCEEDED', outcome: 'FAILED', because: /^the launcher was ended by SIGKILL[\s\S]*from outside/ },
  'spark-cluster-ok': { ...CLUSTER, job: BATCH, exit: zero, yarn: 'FINISHED/SUCCEEDED', outcome: 'SUCCEEDED', because: /SUCCEEDED/ },
  'spark-cluster-fail': { ...CLUSTER, job: THROWS, exit: one, yarn: 'FINISHED/FAILED', outcome: 'FAILED', because: /User application exited with status 1/ },
  'spark-cluster-killed-by-rm': { ...CLUSTER, job: ENDLESS, killed: 'RUNNING', exit: one, yarn: 'KILLED/KILLED', outcome: 'KILLED', because: /KILLED\/KILLED/ },
  'spark-cluster-sigterm': { ...CLUSTER, job: ENDLESS, faults: sigterm, warned: 'LAUNCHER_FAILED', exit: by('SIGTERM'), yarn: 'KILLED/KILLED', outcome: 'KILLED', because: /^anonymous asked for its end/ },
  'spark-cluster-nowait': { argv: spark('cluster', '--conf', 'spark.yarn.submit.waitAppCompletion=false'), lives: false, job: BATCH, exit: zero, yarn: 'FINISHED/SUCCEEDED', outcome: 'SUCCEEDED', because: /SUCCEEDED/ },
  'spark-cluster-bad-queue': { argv: spark('cluster', '--queue', 'nope'), lives: false, exit: one, yarn: 'FAILED/FAILED', outcome: 'FAILED', because: /unknown queue: nope/ },
  'spark-missing-file': { argv: spark('cluster', 'nope.py'), lives: false, exit: one, yarn: null, outcome: 'FAILED', because: /^FILE_MISSING: The launcher found no file [\s\S]*exit code 1/ },
  'flink-perjob-detached-ok': { ...DETACHED, job: BATCH, exit: zero, yarn: 'FINISHED/SUCCEEDED', outcome: 'SUCCEEDED', because: /SUCCEEDED/ },
  'flink-perjob-detached-killed': { ...DETACHED, job: ENDLESS, killed: 'RUNNING', exit: zero, yarn: 'KILLED/KILLED', outcome: 'KILLED', because: /KILLED\/KILLED/ },
  'flink-application-fail': { argv: FLINK_APPLICATION, lives: false, job: THROWS, exit: zero, yarn: 'FINISHED/FAILED', outcome: 'FAILED', because: /^application_\d+_\d+ ended FINISHED\/FAILED/ },
  'flink-perjob-attached-ok': { ...ATTACHED, job: BATCH, exit: zero, yarn: 'FINISHED/SUCCEEDED', outcome: 'SUCCEEDED', because: /SUCCEEDED/ },
  'flink-perjob-attached-killed': { ...ATTACHED, job: ENDLESS, killed: 'RUNNING', faults: { flinkRetryMs: RETRY_MS }, exit: one, yarn: 'KILLED/KILLED', outcome: 'KILLED', because: /exit code 1[\s\S]*The program finished with the following exception/ },
  'flink-perjob-attached-sigterm': { ...ATTACHED, job: ENDLESS, faults: sigterm, warned: 'CLIENT_GONE', exit: by('SIGTERM'), yarn: 'KILLED/KILLED', outcome: 'KILLED', because: /^anonymous asked for its end/ },
  'flink-perjob-attached-sigkill': { ...ATTACHED, job: BATCH, faults: sigkill, warned: 'CLIENT_GONE', exit: by('SIGKILL'), yarn: 'KILLED/KILLED', outcome: 'KILLED', because: /^anonymous asked for its end/ },
  'flink-sigterm-accepted': { ...DETACHED, job: STAYS_ACCEPTED, faults: { dieAt: 'after-submit', dieBy: 'SIGTERM', pauseAt: 'after-submit', pauseMs: 300 }, exit: by('SIGTERM'), yarn: 'KILLED/KILLED', outcome: 'KILLED', because: /KILLED\/KILLED/ },
  'flink-sigkill-accepted': { ...DETACHED, job: ENDLESS, faults: { dieAt: 'after-submit', dieBy: 'SIGKILL' }, warned: 'LAUNCHER_FAILED', finishes: true, exit: by('SIGKILL'), yarn: 'FINISHED/SUCCEEDED', outcome: 'SUCCEEDED', because: /SIGKILL[\s\S]*only submits/ },
  'flink-perjob-deploy-failed': { ...DETACHED, job: NO_AM, exit: one, yarn: 'FAILED/FAILED', outcome: 'FAILED', because: /exited with {2}exitCode: 1/ },
  'flink-bad-queue': { argv: flink('-d', '-yqu', 'nope'), lives: false, exit: one, yarn: 'FAILED/FAILED', outcome: 'FAILED', because: /unknown queue: nope/ },
  'flink-missing-jar': { argv: [...flink('-d'), 'nope.jar'], lives: false, exit: one, yarn: null, outcome: 'FAILED', because: /^JAR_MISSING: The launcher found no JAR file nope\.jar/ }
}

const SUCCEEDED = { finalStatus: 'SUCCEEDED' } as const
/** Of the shell that waited for a launcher which SIGKILL has ended. */
const SHELL_SAYS = /^Killed\n$/m
const TEXT = { configFile: undefined, config: CONFIGS['endless.conf'] }

t.test('every recorded end of a launcher, and what came of its job', { jobs: 8 }, async (t) => {
  const around = await startSurroundings(t, { MAX_LAUNCHERS: '6', MAX_DRIVERS: '30' })
  const launches = Object.fromEntries(
    Object.entries(ROWS).map(([name, row]) => [name, { ...row, recording: name }])
  )
  const launching = await recordedLaunching(around, launches)
  const { url, yarn } = await startExecutor(t, {}, { launching }, around)
  const { get, post, submit, inState } = v2Calls(url)
  t.comment(`a client that asks a dead cluster gives up after ${RETRY_MS} ms in place of 61 s`)

  for (const [name, row] of Object.entries(ROWS)) {
    t.test(name, { buffered: true }, async (t) => {
      const engine = name.startsWith('flink') ? 'flink' : 'spark'
      const deployMode = engine === 'flink' ? {} : { deployMode: row.argv[4] }
      const { body: accepted } = await submit(name, { engine, ...TEXT, ...deployMode })
      const { id } = accepted
      const job = async () => (await get(`/jobs/${id}`)).body

      if (row.killed) {
        const { applicationId } = await inState(id, row.killed)
        // A detached client ends once it has seen its application run.
        if (row.exit === zero)
          await until(`${name} has let go`, async () => (await job()).attempts[0].exit)
        yarn.advance(applicationId, 'KILLED')
        const seen = await inState(id, 'KILLED')
        const [{ exit }] = seen.attempts
        if (row.lives && exit === null) t.equal(seen.outcome, null, 'no guess before the exit')
      }
      if (row.warned) {
        const going = await until(`${name} is warned of`, async () => {
          const now = await job()
          return now.warnings.length > 0 && now
        })
        t.match(going, { warnings: [{ code: row.warned }], outcome: null, evidence: [] })
        t.match(going, { state: /SUBMITTED|RUNNING/, yarn: { state: /ACCEPTED|RUNNING/ } })
        if (row.finishes) yarn.advance(going.applicationId, 'FINISHED', SUCCEEDED)
        else t.match(await post(`/jobs/${id}/stop`), { http: 202 })
      }
      const ended = await until(`${name} has an outcome`, async () => {
        const now = await job()
        return now.outcome !== null && now
      })
      t.equal(ended.outcome, row.outcome, JSON.stringify(ended.evidence))
      t.match(ended.evidence.map(({ text }: { text: string }) => text).join('\n'), row.because)
      const { yarn: said } = ended
      t.equal(said && `${said.state}/${said.finalStatus}`, row.yarn, 'what YARN says')
      const { attempts } = await until('the launcher’s end is kept', async () => {
        const now = await job()
        return now.attempts[0]?.exit && now
      })
      t.match(attempts, [{ exit: row.exit }])
      const { body: events } = await get(`/jobs/${id}/events`)
      const outcomes = events.items.filter(({ what }: { what: string }) => what === 'outcome')
      t.match(outcomes, [{ detail: new RegExp(`^${row.outcome}: `) }])
      t.equal(outcomes.length, 1)

      const directory = join(String(around.variables.DATA_DIR), 'attempts', attempts[0].id)
      for (const stream of ['stdout', 'stderr'] as const) {
        const printed = await readFile(join(directory, stream), 'utf8')
        t.strictSame(
          withoutIds(printed.replace(SHELL_SAYS, '')),
          withoutIds(recording(name)[stream].join('\n')),
          stream
        )
      }
    })
  }
})

const withoutIds = (text: string) => text.trim().replaceAll(/application_\d+_\d+/g, 'ID')
