import t from 'tap'
import {
  azkabanLoginBody,
  executionBody,
  flowBody,
  jobLogBody,
  restartExecutionBody,
  stopExecutionBody
} from '../src/azkaban.ts'

const session = { sessionId: 's' }
const job = { ...session, execId: 9, jobId: 'test' }

t.test('the document’s own bodies', async (t) => {
  t.match(azkabanLoginBody.parse({ username: 'admin', password: 'admin' }), { username: 'admin' })
  t.match(
    jobLogBody.parse({ sessionId: 's', execId: '9', jobId: 'test', offest: 0, length: '1000' }),
    { execId: 9, offset: 0, length: 1000 }
  )
  const stop = { sessionId: 's', execId: '9', applicationId: 'application_1592537240488_0075' }
  t.match(stopExecutionBody.parse(stop), { ...stop, execId: 9 })
  t.ok(restartExecutionBody.safeParse({ ...stop, project: 'test', flow: 'test' }).success)
})

t.test('a client that sends the whole class of the document is taken', async (t) => {
  const all = {
    sessionId: 's',
    applicationId: null,
    execId: '9',
    username: null,
    password: null,
    project: null,
    flow: null,
    jobId: null,
    offset: 0,
    length: 0
  }
  t.ok(executionBody.safeParse(all).success)
  t.equal(stopExecutionBody.parse(all).applicationId, undefined)
})

t.test('session and execution ids may be strings or numbers', async (t) => {
  t.match(executionBody.parse({ sessionId: 7, execId: 9 }), { sessionId: '7', execId: 9 })
  t.match(executionBody.parse({ sessionId: '7', execId: '009' }), { sessionId: '7', execId: 9 })
  t.equal(executionBody.parse({ ...session, execId: 2_147_483_647 }).execId, 2_147_483_647)
})

t.test('offset and length: both spellings, strings and numbers, defaults', async (t) => {
  t.match(jobLogBody.parse(job), { offset: 0, length: 1000 })
  t.equal(jobLogBody.parse({ ...job, offest: '5' }).offset, 5)
  t.equal(jobLogBody.parse({ ...job, offest: '5', offset: 7 }).offset, 7, 'offset wins')
  t.equal(jobLogBody.parse({ ...job, length: 10_485_760 }).length, 10_485_760)
  t.equal(jobLogBody.parse({ ...job, length: 0 }).length, 0)
})

t.test('an application id may be missing, null or empty', async (t) => {
  for (const applicationId of [undefined, null, '']) {
    const parsed = stopExecutionBody.parse({ ...session, execId: 9, applicationId })
    t.equal(parsed.applicationId, undefined)
  }
})

const NO_NUMBERS = [
  -1,
  '-1',
  1.5,
  '1.5',
  '1e3',
  ' 7',
  '7 ',
  '+7',
  '0x10',
  '',
  true,
  false,
  null,
  [],
  [7],
  {},
  '7\u0000',
  '٧',
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2_147_483_648,
  '2147483648',
  '99999999999',
  1e21
]

t.test('what is no whole number is refused, with the range', async (t) => {
  for (const value of NO_NUMBERS) {
    for (const key of ['execId', 'offset', 'offest', 'length']) {
      const parsed = jobLogBody.safeParse({ ...job, [key]: value })
      t.equal(parsed.success, false, `${key} ${JSON.stringify(value)}`)
      t.match(
        parsed.error?.issues[0]?.message,
        /^must be a whole number from \d+ to \d+, in digits$/
      )
    }
  }
  t.equal(executionBody.safeParse({ ...session, execId: 0 }).success, false, 'no execution is 0')
  t.equal(jobLogBody.safeParse({ ...job, length: 10_485_761 }).success, false, 'more than 10 MiB')
  t.equal(executionBody.safeParse(session).success, false, 'missing')
})

t.test('names and ids that Azkaban cannot have are refused', async (t) => {
  const flow = { sessionId: 's', project: 'test', flow: 'test' }
  const bad = ['', 'a\u0000b', 'a\nb', '\ud800', 'x'.repeat(1025), 5, null, [], {}, true, undefined]
  for (const value of bad) {
    for (const key of ['project', 'flow']) {
      t.equal(flowBody.safeParse({ ...flow, [key]: value }).success, false, JSON.stringify(value))
    }
    t.equal(jobLogBody.safeParse({ ...job, jobId: value }).success, false, JSON.stringify(value))
  }
  for (const sessionId of [
    '',
    'a\r\nb',
    -1,
    1.5,
    null,
    [],
    {},
    true,
    undefined,
    'x'.repeat(1025)
  ]) {
    t.equal(flowBody.safeParse({ ...flow, sessionId }).success, false, JSON.stringify(sessionId))
  }
  for (const applicationId of ['application_1', 'application_1_2_3', 'x', 5, [], true, ' ']) {
    const body = { sessionId: 's', execId: 9, applicationId }
    t.equal(stopExecutionBody.safeParse(body).success, false, JSON.stringify(applicationId))
  }
  t.ok(flowBody.safeParse({ ...flow, flow: '日报 α:sub' }).success, 'any script')
  t.ok(azkabanLoginBody.safeParse({ username: '', password: '' }).success, 'Azkaban says it itself')
})
