import t from 'tap'
import {
  compareApplicationIds,
  inOrderOfSubmission,
  isApplicationId,
  isFinal,
  isLive,
  LISTED_STATES,
  LIVE_STATES,
  outcomeOf,
  parseApplicationId
} from '../src/application.ts'

const LAST = 'application_9223372036854775807_2147483647'

t.test('three states are final, all others, also ones nobody knows yet, are live', (t) => {
  for (const state of ['FINISHED', 'FAILED', 'KILLED']) {
    t.equal(isFinal(state), true, state)
    t.equal(isLive(state), false, state)
  }
  for (const state of [...LIVE_STATES, ...LISTED_STATES, 'FINISHING', 'KILLING', 'HIBERNATING']) {
    t.equal(isFinal(state), false, state)
    t.equal(isLive(state), true, state)
  }
  t.end()
})

t.test('the outcome follows from both states', (t) => {
  const table: [string, string, string | undefined][] = [
    ['FINISHED', 'SUCCEEDED', 'SUCCEEDED'],
    ['FINISHED', 'ENDED', 'SUCCEEDED'],
    ['FINISHED', 'FAILED', 'FAILED'],
    ['FINISHED', 'KILLED', 'KILLED'],
    ['FINISHED', 'UNDEFINED', 'UNKNOWN'],
    ['FINISHED', 'SOMETHING_NEW', 'UNKNOWN'],
    ['FAILED', 'FAILED', 'FAILED'],
    ['KILLED', 'KILLED', 'KILLED'],
    ['KILLED', 'SUCCEEDED', 'KILLED'],
    ['RUNNING', 'SUCCEEDED', undefined],
    ['ACCEPTED', 'UNDEFINED', undefined],
    ['HIBERNATING', 'FAILED', undefined]
  ]
  for (const [state, finalStatus, outcome] of table) {
    t.equal(outcomeOf(state, finalStatus), outcome, `${state}/${finalStatus}`)
  }
  t.end()
})

t.test('application ids are read as two numbers', (t) => {
  t.strictSame(parseApplicationId('application_1700000000000_0042'), {
    clusterTimestamp: 1_700_000_000_000n,
    sequence: 42
  })
  t.strictSame(parseApplicationId('application_123_1'), { clusterTimestamp: 123n, sequence: 1 })
  t.equal(isApplicationId(LAST), true, 'a Java long and a Java int')
  t.equal(isApplicationId('application_1700000000000_10000'), true)
  t.end()
})

t.test('what is not an application id is refused', (t) => {
  const bad = [
    '',
    'application',
    'application_1',
    'application_1_',
    'application__1',
    'application_1_1_1',
    'application_1_-1',
    'application_1_1e3',
    'application_x_1',
    'application_1_1 ',
    ' application_1_1',
    'application_1_1\n',
    'application_1_1/../2',
    'application_1_1?user.name=root',
    'application_1_%31',
    'Application_1_1',
    'job_1_1',
    'application_١_١',
    `application_1_${'1'.repeat(11)}`,
    'application_1_2147483648',
    'application_9223372036854775808_1',
    `application_${'1'.repeat(20)}_1`,
    `application_${'1'.repeat(100_000)}_1`
  ]
  for (const text of bad) {
    t.equal(parseApplicationId(text), undefined, JSON.stringify(text.slice(0, 60)))
    t.equal(isApplicationId(text), false)
    t.throws(() => compareApplicationIds(text, 'application_1_1'), TypeError)
  }
  t.end()
})

t.test('ids are ordered as they were given out', (t) => {
  const inOrder = [
    'application_99_10000',
    'application_1700000000000_0001',
    'application_1700000000000_0042',
    'application_1700000000000_9999',
    'application_1700000000000_10000',
    'application_1800000000000_0001',
    'application_9223372036854775806_1',
    LAST
  ]
  t.strictSame([...inOrder].reverse().sort(compareApplicationIds), inOrder)
  const reversed = [...inOrder].reverse().map((id) => ({ id }))
  t.strictSame(
    inOrderOfSubmission(reversed).map(({ id }) => id),
    inOrder
  )
  t.equal(compareApplicationIds('application_1_3', 'application_1_0003'), 0)
  t.end()
})
