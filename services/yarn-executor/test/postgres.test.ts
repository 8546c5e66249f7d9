import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import { until } from '@scheduler-task/test-support/until'
import pg from 'pg'
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

/** The lock of executors that shared with nobody. */
const ALONE = 7_235_801_665

t.test('beside an executor of before, which has to be alone, it does not start', async (t) => {
  const postgres = await startPostgres(t)
  const DATABASE_URL = await postgres.createDatabase()
  const around = await startSurroundings(t, { DATABASE_URL })
  const before = new pg.Client({ connectionString: DATABASE_URL })
  await before.connect()
  t.teardown(() => before.end())
  const take = async () =>
    (await before.query('select pg_try_advisory_lock($1) as taken', [ALONE])).rows[0]?.taken
  t.equal(await take(), true)
  await t.rejects(startExecutor(t, {}, {}, around), {
    name: 'ConfigError',
    message: /DATABASE_URL: cannot be used: an executor of an earlier version, .* is using it/
  })
  const tables = "select from information_schema.tables where table_schema = 'public'"
  t.equal((await before.query(tables)).rowCount, 0, 'what it works with is left as it was')
  await before.query('select pg_advisory_unlock($1)', [ALONE])
  const executor = await startExecutor(t, {}, {}, around)
  t.equal((await executor.app.inject('/ready')).statusCode, 200)
})
