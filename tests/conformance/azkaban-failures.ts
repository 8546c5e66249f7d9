import type { FailingCall } from './failures.ts'

const BAD = { status: 400, code: 400, message: '参数错误' }
const LOGIN = { status: 200, code: 154, message: '登录azkaban失败' }
const START = { status: 200, code: 150, message: '启动任务失败' }
const STOP = { status: 200, code: 151, message: '停止任务失败' }
const LOG = { status: 200, code: 152, message: '获取日志失败' }
const STATUS = { status: 200, code: 153, message: '获取状态失败' }

const session = { sessionId: '{sessionId}' }
const flow = { ...session, project: 'test', flow: 'test' }
const execution = { ...session, execId: '{execId}' }
const log = { ...execution, jobId: 'test' }
const stop = { ...execution, applicationId: '{applicationId}' }
const restart = { ...stop, project: 'test', flow: 'test' }
const UNKNOWN = 4_000_000

const post = (call: string, body: unknown) =>
  ({ method: 'POST', path: `/azkaban/${call}`, body }) as const
const passedOn = (says: RegExp) => ({ upstream: 'azkaban', says }) as const
/** What every call answers for a session that Azkaban does not know: nothing is logged in again. */
const lost = passedOn(/^\{"error":"session"\}$/)
const LOST = { sessionId: 'cccccccc-0000-4000-8000-000000000000' }

/** Azkaban answered, and its answer is the document's. `{execId}` is an execution that has ended. */
const azkabanRefuses: FailingCall[] = [
  {
    why: 'a wrong password',
    ...post('login', { username: 'admin', password: 'wrong' }),
    ...LOGIN,
    ...passedOn(/Incorrect Login\. Username\/Password not found\./)
  },
  {
    why: 'an empty password',
    ...post('login', { username: 'admin', password: '' }),
    ...LOGIN,
    ...passedOn(/Incorrect Login\. Password is empty\./)
  },
  {
    why: 'starting a flow that is not there',
    ...post('start', { ...flow, flow: 'tes' }),
    ...START,
    ...passedOn(/Flow 'tes' cannot be found in project azkaban\.project\.Project@[0-9a-f]+/)
  },
  {
    why: 'starting in a project that is not there',
    ...post('start', { ...flow, project: 'tes' }),
    ...START,
    ...passedOn(/Project 'tes' doesn't exist/)
  },
  {
    why: 'the log of a job that is not there',
    ...post('logger', { ...log, jobId: 'tes' }),
    ...LOG,
    ...passedOn(/Job tes doesn't exist in \d+/)
  },
  {
    why: 'the application of a job that is not there',
    ...post('getAppId', { ...log, jobId: 'tes' }),
    ...LOG,
    ...passedOn(/Job tes doesn't exist in \d+/)
  },
  {
    why: 'the log of an execution that is not there',
    ...post('logger', { ...log, execId: UNKNOWN }),
    ...LOG,
    ...passedOn(/Index: 0/)
  },
  {
    why: 'the state of an execution that is not there',
    ...post('status', { ...execution, execId: UNKNOWN }),
    ...STATUS,
    ...passedOn(/^<html>\n[\s\S]*<title>Error 500 Index: 0<\/title>[\s\S]*<\/html>\n?$/)
  },
  {
    why: 'the runs of a project that is not there',
    ...post('running', { ...flow, project: 'tes' }),
    ...STATUS,
    ...passedOn(/Project 'null' not found/)
  },
  {
    why: 'stopping an execution that has ended',
    ...post('stop', stop),
    ...STOP,
    ...passedOn(/^\{\n {2}"error" : "Execution \d+ of flow test isn't running\."\n\}$/)
  },
  {
    why: 'restarting an execution that has ended',
    ...post('restart', restart),
    ...STOP,
    ...passedOn(/^\{\n {2}"error" : "Execution \d+ of flow test isn't running\."\n\}$/)
  },
  {
    why: 'stopping an execution that is not there',
    ...post('stop', { ...stop, execId: UNKNOWN }),
    ...STOP,
    ...passedOn(/Index: 0/)
  },
  ...(
    [
      ['start', flow, START],
      ['getAppId', log, LOG],
      ['logger', log, LOG],
      ['status', execution, STATUS],
      ['running', flow, STATUS],
      ['restart', restart, STOP],
      ['stop', stop, STOP]
    ] as const
  ).map(([call, body, answer]) => ({
    why: `${call} in a session that Azkaban has forgotten`,
    ...post(call, { ...body, ...LOST }),
    ...answer,
    ...lost
  }))
]

const NO_ID = [-1, 0, 1.5, 2 ** 31, '1e3', ' 7', '7 ', '', 'x', '٣', true, null, [7], { a: 1 }]
const NO_COUNT = [-1, 1.5, 2 ** 31, '1e3', '-1', ' 7', '', 'x', true, [7], { a: 1 }]
const TOO_LONG = 'a'.repeat(10_000)
const NO_NAME = ['', 7, null, ['test'], 'a\0b', TOO_LONG]

const broken = (
  call: string,
  body: object,
  field: string,
  values: readonly unknown[]
): FailingCall[] =>
  values.map((value) => ({
    why: `${call} with ${field} ${JSON.stringify(value).slice(0, 30)}`,
    ...post(call, { ...body, [field]: value }),
    ...BAD,
    says: new RegExp(field)
  }))

const without = (body: Readonly<Record<string, unknown>>, field: string) =>
  Object.fromEntries(Object.entries(body).filter(([key]) => key !== field))

const missing = Object.entries({
  login: { username: 'admin', password: 'admin' },
  start: flow,
  getAppId: log,
  logger: log,
  status: execution,
  running: flow,
  restart: without(restart, 'applicationId'),
  stop: without(stop, 'applicationId')
}).flatMap(([call, body]) =>
  Object.keys(body).map(
    (field): FailingCall => ({
      why: `${call} without ${field}`,
      ...post(call, without(body, field)),
      ...BAD,
      says: new RegExp(field)
    })
  )
)

/** Calls to Azkaban that cannot succeed, and what every door must answer. */
export const azkabanFailures: readonly FailingCall[] = [
  ...azkabanRefuses,
  ...missing,
  ...broken('status', execution, 'execId', NO_ID),
  ...broken('stop', stop, 'execId', [-1, 1.5, 'x', 2 ** 53]),
  ...broken('logger', log, 'offset', NO_COUNT),
  ...broken('logger', log, 'offest', NO_COUNT),
  ...broken('logger', log, 'length', [...NO_COUNT, 10 * 2 ** 20 + 1]),
  ...broken('logger', log, 'jobId', NO_NAME),
  ...broken('start', flow, 'project', NO_NAME),
  ...broken('start', flow, 'flow', NO_NAME),
  ...broken('start', flow, 'sessionId', ['', null, ['a'], 'a\0b', 'a\r\nb', TOO_LONG]),
  ...broken('stop', stop, 'applicationId', ['foo', 'application_1', 7, ['a'], 'application_1_1\n']),
  ...broken('login', { password: 'admin' }, 'username', NO_NAME.slice(1)),
  ...broken('login', { username: 'admin' }, 'password', [7, null, TOO_LONG]),
  { why: 'a list in place of an object', ...post('start', [1]), ...BAD },
  {
    why: 'not JSON',
    method: 'POST',
    path: '/azkaban/start',
    raw: { type: 'application/json', text: '{"a":' },
    ...BAD
  },
  {
    why: 'GET of a documented POST',
    method: 'GET',
    path: '/azkaban/start',
    status: 405,
    code: 405,
    message: '不支持的请求方法'
  },
  {
    why: 'an unknown call to Azkaban',
    method: 'POST',
    path: '/azkaban/nothing',
    body: {},
    status: 404,
    code: 404,
    message: '接口不存在'
  }
]
