import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startAzkaban } from '../../src/azkaban/azkaban.ts'
import { azkabanFor, sessionOf } from './support/azkaban.ts'

t.test('executions outlive the stand-in, ids go on, and what ran was killed', async (t) => {
  const stateFile = join(t.testdir(), 'kept', 'azkaban.json')
  const options = { dispatchDelayMs: 0, justFinishedMs: 0, stateFile }
  const first = await startAzkaban(options)
  const session = await sessionOf(first)
  const failed = await session.start('failing')
  const running = await session.start('test')
  await until('both are there', () => first.execution(running).view.status === 'RUNNING')
  await until('one has ended', async () => (await session.status(failed)) === 'FAILED')
  await until(
    'it has an application',
    () => first.execution(running).view.jobs[0]?.applicationIds[0]
  )
  const [id] = first.execution(running).view.jobs[0]?.applicationIds ?? []
  await first.close()
  const second = await azkabanFor(t, options)
  const again = await sessionOf(second)
  t.equal(await again.status(failed), 'FAILED')
  t.match(await again.call('fetchexecflow', { execid: running }), {
    status: 'KILLED',
    nodes: [{ status: 'KILLED' }]
  })
  t.same(second.execution(running).view.jobs[0]?.applicationIds, [id])
  t.equal(await again.log(failed, 'failing'), '', 'its log is gone')
  t.same(await again.call('getRunning', { project: 'test', flow: 'test' }), {})
  t.equal(await again.start(), running + 1)
})

t.test('a state file that cannot be read counts as none', async (t) => {
  const stateFile = join(t.testdir(), 'azkaban.json')
  for (const text of [
    '',
    '{',
    '[]',
    '{"version":2,"executions":[]}',
    '{"version":1,"executions":[{}]}'
  ]) {
    writeFileSync(stateFile, text)
    const azkaban = await startAzkaban({ stateFile })
    t.same(azkaban.executions, [], text)
    await azkaban.close()
    t.match(JSON.parse(readFileSync(stateFile, 'utf8')), { version: 1, executions: [] })
  }
})
