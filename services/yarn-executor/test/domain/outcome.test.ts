import t from 'tap'
import type { LauncherExit, LauncherFailure } from '../../src/domain/launching.ts'
import { warningOf } from '../../src/domain/left-behind.ts'
import {
  type Judged,
  type JudgedAttempt,
  judge,
  needsDriverOutput,
  withDriverOutput
} from '../../src/domain/outcome.ts'
import { FINAL_STATES, SUBMISSION_STATES } from '../../src/domain/submission.ts'

const APPLICATION = 'application_1795346064118_0033'
const FATAL: LauncherFailure = {
  code: 'JOB_FAILED',
  sentence: 'The job ended with a fatal error.',
  lines: ['Fatal Error,', 'Reason: boom']
}
const UNKNOWN_EXIT: LauncherExit = { kind: 'unknown', reason: 'it left no exit status' }

const exited = (code: number): LauncherExit => ({ kind: 'exited', code })
const signalled = (signal: string): LauncherExit => ({ kind: 'signalled', signal })

function submission(given: Partial<Judged> = {}): Judged {
  return {
    engine: 'spark',
    deployMode: 'client',
    state: 'FINISHED',
    reason: null,
    reasonText: null,
    applicationId: APPLICATION,
    finalStatus: 'SUCCEEDED',
    stopRequestedBy: null,
    closedBy: null,
    ...given
  }
}

const attempt = (
  exit: LauncherExit | null,
  failure: LauncherFailure | null = null,
  holdsDriver = true
): JudgedAttempt => ({ exit, failure, holdsDriver })

const CLUSTER = { deployMode: 'cluster' } as const
const FLINK = { engine: 'flink' } as const
const DETACHED = false

t.test('how it went', async (t) => {
  const rows: [string, Partial<Judged>, JudgedAttempt | undefined, string | undefined, RegExp][] = [
    ['driver, all well', {}, attempt(exited(0)), 'SUCCEEDED', /ended FINISHED\/SUCCEEDED/],
    ['driver threw', {}, attempt(exited(1)), 'FAILED', /^the launcher ended with exit code 1/],
    ['driver ended by SIGTERM', {}, attempt(signalled('SIGTERM')), 'FAILED', /^.* by SIGTERM/],
    ['driver still there', {}, attempt(null), undefined, /^$/],
    ['error swallowed', {}, attempt(exited(0), FATAL), 'FAILED', /^.*fatal.*\nFatal Error,/],
    ['shim killed', {}, attempt(UNKNOWN_EXIT), 'UNKNOWN', /no exit status/],
    ['shim killed, confessed', {}, attempt(UNKNOWN_EXIT, FATAL), 'FAILED', /Fatal Error,/],
    [
      'wrapper gone, driver not',
      {},
      attempt({ kind: 'exited', code: 0, outlived: true }),
      'UNKNOWN',
      /processes that it had started went on/
    ],
    ['no attempt', {}, undefined, 'UNKNOWN', /no exit status/],
    ['YARN says FAILED, driver 0', FAILED(), attempt(exited(0)), 'UNKNOWN', /contradict/],
    ['both say FAILED', FAILED(), attempt(exited(1)), 'FAILED', /exit code 1/],
    ['FAILED, shim killed', FAILED(), attempt(UNKNOWN_EXIT), 'FAILED', /FINISHED\/FAILED/],
    ['killed by others', KILLED(), attempt(exited(1)), 'KILLED', /KILLED\/KILLED/],
    ['killed, swallowed', KILLED(), attempt(exited(0)), 'KILLED', /KILLED\/KILLED/],
    ['no final status', UNDEFINED(), attempt(exited(0)), 'UNKNOWN', /without saying/],
    ['no final status, threw', UNDEFINED(), attempt(exited(1)), 'FAILED', /exit code 1/],
    ['stopped here', { stopRequestedBy: 'bob' }, attempt(exited(0)), 'KILLED', /^bob asked/],
    ['stopped, driver there', { stopRequestedBy: 'bob' }, attempt(null), 'KILLED', /^bob asked/],
    [
      'cancelled',
      { ...KILLED(), stopRequestedBy: 'bob', applicationId: null, finalStatus: null },
      undefined,
      'KILLED',
      /^bob ended it before there was an application$/
    ],
    ['rejected', REJECTED(), attempt(exited(0)), 'FAILED', /^NO_APPLICATION: it ended.*code 0/s],
    ['lost', { state: 'LOST', reason: 'RM_FORGOT' }, attempt(exited(1)), 'UNKNOWN', /^RM_FORGOT/],
    [
      'closed by hand',
      { state: 'LOST', reason: 'CLOSED_BY_HAND', reasonText: 'gone', closedBy: 'root' },
      attempt(null),
      'UNKNOWN',
      /^CLOSED_BY_HAND: gone$/
    ],
    ['cluster, all well', CLUSTER, attempt(exited(0), null, DETACHED), 'SUCCEEDED', /SUCCEEDED/],
    ['cluster, launcher there', CLUSTER, attempt(null, null, DETACHED), 'SUCCEEDED', /SUCC/],
    [
      'cluster, launcher killed',
      CLUSTER,
      attempt(signalled('SIGKILL'), null, DETACHED),
      'SUCCEEDED',
      /SIGKILL.*only submits/s
    ],
    ['cluster, job throws', { ...CLUSTER, ...FAILED() }, attempt(exited(0)), 'FAILED', /FAILED/],
    ['cluster, no launcher seen', CLUSTER, undefined, 'SUCCEEDED', /only submits/],
    ['detached', { ...FLINK, ...FAILED() }, attempt(exited(0), null, DETACHED), 'FAILED', /FAILED/],
    [
      'detached, launcher killed',
      FLINK,
      attempt(signalled('SIGKILL'), null, DETACHED),
      'SUCCEEDED',
      /only submits/
    ],
    ['attached, all well', FLINK, attempt(exited(0)), 'SUCCEEDED', /SUCCEEDED/],
    ['attached, still there', FLINK, attempt(null), undefined, /^$/],
    ['attached, contradiction', FLINK, attempt(exited(1)), 'UNKNOWN', /exit code 1.*contradict/s],
    ['attached, client killed', FLINK, attempt(signalled('SIGKILL')), 'UNKNOWN', /client that/],
    ['attached, job failed', { ...FLINK, ...FAILED() }, attempt(exited(0)), 'FAILED', /FAILED/],
    ['attached, killed', { ...FLINK, ...KILLED() }, attempt(exited(1)), 'KILLED', /KILLED/],
    ['attached, confessed', FLINK, attempt(exited(0), FATAL), 'FAILED', /Fatal Error,/],
    ['not over', { state: 'RUNNING' }, attempt(exited(1)), undefined, /^$/]
  ]
  for (const [name, given, of, outcome, texts] of rows) {
    const found = judge(submission(given), of)
    t.equal(found?.outcome, outcome, name)
    t.match(found?.evidence.map(({ text }) => text).join('\n') ?? '', texts, name)
  }
})

function FAILED(): Partial<Judged> {
  return { finalStatus: 'FAILED' }
}
function KILLED(): Partial<Judged> {
  return { state: 'KILLED', finalStatus: 'KILLED' }
}
function UNDEFINED(): Partial<Judged> {
  return { finalStatus: 'UNDEFINED' }
}
function REJECTED(): Partial<Judged> {
  return { state: 'REJECTED', reason: 'NO_APPLICATION', reasonText: 'it ended', finalStatus: null }
}

t.test('both facts of a contradiction are in the evidence', async (t) => {
  const { evidence = [] } = judge(submission(FAILED()), attempt(exited(0))) ?? {}
  t.strictSame(
    evidence.map(({ source }) => source),
    ['yarn', 'launcher', 'executor']
  )
})

t.test('evidence stays bounded, whatever diagnostics and output are', async (t) => {
  const lines = Array.from({ length: 12 }, () => 'x'.repeat(500))
  const failure = { code: 'JOB_FAILED', sentence: 's', lines }
  const given = submission({ reasonText: 'd'.repeat(50_000) })
  const found = judge(given, attempt(exited(1), failure))
  t.ok(JSON.stringify(found).length < 6000)
})

const EXITS: (LauncherExit | null)[] = [
  null,
  exited(0),
  exited(1),
  exited(255),
  { kind: 'exited', code: 0, outlived: true },
  { kind: 'exited', code: 1, outlived: true },
  signalled('SIGTERM'),
  signalled('SIGKILL'),
  { kind: 'not-started', reason: 'why' },
  UNKNOWN_EXIT
]
const ATTEMPTS = [
  undefined,
  ...EXITS.flatMap((exit) =>
    [null, FATAL].flatMap((failure) =>
      [true, false].map((driver) => attempt(exit, failure, driver))
    )
  )
]
const FINAL_STATUSES = [null, 'UNDEFINED', 'SUCCEEDED', 'FAILED', 'KILLED', 'ENDED', 'NEW_ONE', '']

function* everything(): Generator<[Judged, JudgedAttempt | undefined]> {
  for (const state of SUBMISSION_STATES) {
    for (const finalStatus of FINAL_STATUSES) {
      for (const [engine, deployMode] of [
        ['spark', 'client'],
        ['spark', 'cluster'],
        ['flink', 'client']
      ] as const) {
        for (const stopRequestedBy of [null, 'bob']) {
          for (const closedBy of [null, 'root']) {
            for (const applicationId of [APPLICATION, null]) {
              const given = { state, finalStatus, engine, deployMode, stopRequestedBy, closedBy }
              for (const of of ATTEMPTS) yield [submission({ ...given, applicationId }), of]
            }
          }
        }
      }
    }
  }
}

/** Said once more, and in another way than the code under test does. */
function speaksAgainstSuccess(one: Judged, of: JudgedAttempt | undefined): boolean {
  if (one.state !== 'FINISHED' || !/^(SUCCEEDED|ENDED)$/.test(one.finalStatus ?? '')) return true
  if (one.stopRequestedBy !== null) return true
  const exit = of?.exit
  const cleanly = exit?.kind === 'exited' && exit.code === 0 && !exit.outlived
  if (of?.failure && (cleanly || exit?.kind === 'unknown')) return true
  const livesWithJob = one.engine === 'spark' ? one.deployMode === 'client' : of?.holdsDriver
  return livesWithJob === true && !cleanly
}

t.test('over all combinations: never SUCCEEDED against the evidence, never a guess', async (t) => {
  let combinations = 0
  const wrong: unknown[] = []
  for (const [one, of] of everything()) {
    combinations += 1
    const found = judge(one, of)
    const outcome = found?.outcome
    const over = FINAL_STATES.includes(one.state)
    const fine =
      (outcome !== 'SUCCEEDED' || !speaksAgainstSuccess(one, of)) &&
      (over || found === undefined) &&
      (one.state !== 'LOST' || outcome === 'UNKNOWN') &&
      (one.state !== 'REJECTED' || outcome === 'FAILED') &&
      (one.stopRequestedBy === null || !/FINISHED|FAILED|KILLED/.test(one.state)
        ? true
        : outcome === 'KILLED') &&
      // Nothing to wait for: an answer. And one is never without what it rests on.
      (!over || found !== undefined || of?.exit === null) &&
      (found === undefined || (found.evidence.length > 0 && found.evidence.every((e) => e.text)))
    if (!fine) wrong.push([one, of, found])
  }
  t.strictSame(wrong.slice(0, 3), [])
  t.comment(`${combinations} combinations`)
  t.ok(combinations > 10_000)
})

t.test('what is out of order with an application that goes on', async (t) => {
  const rows: [string, Partial<Judged>, JudgedAttempt, string | undefined][] = [
    ['submitted well', CLUSTER, attempt(exited(0), null, DETACHED), undefined],
    ['exit 1 after it was accepted', CLUSTER, attempt(exited(1)), 'LAUNCHER_FAILED'],
    ['killed after it', FLINK, attempt(signalled('SIGKILL'), null, DETACHED), 'LAUNCHER_FAILED'],
    ['no exit status', CLUSTER, attempt(UNKNOWN_EXIT), 'LAUNCHER_FAILED'],
    ['client killed', FLINK, attempt(signalled('SIGTERM')), 'CLIENT_GONE'],
    ['client without exit status', FLINK, attempt(UNKNOWN_EXIT), 'CLIENT_GONE'],
    ['client well', FLINK, attempt(exited(0)), undefined],
    ['driver gone', {}, attempt(exited(0)), 'DRIVER_GONE'],
    ['driver lives on', {}, attempt({ kind: 'exited', code: 0, outlived: true }), undefined],
    ['launcher lives', CLUSTER, attempt(null), undefined],
    ['not begun', CLUSTER, attempt({ kind: 'not-started', reason: 'why' }), undefined]
  ]
  for (const [name, given, of, code] of rows) {
    const found = warningOf(submission({ state: 'RUNNING', ...given }), of)
    t.equal(found?.code, code, name)
    if (found) t.match(found.text, /application_1795346064118_0033 goes on/, name)
  }
})

t.test('the output of a driver decides only where nothing else can', (t) => {
  const verdict = { outcome: 'SUCCEEDED', evidence: [{ source: 'yarn', text: 'ended' }] } as const
  const swallows = { swallowsErrors: true }
  const cluster = { engine: 'spark', deployMode: 'cluster', state: 'FINISHED' } as const
  t.ok(needsDriverOutput(verdict, cluster, swallows))
  t.notOk(needsDriverOutput(verdict, cluster, { swallowsErrors: false }), 'others tell YARN')
  t.notOk(
    needsDriverOutput(verdict, { ...cluster, deployMode: 'client' }, swallows),
    'printed here'
  )
  t.notOk(
    needsDriverOutput(verdict, { ...cluster, engine: 'flink' }, swallows),
    'the client runs it'
  )
  t.notOk(needsDriverOutput({ ...verdict, outcome: 'KILLED' }, cluster, swallows))
  const failure = { code: 'JOB_FAILED', sentence: 'It failed.', lines: ['Fatal Error,'] }
  t.match(withDriverOutput(verdict, { kind: 'failed', failure, text: 'stdout' }), {
    outcome: 'FAILED',
    evidence: [{ source: 'driver', text: 'It failed. (stdout)\nFatal Error,' }, {}, {}]
  })
  t.match(withDriverOutput(verdict, { kind: 'silent', text: 'read' }), { outcome: 'SUCCEEDED' })
  t.match(withDriverOutput(verdict, { kind: 'unread', text: 'gone' }), {
    outcome: 'UNKNOWN',
    evidence: [{ source: 'yarn' }, { text: /could not be read: gone$/ }]
  })
  t.end()
})
