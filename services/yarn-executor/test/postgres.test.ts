import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startExecutor, startSurroundings } from './support/executor.ts'

t.test('the service on PostgreSQL: ready says when it is away, and nothing is lost', async (t) => {
  const postgres = await startPostgres(t)
  const around = await startSurroundings(t, { DATABASE_URL: await postgres.createDatabase() })
  const first = await startExecutor(t, {}, {}, around)
  const id = await first.startSpark('kept')
  const ready = async () => (await first.app.inject('/ready')).json<{ status: string }>()
  t.match(await ready(), { status: 'ready', checks: { store: 'ok' } })

  await postgres.stop()
  t.match(await ready(), { status: 'not ready', checks: { store: 'unavailable' } })
  t.match(
    await first.post('/executor/start/spark', { configFile: 'endless.conf', taskName: 'x' }),
    { http: 200, statusCode: 150, error: { code: 'YARN_EXECUTOR_STORE_UNREACHABLE' } }
  )
  await postgres.start()
  await until('it is ready', async () => (await ready()).status === 'ready')

  await t.rejects(startExecutor(t, {}, {}, around), /DATA_DIR: .* is in use by another process/)
  await first.close()
  const second = await startExecutor(t, {}, {}, around)
  t.match(
    await second.post('/executor/start/spark', { configFile: 'endless.conf', taskName: 'kept' }),
    { statusCode: 150, error: { applicationId: id } },
    'the next process knows it'
  )
  t.match(await second.post(`/executor/stop/${id}`), { data: true })
})
