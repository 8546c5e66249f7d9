import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startSurroundings } from './support/executor.ts'
import { startService } from './support/service-process.ts'
import { forgetProfile, launcherOutput, storedState } from './support/stored-submission.ts'
import { v2Calls } from './support/v2-calls.ts'

const READY = 'the launcher runs'

t.test('the next process launches what was accepted, whatever its own defaults are', async (t) => {
  const { cluster, variables } = await startSurroundings(t, {
    MAX_LAUNCHERS: '1',
    MAX_DRIVERS: '9'
  })
  const first = await startService(t, variables)
  await cluster.setFaults({ pauseAt: 'before-submit', pauseMs: 4000, spoofedLines: [READY] })
  const { submit } = v2Calls(first.url)
  const settings = { queue: 'etl', variables: { day: '2026-11-23' } }
  t.equal((await submit('launches')).http, 202)
  const kept = await submit('kept', { profile: 'waterdrop-2', ...settings })
  const old = await submit('old')
  t.match(kept, { http: 202, body: { state: 'ACCEPTED', ...settings } })
  await until('the first is launched', async () =>
    (await launcherOutput(variables, 'launches')).includes(READY)
  )
  await first.stop()
  await cluster.setFaults({})
  t.equal(storedState(variables, 'kept'), 'ACCEPTED')
  forgetProfile(variables, old.body.id)

  const second = await startService(t, { ...variables, SPARK_LAUNCHER: 'spark-submit' })
  const { inState, post } = v2Calls(second.url)
  const launched = await inState(kept.body.id, 'RUNNING')
  t.match(launched, { profile: 'waterdrop-2', ...settings, attempts: [{ profile: 'waterdrop-2' }] })
  t.match(launched.attempts[0].argv.join(' '), / -i day=2026-11-23$/)
  t.match(await inState(old.body.id, 'SUBMITTED', 'RUNNING', 'FINISHED'), {
    profile: null,
    attempts: [{ profile: 'spark-submit' }]
  })
  for (const { body } of [kept, old]) {
    const { body: stopped } = await post(`/jobs/${body.id}/stop`)
    if (stopped.state === 'STOPPING') await inState(body.id, 'KILLED', 'FINISHED')
  }
})
