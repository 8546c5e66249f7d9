import { until } from '@scheduler-task/test-support/until'
import pg from 'pg'
import t from 'tap'
import { startExecutor, startSurroundings } from './support/executor.ts'
import { startPostgres } from './support/postgres-server.ts'

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

t.test('a second executor on one database is refused, until the first has gone', async (t) => {
  const postgres = await startPostgres(t)
  const DATABASE_URL = await postgres.createDatabase()
  const around = await startSurroundings(t, { DATABASE_URL })
  const elsewhere = await startSurroundings(t, { DATABASE_URL })
  const first = await startExecutor(t, {}, {}, around)
  const second = () => startExecutor(t, {}, {}, elsewhere)
  await t.rejects(second(), /DATABASE_URL: .*another executor is using this database/)
  await first.startSpark('before')

  const client = new pg.Client({ connectionString: DATABASE_URL })
  await client.connect()
  t.teardown(() => client.end())
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`
  )
  await until('it writes again', async () => {
    const answer = await first.post('/executor/start/spark', {
      configFile: 'endless.conf',
      taskName: 'after'
    })
    return answer.statusCode === 200
  })
  await t.rejects(second(), /another executor/, 'and it has its right back')
  for (const name of ['before', 'after']) {
    const id = first.yarn.applications.find((one) => one.name === name)?.id
    t.match(await first.post(`/executor/stop/${id}`), { data: true })
  }
  await first.close()
  await t.resolves(second())
})
