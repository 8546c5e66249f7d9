import t from 'tap'
import { startExecutor } from '../support/executor.ts'
import { isFinalState } from '../support/yarn-states.ts'

t.test('a Spark job in client mode: started, seen, stopped', async (t) => {
  const { post, get, yarn, startSpark, changes } = await startExecutor(t)
  const id = await startSpark('测试.v1')
  t.match(id, /^application_\d+_\d{4,}$/)
  const application = yarn.applications.find((one) => one.id === id)
  t.match(application, { name: '测试.v1', user: 'alice', type: 'SPARK' })
  t.match([...(application?.tags ?? [])].sort(), [/^st-a-/, /^st-i-/, /^st-s-/])
  const running = await get('/executor/running')
  t.strictSame(JSON.parse(String(running.data)), [
    { id: 'Application-Id', name: 'Application-Name' },
    { id, name: '测试.v1' }
  ])
  t.match(await get(`/executor/status/${id}`), { statusCode: 200, data: /^(ACCEPTED|RUNNING)$/ })
  t.match(await post(`/executor/stop/${id}`), { statusCode: 200, message: '成功!', data: true })
  t.equal(application?.publicState, 'KILLED')
  t.match(await get('/executor/running'), { statusCode: 200, data: '{}' })
  t.match(changes, [
    { what: 'executor.start', target: '测试.v1', applicationId: id, code: 200, who: 'anonymous' },
    { what: 'executor.stop', applicationId: id, code: 200 }
  ])
  t.ok(isFinalState(application?.publicState))
})
