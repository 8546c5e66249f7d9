import { azkabanFailures } from './azkaban-failures.ts'

/**
 * A request that cannot succeed, and what every door must answer. `{applicationId}` stands for an application that has
 * ended, `{execId}` for an execution that has, `{sessionId}` for a session that Azkaban knows.
 */
export type FailingCall = {
  why: string
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD'
  path: string
  body?: unknown
  /** Sent as it is, with this content type; in place of `body`. */
  raw?: { type: string; text: string }
  status: number
  code: number
  message: string
  /** Whose own text is passed on in place of ours: JSON of the ResourceManager, anything from Azkaban. */
  upstream?: 'yarn' | 'azkaban'
  /** In the error text, as evidence that it says what is wrong. */
  says?: RegExp
}

const spark = (over: object) => ({
  master: 'yarn',
  'deploy-mode': 'client',
  configFile: 'application.spark.conf',
  taskName: 'failing',
  ...over
})
const without = (key: string) => {
  const { [key]: _, ...rest } = spark({}) as Record<string, unknown>
  return rest
}
const BAD = { status: 400, code: 400, message: '参数错误' }
const START = { status: 200, code: 150, message: '启动任务失败' }
const start = { method: 'POST', path: '/executor/start/spark' } as const

const badStarts: FailingCall[] = (
  [
    ['no taskName', without('taskName'), /taskName/],
    ['no configFile', without('configFile'), /configFile/],
    ['an empty taskName', spark({ taskName: '' }), /taskName/],
    ['a taskName that is a number', spark({ taskName: 7 }), /taskName/],
    ['a taskName with a blank', spark({ taskName: 'a b' }), /taskName/],
    ['a taskName with quotes', spark({ taskName: `a'"b` }), /taskName/],
    ['a taskName that a shell would run', spark({ taskName: 'a$(touch x)' }), /taskName/],
    ['a taskName with a semicolon', spark({ taskName: 'a;id' }), /taskName/],
    ['a taskName with a newline', spark({ taskName: 'a\nb' }), /taskName/],
    ['a taskName that begins with -', spark({ taskName: '-a' }), /taskName/],
    ['a taskName of 10 000 characters', spark({ taskName: 'a'.repeat(10_000) }), /taskName/],
    ['a taskName with an invisible character', spark({ taskName: 'a\u200bb' }), /taskName/],
    ['a taskName that changes direction', spark({ taskName: 'a\u202eb' }), /taskName/],
    ['a taskName that ends in -h', spark({ taskName: 'foo-h' }), /taskName/],
    ['a master that is local', spark({ master: 'local[*]' }), /master/],
    ['a master with more arguments', spark({ master: 'yarn --conf a=b' }), /master/],
    ['a master that a shell would run', spark({ master: '$(id)' }), /master/],
    ['a deploy mode that is none', spark({ 'deploy-mode': 'Cluster' }), /deploy-mode/],
    ['a configFile outside the root', spark({ configFile: '../etc/passwd' }), /configFile/],
    ['a configFile outside by a drive', spark({ configFile: 'c://../../etc' }), /configFile/],
    ['a configFile with NUL', spark({ configFile: 'a\0.conf' }), /configFile/],
    ['a configFile with a newline', spark({ configFile: 'a\nb.conf' }), /configFile/],
    ['a configFile in the trash', spark({ configFile: '.trash/a.conf' }), /configFile/],
    ['a configFile of 10 000 characters', spark({ configFile: 'a'.repeat(10_000) }), /configFile/],
    ['a list in place of an object', [1], /object|expected/i],
    ['null', null, /object|expected|not JSON|body/i]
  ] as const
).map(([why, body, says]) => ({ why, ...start, body, ...BAD, says }))

const badIds: FailingCall[] = [
  'foo',
  'application_1',
  'application_a_b',
  'application_1_2_3',
  'application_1_1%0a',
  '..%2f..%2fcluster',
  'a'.repeat(5000)
].flatMap((id) => [
  {
    why: `the state of ${id.slice(0, 20)}`,
    method: 'GET',
    path: `/executor/status/${id}`,
    ...BAD
  },
  {
    why: `stopping ${id.slice(0, 20)}`,
    method: 'POST',
    path: `/executor/stop/${id}`,
    ...BAD
  }
])

export const failingCalls: readonly FailingCall[] = [
  ...azkabanFailures,
  ...badStarts,
  // A path with an encoded slash may be refused by the gateway before it is a path of the executor.
  ...badIds,
  { why: 'not JSON', ...start, raw: { type: 'application/json', text: '{"a":' }, ...BAD },
  { why: 'an empty body', ...start, raw: { type: 'application/json', text: '' }, ...BAD },
  {
    why: '2 MiB of JSON',
    ...start,
    raw: { type: 'application/json', text: JSON.stringify(spark({ x: 'a'.repeat(2 << 20) })) },
    status: 413,
    code: 413,
    message: '请求体过大'
  },
  {
    why: 'another content type',
    ...start,
    raw: { type: 'text/xml', text: '<a/>' },
    status: 415,
    code: 415,
    message: '不支持的请求类型'
  },
  {
    why: 'a config file that is not there',
    ...start,
    body: spark({ configFile: 'missing.conf' }),
    ...START,
    says: /missing\.conf/
  },
  {
    why: 'a config file that is a directory',
    ...start,
    body: spark({ configFile: 'a-directory' }),
    ...START,
    says: /a-directory/
  },
  {
    why: 'the state of an unknown application',
    method: 'GET',
    path: '/executor/status/application_1_0001',
    status: 200,
    code: 153,
    message: '获取状态失败',
    says: /application_1_0001/
  },
  {
    why: 'the report of an unknown application',
    method: 'GET',
    path: '/executor/y/logger/application_1_0001',
    status: 200,
    code: 152,
    message: '获取日志失败',
    upstream: 'yarn',
    says: /NotFoundException.*application_1_0001/
  },
  {
    why: 'stopping an unknown application',
    method: 'POST',
    path: '/executor/stop/application_1_0001',
    status: 200,
    code: 151,
    message: '停止任务失败',
    says: /application_1_0001/
  },
  {
    why: 'stopping an application that has ended',
    method: 'POST',
    path: '/executor/stop/{applicationId}',
    status: 200,
    code: 151,
    message: '停止任务失败',
    says: /KILLED/
  },
  {
    why: 'restarting an unknown application',
    method: 'POST',
    path: '/executor/restart/spark/application_1_0001',
    body: spark({}),
    status: 200,
    code: 151,
    message: '停止任务失败',
    says: /"stopped":false/
  },
  {
    why: 'a restart with a bad body',
    method: 'POST',
    path: '/executor/restart/flink/{applicationId}',
    body: { taskName: 'a' },
    ...BAD,
    says: /configFile/
  },
  {
    why: 'an unknown call',
    method: 'GET',
    path: '/executor/nothing',
    status: 404,
    code: 404,
    message: '接口不存在'
  },
  {
    why: 'a wrong method',
    method: 'GET',
    path: '/executor/start/spark',
    status: 405,
    code: 405,
    message: '不支持的请求方法'
  },
  {
    why: 'deleting what is not there',
    method: 'GET',
    path: '/file/del?fileName=c://nothing',
    status: 200,
    code: 162,
    message: '删除文件失败'
  },
  {
    why: 'creating what is there already',
    method: 'GET',
    path: '/file/create?fileName=application.conf',
    status: 200,
    code: 161,
    message: '创建文件失败'
  },
  {
    why: 'making a directory where a file is',
    method: 'GET',
    path: '/file/mkdir?dirName=application.conf',
    status: 200,
    code: 160,
    message: '创建目录失败'
  },
  {
    why: 'downloading what is not there',
    method: 'GET',
    path: '/file/download?srcfile=c://nothing',
    status: 404,
    code: 164,
    message: '下载文件失败'
  },
  {
    why: 'an upload that is no multipart',
    method: 'POST',
    path: '/file/upload?fileName=a.txt',
    raw: { type: 'text/plain', text: 'a' },
    status: 415,
    code: 415,
    message: '不支持的请求类型'
  },
  { why: 'deleting the root', method: 'GET', path: '/file/del?fileName=/', ...BAD },
  { why: 'no name to delete', method: 'GET', path: '/file/del', ...BAD, says: /fileName/ },
  ...[
    '../x',
    '..%2fx',
    '%2e%2e/x',
    '%2e%2e%2fx',
    '..%5cx',
    'a/../../x',
    'c://../../x',
    'a%00b',
    '.trash/x',
    'a%0ab',
    'a%e2%80%aeb'
  ].flatMap((path): FailingCall[] => [
    { why: `making ${path}`, method: 'GET', path: `/file/mkdir?dirName=${path}`, ...BAD },
    {
      why: `downloading ${path}`,
      method: 'GET',
      path: `/file/download?srcfile=${path}`,
      ...BAD
    }
  ]),
  {
    why: 'HEAD of a call that changes something',
    method: 'HEAD',
    path: '/file/mkdir?dirName=a',
    status: 405,
    code: 0,
    message: ''
  }
]
