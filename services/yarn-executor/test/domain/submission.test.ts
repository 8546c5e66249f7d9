import t from 'tap'
import {
  changeState,
  FINAL_STATES,
  ImpossibleChange,
  isOver,
  isStarting,
  SUBMISSION_STATES,
  type Submission,
  type SubmissionState
} from '../../src/domain/submission.ts'
import { newSubmission } from '../support/job-store-contract.ts'

function submissionIn(state: SubmissionState): Submission {
  return {
    ...newSubmission(),
    replacesApplication: null,
    state,
    reason: 'BEFORE',
    reasonText: 'before',
    applicationId: null,
    startedAt: null,
    acceptedAt: 1,
    changedAt: 1,
    stopRequestedBy: null,
    stopRequestedAt: null,
    yarnState: null,
    finalStatus: null,
    observedAt: null,
    stale: null,
    staleSince: null,
    outcome: null,
    evidence: [],
    warnings: [],
    closedBy: null,
    closedAt: null
  }
}

/** Design §2.2, said once more on purpose. */
const STEPS = [
  'ACCEPTED LAUNCHING',
  'LAUNCHING SUBMITTED',
  'SUBMITTED RUNNING',
  'SUBMITTED FINISHED',
  'SUBMITTED FAILED',
  'SUBMITTED KILLED',
  'RUNNING FINISHED',
  'RUNNING FAILED',
  'RUNNING KILLED',
  'ACCEPTED STOPPING',
  'LAUNCHING STOPPING',
  'SUBMITTED STOPPING',
  'RUNNING STOPPING',
  'STOPPING FINISHED',
  'STOPPING FAILED',
  'STOPPING KILLED',
  'STOPPING LOST',
  'ACCEPTED REJECTED',
  'LAUNCHING REJECTED',
  'SUBMITTED LOST',
  'RUNNING LOST'
]

t.test('the states lead where the design says, and nowhere else', async (t) => {
  for (const from of SUBMISSION_STATES) {
    for (const to of SUBMISSION_STATES) {
      const step = () => changeState(submissionIn(from), { to, who: 'test' }, 2)
      if (STEPS.includes(`${from} ${to}`)) t.match(step(), { state: to, changedAt: 2 })
      else t.throws(step, ImpossibleChange, `${from} to ${to}`)
    }
  }
})

t.test('nothing leads on from a final state', async (t) => {
  t.same([...FINAL_STATES].sort(), ['FAILED', 'FINISHED', 'KILLED', 'LOST', 'REJECTED'])
  t.ok(isOver(submissionIn('LOST')))
  t.notOk(isOver(submissionIn('STOPPING')))
})

t.test('a step drops the former reason, and a stop keeps who wanted it', async (t) => {
  const stopping = changeState(submissionIn('RUNNING'), { to: 'STOPPING', who: 'bob' }, 5)
  t.match(stopping, {
    reason: null,
    reasonText: null,
    stopRequestedBy: 'bob',
    stopRequestedAt: 5
  })
  const killed = changeState(stopping, { to: 'KILLED', who: 'watcher', reason: 'CANCELLED' }, 6)
  t.match(killed, { reason: 'CANCELLED', stopRequestedBy: 'bob', stopRequestedAt: 5 })
})

t.test('a start is over once the ResourceManager has accepted, or it was given up', async (t) => {
  t.ok(isStarting(submissionIn('ACCEPTED')))
  t.ok(isStarting(submissionIn('LAUNCHING')))
  t.notOk(isStarting(submissionIn('SUBMITTED')))
  t.notOk(isStarting(submissionIn('STOPPING')))
})
