import t from 'tap'
import { shareReads } from '../src/shared-reads.ts'
import { rmOf } from './support/rm-of.ts'
import { byPath, replay, scripted } from './support/scripted-server.ts'

const ID = 'application_1795346064118_0003'

t.test('equal reads in flight are one request', async (t) => {
  const server = await scripted(
    t,
    byPath({
      'GET /info': replay('3.3.6/info'),
      'GET /scheduler': replay('3.3.6/scheduler-fair'),
      'GET /apps': replay('3.3.6/apps-list'),
      [`GET /apps/${ID}`]: replay('3.3.6/app-running-spark')
    })
  )
  const bare = rmOf(t, [server])
  const rm = shareReads(bare)
  const reads = [
    () => rm.info(),
    () => rm.schedulerText(),
    () => rm.applicationText(ID),
    () => rm.application(ID),
    () => rm.applications(),
    () => rm.applications({ name: 'a' }),
    () => rm.applications({ name: 'b' })
  ]
  const answers = await Promise.all(reads.flatMap((read) => [read(), read(), read()]))
  t.equal(server.asked.length, reads.length)
  t.equal(answers[3], answers[5])
  await rm.info()
  t.equal(server.asked.length, reads.length + 1, 'nothing is kept')
  t.equal(rm.kill, bare.kill)
  t.equal(rm.close, bare.close)
})

t.test('one caller who leaves does not end it for another', async (t) => {
  const caller = new AbortController()
  const server = await scripted(t, (response, asked) => {
    caller.abort(new Error('gone'))
    setImmediate(() => replay('3.3.6/app-running-spark')(response, asked))
  })
  const rm = shareReads(rmOf(t, [server]))
  const [left, stayed] = await Promise.allSettled([
    rm.application(ID, caller.signal),
    rm.application(ID)
  ])
  t.match(left, { status: 'rejected', reason: { message: 'gone' } })
  t.match(stayed, { status: 'fulfilled', value: { id: ID } })
})
