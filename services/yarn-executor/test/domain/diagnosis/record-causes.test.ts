import t from 'tap'
import { diagnose } from '../../../src/domain/diagnosis/diagnose.ts'
import type { Facts } from '../../../src/domain/diagnosis/diagnosis.ts'
import type { Submission } from '../../../src/domain/submission.ts'
import { factsOf, submissionWith } from '../../support/diagnosis-cases.ts'

const NOTHING = factsOf({
  name: '',
  about: { code: null, origin: '', submission: {} },
  sections: []
})

function first(submission: Partial<Submission>, more: Partial<Facts> = {}) {
  return diagnose({ ...NOTHING, submission: submissionWith(submission), ...more }).causes[0]
}

const standing = (given: Partial<Facts['standing']>): Partial<Facts> => ({
  standing: { ...NOTHING.standing, ...given }
})

t.test('what this service itself knows', async (t) => {
  const cases: [code: string, Partial<Submission>, Partial<Facts>?][] = [
    ['WAITS_FOR_LAUNCHER', { state: 'ACCEPTED' }, standing({ position: 3, waitsFor: 'launcher' })],
    ['WAITS_FOR_DRIVER', { state: 'ACCEPTED' }, standing({ position: 1, waitsFor: 'driver' })],
    [
      'EXECUTOR_DISK',
      { state: 'ACCEPTED' },
      standing({
        obstacle: "the launcher's files cannot be written: there is no room left on the disk"
      })
    ],
    [
      'START_OBSTACLE',
      { state: 'ACCEPTED' },
      standing({ obstacle: 'this host runs too many processes' })
    ],
    [
      'OLD_ONE_LIVES',
      { state: 'ACCEPTED', replaces: '1' },
      standing({ stop: { waitsFor: 'PROCESSES', problem: undefined, refused: undefined } })
    ],
    ['LAUNCHER_RUNS', { state: 'LAUNCHING' }],
    ['STOP_REQUESTED', { state: 'STOPPING', stopRequestedBy: 'alice' }],
    ['STOP_REQUESTED', { state: 'KILLED', stopRequestedBy: 'alice', outcome: 'KILLED' }],
    ['STOP_REQUESTED', { state: 'FINISHED', stopRequestedBy: 'alice', outcome: 'KILLED' }],
    [
      'START_TIMEOUT',
      { state: 'KILLED', stopRequestedBy: 'executor', reason: 'START_TIMEOUT', outcome: 'KILLED' }
    ],
    [
      'CLOSED_BY_HAND',
      { state: 'LOST', closedBy: 'bob', reason: 'CLOSED_BY_HAND', outcome: 'UNKNOWN' }
    ],
    ['RM_FORGOT', { state: 'LOST', reason: 'RM_FORGOT', outcome: 'UNKNOWN' }],
    ['RM_FORGOT', { state: 'RUNNING', yarnState: 'RUNNING', stale: 'RM_FORGOT' }],
    ['RM_SILENT', { state: 'RUNNING', yarnState: 'RUNNING', stale: 'RM_UNREACHABLE' }],
    ['HOST_UNREACHABLE', { state: 'LAUNCHING', stale: 'HOST_UNREACHABLE' }],
    ['ATTEMPT_FAILED', { state: 'RUNNING', yarnState: 'ACCEPTED' }],
    ['KILLED_ON_YARN', { state: 'KILLED', outcome: 'KILLED' }],
    [
      'CLIENT_GONE',
      { yarnState: 'RUNNING', warnings: [{ code: 'CLIENT_GONE', text: 'the launcher ended' }] }
    ],
    ['LAUNCHER_LOST', { state: 'REJECTED', reason: 'LAUNCHER_LOST', outcome: 'FAILED' }],
    ['SERVICE_RESTARTED', { state: 'REJECTED', reason: 'SERVICE_RESTARTED', outcome: 'FAILED' }]
  ]
  for (const [code, submission, more] of cases) {
    const cause = first(submission, more)
    t.equal(cause?.code, code, `${code}: ${cause?.sentence}`)
    t.match(cause?.sentence, /^[A-Za-z].*\.$/)
    t.notMatch(cause?.sentence, /null|undefined/)
  }
})

t.test('a driver that a signal has ended, and one whose end is not known yet', async (t) => {
  const ended = { state: 'FINISHED', finalStatus: 'SUCCEEDED', yarnState: 'FINISHED' } as const
  const exit = { kind: 'signalled', signal: 'SIGKILL' } as const
  const attempt = { createdAt: 0, exit, failure: null } as unknown as NonNullable<Facts['attempt']>
  t.match(first({ ...ended, outcome: 'FAILED' }, { attempt }), {
    code: 'LAUNCHER_SIGNALLED',
    sentence: 'Somebody ended its launcher: SIGKILL.'
  })
  t.equal(first(ended, { attempt: { ...attempt, exit: null } }), undefined)
})

t.test('a job that waits on YARN without a word says that', async (t) => {
  const application = { state: 'ACCEPTED', queue: 'etl', diagnostics: '' } as Facts['application']
  t.match(first({ state: 'SUBMITTED', yarnState: 'ACCEPTED' }, { application }), {
    code: 'WAITS_ON_YARN',
    sentence: /queue etl/
  })
  t.equal(first({ state: 'SUBMITTED', yarnState: 'ACCEPTED' }), undefined, 'nobody was asked')
})

t.test('a launcher that tries again and again says what', async (t) => {
  const text =
    '26/11/23 03:10:02 INFO Client: Retrying connect to server: rm.example/10.0.0.1:8032.'
  const texts = [{ source: 'launcher/stderr', lines: [{ text, cursor: 7 }] }]
  t.match(first({ state: 'LAUNCHING' }, { texts }), {
    code: 'RM_UNREACHABLE',
    evidence: [{ source: 'launcher/stderr', text, cursor: 7 }]
  })
})

t.test('a job that runs and gets no executors is stuck, until it gets some', async (t) => {
  const stuck =
    '26/11/23 03:10:02 WARN YarnScheduler: Initial job has not accepted any resources; check your cluster UI to ensure that workers are registered and have sufficient resources'
  const goesOn = '26/11/23 03:10:09 INFO TaskSetManager: Starting task 0.0 in stage 0.0 (TID 0)'
  const of = (...lines: string[]) =>
    first(
      { yarnState: 'RUNNING' },
      {
        texts: [{ source: 'launcher/stderr', lines: lines.map((text) => ({ text, cursor: null })) }]
      }
    )
  t.equal(of(stuck)?.code, 'NO_EXECUTORS')
  t.equal(of(stuck, goesOn), undefined)
})

t.test('secrets are masked, evidence is cut', async (t) => {
  const text = `java.lang.ClassNotFoundException: com.hunter22.Job${' '.repeat(100_000)}hunter22`
  const texts = [{ source: 'launcher/stderr', lines: [{ text, cursor: null }] }]
  const submission = submissionWith({ state: 'FAILED', outcome: 'FAILED' })
  const { causes } = diagnose({ ...NOTHING, submission, texts }, ['hunter22'])
  t.match(causes, [{ code: 'CLASS_MISSING', sentence: 'The job has no class com.******.Job.' }])
  t.notMatch(JSON.stringify(causes), /hunter22/)
  t.ok((causes[0]?.evidence[0]?.text.length ?? 999) <= 401)
})
