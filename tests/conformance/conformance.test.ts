import { needsRedis } from '@scheduler-task/auth/test-support/redis-server'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { checkDocumentedCall, checkFailingCall, checkV2Call } from './call-checks.ts'
import { documentedCalls } from './documented-calls.ts'
import { failingCalls } from './failures.ts'
import { v2Calls } from './v2-calls.ts'
import { startWorld } from './world.ts'

// The interface document, call by call: through the gateway, and against each service directly.

t.test('the documented calls and their failures', needsRedis('redis-server'), async (t) => {
  const world = await startWorld(t)

  for (const door of world.doors) {
    for (const call of documentedCalls) {
      t.test(`${call.section}, through ${door.name}`, async (t) => {
        const facts = await world.arrange(call.given)
        await checkDocumentedCall(t, { door, call, facts })
      })
    }

    t.test(`文件 下载文件, through ${door.name}`, async (t) => {
      await world.arrange('nothing')
      const content = '第一行\nline 2\n'
      const name = encodeURIComponent('c://test//test.txt')
      const up = await door.call('POST', `/file/upload?fileName=${name}`, { file: content })
      t.equal(up.body.data, true)
      const down = await door.call('GET', '/file/download?srcfile=c://test//test.txt')
      t.equal(down.status, 200)
      t.equal(down.text, content)
      t.match(down.headers['content-disposition'], /attachment; filename="?test\.txt/)
      t.equal(down.headers['content-length'], String(Buffer.byteLength(content)))
    })
  }

  for (const door of world.doors) {
    t.test(`calls that cannot succeed, through ${door.name}`, async (t) => {
      const facts = await world.arrange('an execution that has ended')
      const known = world.yarn.applications.length
      const executions = world.azkaban.executions.length
      for (const call of failingCalls) await checkFailingCall(t, { door, call, facts })
      t.equal(world.yarn.applications.length, known, 'no application was started')
      t.equal(world.azkaban.executions.length, executions, 'no execution was started')
    })
  }

  for (const door of world.doors) {
    for (const given of ['nothing', 'config files', 'a running Spark application'] as const) {
      t.test(`/executor/v2 with ${given}, through ${door.name}`, async (t) => {
        const facts = await world.arrange(given)
        const known = world.yarn.applications.length
        const calls = v2Calls.filter((call) => call.given === given)
        t.ok(calls.length > 0)
        for (const call of calls) await checkV2Call(t, { door, call, facts })
        t.equal(world.yarn.applications.length, known, 'no application was started')
      })
    }
  }

  t.test('an application of another execution is not killed', async (t) => {
    const [door] = world.doors
    const facts = await world.arrange('a running execution')
    const stranger = world.yarn.submit({ name: 'stranger', am: { kind: 'managed' } })
    await until(() => world.yarn.applications.some((app) => app.id === stranger))
    const body = { ...facts, project: 'test', flow: 'test', applicationId: stranger }
    for (const call of ['stop', 'restart']) {
      const answer = await door?.call('POST', `/azkaban/${call}`, { body })
      t.match(answer?.body, { statusCode: 151, data: new RegExp(stranger) }, call)
    }
    const isRunning = (id: unknown) =>
      world.yarn.applications.some((app) => app.id === id && app.state !== 'KILLED')
    t.ok(isRunning(stranger), 'nor is the execution’s own')
    t.ok(isRunning(facts.applicationId))
  })

  t.test('a taskName in use is refused, here and on YARN', async (t) => {
    const [door] = world.doors
    const body = { configFile: 'application.spark.conf', taskName: 'testSpark' }
    const { applicationId: id } = await world.arrange('a running Spark application')
    const again = await door?.call('POST', '/executor/start/spark', { body })
    t.match(again?.body, { statusCode: 150, data: new RegExp(String(id)) })
    await world.clear()
    const elsewhere = world.yarn.submit({ name: 'testSpark', am: { kind: 'managed' } })
    await until(() => world.yarn.applications.some((app) => app.id === elsewhere))
    const taken = await door?.call('POST', '/executor/start/spark', { body })
    t.match(taken?.body, { statusCode: 150, data: new RegExp(elsewhere) })
  })
})
