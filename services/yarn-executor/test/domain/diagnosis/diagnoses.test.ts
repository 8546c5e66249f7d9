import type { ResourceManager } from '@scheduler-task/yarn-client/resource-manager'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { pino } from 'pino'
import t from 'tap'
import { createDiagnoses } from '../../../src/domain/diagnosis/diagnoses.ts'
import type { LogExcerpts } from '../../../src/domain/diagnosis/log-excerpts.ts'
import type { JobLogs } from '../../../src/domain/job-logs.ts'
import type { Submission } from '../../../src/domain/submission.ts'
import type { Submissions } from '../../../src/domain/submissions.ts'
import { submissionWith } from '../../support/diagnosis-cases.ts'

const IDLE = { position: undefined, waitsFor: undefined, stop: undefined, obstacle: undefined }

function diagnosesOf(
  submission: Submission,
  rm: Partial<ResourceManager>,
  of: LogExcerpts['of'] = async () => [],
  placeOf: JobLogs['placeOf'] = async () => ({ kind: 'here' })
) {
  const asked = { finds: 0 }
  const submissions: Pick<Submissions, 'find' | 'attempts' | 'standing'> = {
    find: async () => {
      asked.finds += 1
      return submission
    },
    attempts: async () => [],
    standing: () => IDLE
  }
  const needs = {
    submissions,
    secretsOf: async () => [],
    excerpts: { of },
    placeOf,
    log: pino({ level: 'silent' })
  }
  return { asked, diagnoses: createDiagnoses({ ...needs, rm: rm as ResourceManager }) }
}

const WAITS = { state: 'SUBMITTED', applicationId: 'application_1_0001' } as const

t.test('who asks for the same meanwhile shares the answer', async (t) => {
  const { asked, diagnoses } = diagnosesOf(submissionWith(WAITS), {
    application: async () => undefined
  })
  const answers = await Promise.all(Array.from({ length: 50 }, () => diagnoses.of('a')))
  t.equal(asked.finds, 1)
  t.equal(new Set(answers).size, 1)
  await diagnoses.of('a')
  t.equal(asked.finds, 2, 'and nothing is kept')
})

t.test('a ResourceManager or a log that fails, or hangs, leaves the rest', async (t) => {
  const fails = diagnosesOf(submissionWith({ ...WAITS, stale: 'RM_UNREACHABLE' }), {
    application: async () => {
      throw new RmError('RM_UNREACHABLE', 'nothing answers')
    }
  })
  t.match(await fails.diagnoses.of('a'), { causes: [{ code: 'RM_SILENT' }] })
  const failed = submissionWith({
    state: 'FAILED',
    outcome: 'FAILED',
    reasonText: 'unknown queue: x'
  })
  for (const of of [
    async () => {
      throw new Error('no disk')
    },
    () => new Promise<never>(() => {})
  ]) {
    const { diagnoses } = diagnosesOf(failed, {}, of)
    t.match(await diagnoses.of('a'), {
      causes: [{ code: 'UNKNOWN_QUEUE' }],
      summary: 'YARN has no queue x. Its log could not be read in time.',
      unread: 'Its log could not be read in time.'
    })
  }
})

t.test(
  'a log on another host is told of where it counts, and nothing is read in its place',
  async (t) => {
    const elsewhere: JobLogs['placeOf'] = async () => ({
      kind: 'elsewhere',
      hostId: 'h1',
      urls: []
    })
    const of = async () => {
      throw new Error('not here')
    }
    const unread = 'Its log is on host h1, and was not read.'
    const running = submissionWith({ state: 'RUNNING', yarnState: 'RUNNING' })
    t.match(await diagnosesOf(running, {}, of, elsewhere).diagnoses.of('a'), {
      causes: [],
      summary: `It runs, and nothing is known to be wrong with it. ${unread}`,
      unread
    })
    const succeeded = submissionWith({ state: 'FINISHED', outcome: 'SUCCEEDED' })
    t.match(await diagnosesOf(succeeded, {}, of, elsewhere).diagnoses.of('a'), {
      summary: 'It succeeded.',
      unread: null
    })
  }
)
