import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  assertDescribed,
  type CheckedDocument,
  createAnswerCheck,
  type SeenAnswer
} from '../../support/openapi-check.ts'

// A check that finds nothing proves nothing: here every kind of wrong answer is caught.

const FIXTURE = new URL('fixtures/openapi.json', import.meta.url)
const check = createAnswerCheck(JSON.parse(readFileSync(FIXTURE, 'utf8')) as CheckedDocument)

const JSON_TYPE = 'application/json; charset=utf-8'
const HTML = { 'content-type': 'text/html' }
const ERROR = { error: 'no', code: 'NO_SUCH_THING', requestId: 'r-1' }

function envelope(statusCode: number, message: string, data: unknown, more: object = {}) {
  return JSON.stringify({ statusCode, message, data, ...more })
}

function failedWith(error: object): string {
  return envelope(153, '获取状态失败', JSON.stringify(error))
}

const right: SeenAnswer = {
  method: 'GET',
  path: '/executor/status/application_1_1?x=1',
  status: 200,
  headers: { 'content-type': JSON_TYPE, 'x-request-id': 'r-1' },
  text: envelope(200, '成功!', 'RUNNING')
}
const failed = { ...right, text: failedWith(ERROR) }
const refused = { ...right, status: 400, text: envelope(400, '参数错误', JSON.stringify(ERROR)) }
const unknown = {
  ...right,
  path: '/executor/nothing',
  status: 404,
  text: envelope(404, '接口不存在', JSON.stringify(ERROR))
}
const wrongMethod = {
  ...right,
  method: 'POST',
  status: 405,
  headers: { ...right.headers, allow: 'GET, HEAD' },
  text: envelope(405, '不支持的请求方法', JSON.stringify(ERROR))
}
const bytes = {
  ...right,
  path: '/file/download?srcfile=a',
  headers: { 'content-type': 'application/octet-stream', 'x-request-id': 'r-1' },
  text: 'anything'
}

function allowing(methods: string) {
  return { headers: { ...right.headers, allow: methods } }
}

function partial(range: string) {
  return { status: 206, headers: { ...bytes.headers, 'content-range': range } }
}

t.test('answers that are as described', async (t) => {
  const cases: [string, SeenAnswer][] = [
    ['a success', right],
    ['a failure with the call’s own code', failed],
    ['an upstream’s own text', { ...failed, text: envelope(153, '获取状态失败', '<html>') }],
    ['a refusal', refused],
    ['an unknown call', unknown],
    ['a wrong method', wrongMethod],
    ['bytes', bytes],
    ['a part of them', { ...bytes, ...partial('bytes 1-2/20') }],
    ['a HEAD', { ...right, method: 'HEAD', text: '' }],
    ['a head that is too large', { ...refused, status: 431 }]
  ]
  for (const [why, seen] of cases) t.strictSame(check(seen), [], why)
})

t.test('answers that are not', async (t) => {
  const cases: [string, SeenAnswer, RegExp][] = [
    ['a status that the call does not have', { ...right, status: 201 }, /status 201/],
    ['a code of another call', { ...failed, text: envelope(152, '获取日志失败', 'x') }, /oneOf/],
    ['a message of another code', { ...failed, text: envelope(153, '成功!', 'x') }, /oneOf/],
    ['data of another type', { ...right, text: envelope(200, '成功!', 7) }, /string/],
    ['one more member', { ...right, text: envelope(200, '成功!', 'x', { a: 1 }) }, /additional/],
    ['no data', { ...right, text: '{"statusCode":200,"message":"成功!"}' }, /data/],
    ['a code that is not the status', { ...refused, text: failed.text }, /constant/],
    [
      'an error text with an odd code',
      { ...failed, text: failedWith({ ...ERROR, code: '' }) },
      /pattern/
    ],
    [
      'an error text without error',
      { ...failed, text: failedWith({ requestId: 'r' }) },
      /required/
    ],
    ['no JSON', { ...right, text: '{"statusCode":200' }, /not JSON/],
    ['another content type', { ...right, headers: { ...right.headers, ...HTML } }, /content type/],
    ['no request id', { ...right, headers: { 'content-type': JSON_TYPE } }, /no header X-Req/],
    ['a path that is not there', { ...right, path: '/executor/nothing' }, /200 where only 404/],
    ['a method that is not there', { ...right, method: 'PUT' }, /200 where only 405/],
    ['a 405 without Allow', { ...wrongMethod, headers: right.headers }, /does not name GET/],
    ['a 405 that allows it', { ...wrongMethod, ...allowing('GET, POST') }, /Allow names POST/],
    ['a 404 that is no envelope', { ...unknown, text: '{}' }, /required/],
    ['bytes in an envelope’s place', { ...bytes, path: right.path }, /content type/],
    ['a HEAD with a body', { ...right, method: 'HEAD' }, /a HEAD has a body/],
    ['a body where none is described', { ...bytes, status: 304 }, /none is described/],
    ['a header that is not as described', { ...bytes, ...partial('1-2') }, /Content-Range/]
  ]
  for (const [why, seen, problem] of cases) {
    t.match(check(seen).join('\n'), problem, why)
    t.throws(() => assertDescribed(check, seen), /not as its OpenAPI document says/, why)
  }
  t.doesNotThrow(() => assertDescribed(check, right))
})
