import t from 'tap'
import { startAll } from '../support/proxy.ts'

const ALL = {
  username: 'admin',
  password: 'admin',
  sessionId: 's',
  applicationId: null,
  project: 'test',
  flow: 'test',
  execId: '1',
  jobId: 'test',
  offset: 0,
  length: 0
}
const NEEDS: Readonly<Record<string, readonly (keyof typeof ALL)[]>> = {
  login: ['username', 'password'],
  start: ['sessionId', 'project', 'flow'],
  getAppId: ['sessionId', 'execId', 'jobId'],
  logger: ['sessionId', 'execId', 'jobId'],
  status: ['sessionId', 'execId'],
  running: ['sessionId', 'project', 'flow'],
  restart: ['sessionId', 'execId', 'project', 'flow'],
  stop: ['sessionId', 'execId']
}
const NUMBERS = [-1, 1.5, '1e3', ' 7', true, [], {}, '7\u0000', 2_147_483_648, '99999999999999']

t.test(
  'what is missing or wrong is 400, says what would be right, and reaches nobody',
  async (t) => {
    const { azkaban, post } = await startAll(t)
    const before = azkaban.requests.length
    for (const [call, keys] of Object.entries(NEEDS)) {
      for (const key of keys) {
        for (const value of [undefined, null, [], {}, true]) {
          const answer = await post(call, { ...ALL, [key]: value })
          t.match(answer, { http: 400, statusCode: 400, message: '参数错误' }, `${call} ${key}`)
          t.match(answer.json.errors, [{ path: key, message: /^must / }])
        }
      }
      for (const body of ['', '{', 'null', '[]', '"x"', '{"sessionId":']) {
        t.match(await post(call, body), { http: 400, statusCode: 400 }, `${call} ${body}`)
      }
      t.match(await post(call, ALL, { 'content-type': 'text/xml' }), { http: 415 })
    }
    for (const value of NUMBERS) {
      for (const key of ['execId', 'offest', 'offset', 'length']) {
        const answer = await post('logger', { ...ALL, [key]: value })
        t.match(answer, { http: 400 }, `${key} ${JSON.stringify(value)}`)
        t.match(answer.json.errors, [{ path: key, message: /whole number from \d+ to \d+/ }])
      }
    }
    for (const applicationId of ['x', 'application_1', 7, true, [], '../application_1_1']) {
      for (const call of ['stop', 'restart']) {
        t.match(await post(call, { ...ALL, applicationId }), { http: 400 })
      }
    }
    t.equal(azkaban.requests.length, before)
  }
)

t.test('a body with all that the document knows is taken by every call', async (t) => {
  const { post, sessionId } = await startAll(t)
  for (const call of Object.keys(NEEDS)) {
    t.equal((await post(call, { ...ALL, sessionId })).http, 200, call)
  }
})

t.test('names go to Azkaban as they are, whatever they hold', async (t) => {
  const { azkaban, post, sessionId } = await startAll(t)
  for (const name of ['日报', 'a b', 'a&ajax=cancelFlow&execid=1', '%00', 'x=1;y', '😀', '\'"<']) {
    await post('start', { sessionId, project: name, flow: name })
    t.match(azkaban.requests.at(-1)?.parameters, { ajax: 'executeFlow', project: name, flow: name })
  }
  await post('status', { sessionId: 'a&ajax=cancelFlow', execId: 1 })
  t.match(azkaban.requests.at(-1)?.parameters, {
    ajax: 'fetchexecflow',
    'session.id': 'a&ajax=cancelFlow'
  })
})
