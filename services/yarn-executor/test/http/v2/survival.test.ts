import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import {
  CONFIGS,
  type Surroundings,
  startExecutor,
  startSurroundings
} from '../../support/executor.ts'
import { startService } from '../../support/service-process.ts'
import { v2Calls } from '../../support/v2-calls.ts'

const TEXT = { configFile: undefined, config: CONFIGS['endless.conf'] }

/** Kills the service right after it has answered; the next one launches everything, once and in order. */
async function killAndGoOn(t: Test, around: Surroundings): Promise<void> {
  const { yarn, variables } = around
  const service = await startService(t, variables)
  const before = v2Calls(service.url)
  await before.submit('first', { configFile: 'never.conf' })
  await until('one is launched', () => yarn.applications.length === 1)
  const jobs = []
  for (const name of ['a', 'b', 'c']) {
    jobs.push((await before.submit(name, TEXT, { 'idempotency-key': name })).body)
  }
  await service.kill()
  t.equal(yarn.applications.length, 1)
  yarn.advance(String(yarn.applications[0]?.id), 'RUNNING')

  const after = v2Calls((await startExecutor(t, {}, {}, around)).url)
  for (const { id, taskName } of jobs) {
    const { body } = await after.submit(taskName, TEXT, { 'idempotency-key': taskName })
    t.equal(body.id, id, 'the same key after a crash')
    await after.inState(id, 'RUNNING')
  }
  t.strictSame(
    yarn.applications.map(({ name }) => name),
    ['first', 'a', 'b', 'c']
  )
  const answer = await after.post(`/jobs/${jobs[0]?.id}/stop`)
  t.match(answer, { http: 202 })
  await after.inState(String(jobs[0]?.id), 'KILLED')
}

t.test('what was accepted outlives a kill, on SQLite', async (t) => {
  await killAndGoOn(t, await startSurroundings(t, { MAX_LAUNCHERS: '1', MAX_DRIVERS: '10' }))
})

t.test('what was accepted outlives a kill, on PostgreSQL', async (t) => {
  const DATABASE_URL = await (await startPostgres(t)).createDatabase()
  const limits = { MAX_LAUNCHERS: '1', MAX_DRIVERS: '10' }
  await killAndGoOn(t, await startSurroundings(t, { ...limits, DATABASE_URL }))
})
