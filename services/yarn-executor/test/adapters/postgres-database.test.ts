import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import { startRelay } from '@scheduler-task/test-support/tcp-relay'
import pg from 'pg'
import t, { type Test } from 'tap'
import { sql } from '../../src/adapters/kysely.ts'
import { openPostgres } from '../../src/adapters/postgres-database.ts'
import { createSqlJobStore } from '../../src/adapters/sql-job-store.ts'
import { NameTaken, StoreUnavailable } from '../../src/domain/job-store.ts'
import { newSubmission } from '../support/job-store-contract.ts'
import { openPostgresStore } from '../support/postgres-store.ts'

const postgres = await startPostgres(t)

const UNREACHABLE = { name: 'StoreUnavailable', reason: 'UNREACHABLE' }

/** The database as somebody else sees it. */
async function outside(t: Test, url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  t.teardown(() => client.end())
  return client
}

const TERMINATE = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`

t.test('of submissions of one name in two processes, one is accepted', async (t) => {
  const url = await postgres.createDatabase()
  const stores = [await openPostgresStore(t, url), await openPostgresStore(t, url)]
  const results = await Promise.allSettled(
    Array.from({ length: 200 }, (_, at) =>
      stores[at % 2]?.accept(newSubmission({ taskName: 'same' }))
    )
  )
  const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  t.equal(refused.length, 199)
  const holder = await stores[0]?.holderOf('same')
  t.ok(refused.every((error) => error instanceof NameTaken && error.holder.id === holder?.id))
})

t.test('of two steps of one submission at once, one is made', async (t) => {
  const url = await postgres.createDatabase()
  const stores = [await openPostgresStore(t, url), await openPostgresStore(t, url)]
  for (let round = 0; round < 20; round += 1) {
    const { id } = (await stores[0]?.accept(newSubmission())) ?? { id: '' }
    const results = await Promise.allSettled(
      stores.map((store) => store.change(id, { to: 'LAUNCHING', who: 'test' }))
    )
    t.strictSame(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  }
})

t.test('connections that the server ended are replaced', async (t) => {
  const url = await postgres.createDatabase()
  const store = await openPostgresStore(t, url)
  const { id } = await store.accept(newSubmission())
  await (await outside(t, url)).query(TERMINATE)
  // One that is noticed only when it is used may cost one call.
  await store.ping().catch(() => {})
  t.equal((await store.find(id))?.id, id)
})

t.test('a transaction whose connection breaks has done nothing', async (t) => {
  const url = await postgres.createDatabase()
  const { db, write, close } = await openPostgres({ url, maxConnections: 2 })
  t.teardown(close)
  const other = await outside(t, url)
  await t.rejects(
    write(async (transaction) => {
      await transaction.insertInto('installation').values({ id: 'half', created_at: 1 }).execute()
      await other.query(TERMINATE)
      await transaction.insertInto('installation').values({ id: 'whole', created_at: 1 }).execute()
    }),
    UNREACHABLE
  )
  t.strictSame(await db.selectFrom('installation').selectAll().execute(), [])
})

t.test('a server that is away is said to be, and is used again when it is back', async (t) => {
  const server = await startPostgres(t)
  const store = await openPostgresStore(t, await server.createDatabase())
  const { id } = await store.accept(newSubmission())
  await server.stop()
  await t.rejects(store.ping(), UNREACHABLE)
  await t.rejects(store.accept(newSubmission()), UNREACHABLE)
  await t.rejects(store.live(), UNREACHABLE)
  await server.start()
  t.strictSame(
    (await store.live()).map((one) => one.id),
    [id]
  )
})

t.test('a server that falls silent costs a bounded time', async (t) => {
  const url = new URL(await postgres.createDatabase())
  const relay = await startRelay(t, Number(url.port))
  url.port = String(relay.port)
  const options = { url: url.href, maxConnections: 1, statementTimeoutMs: 300 }
  const database = await openPostgres(options)
  t.teardown(database.close)
  const store = createSqlJobStore(database)
  await store.ping()
  relay.silence()
  await t.rejects(store.ping(), UNREACHABLE)
  relay.mend()
  await t.resolves(store.ping(), 'the silent connection is not used again')
  relay.cut()
  await t.rejects(store.ping(), UNREACHABLE)
  relay.mend()
  await t.resolves(store.ping())
})

t.test('a statement that takes too long, or waits for a lock, is given up', async (t) => {
  const url = await postgres.createDatabase()
  const { db, close } = await openPostgres({ url, maxConnections: 1, statementTimeoutMs: 200 })
  t.teardown(close)
  await t.rejects(sql`select pg_sleep(60)`.execute(db), {
    name: 'StoreUnavailable',
    reason: 'BUSY'
  })
  t.match((await sql`select 1 as one`.execute(db)).rows, [{ one: 1 }])
})

t.test('more calls than connections wait for their turn', async (t) => {
  const store = await openPostgresStore(t, await postgres.createDatabase(), { maxConnections: 2 })
  await Promise.all(Array.from({ length: 100 }, () => store.accept(newSubmission())))
  t.equal((await store.live()).length, 100)
})

t.test('transactions in each other’s way are tried again', async (t) => {
  const url = await postgres.createDatabase()
  const { db, write, close } = await openPostgres({ url, maxConnections: 4 })
  t.teardown(close)
  for (const id of ['a', 'b']) {
    await write((transaction) =>
      transaction.insertInto('installation').values({ id, created_at: 0 }).execute()
    )
  }
  const inOrder = (ids: readonly string[]) =>
    write(async (transaction) => {
      for (const id of ids) {
        await transaction
          .updateTable('installation')
          .set((eb) => ({ created_at: eb('created_at', '+', 1) }))
          .where('id', '=', id)
          .execute()
        await sql`select pg_sleep(0.05)`.execute(transaction)
      }
    })
  await Promise.all([inOrder(['a', 'b']), inOrder(['b', 'a'])])
  t.strictSame(
    await db.selectFrom('installation').selectAll().orderBy('id').execute(),
    [
      { id: 'a', created_at: 2 },
      { id: 'b', created_at: 2 }
    ],
    'a deadlock was not the end of either, and numbers are numbers'
  )
})

t.test('what cannot be opened says why, without the password', async (t) => {
  const url = new URL(await postgres.createDatabase())
  const wrong = new URL(url)
  wrong.password = 'hunter2'
  const cases: readonly [string, RegExp][] = [
    [wrong.href, /password authentication failed/],
    [url.href.replace(url.pathname, '/nowhere'), /"nowhere" does not exist/],
    [url.href.replace(url.port, '1'), /ECONNREFUSED/]
  ]
  for (const [target, message] of cases) {
    const error = await openPostgres({ url: target, maxConnections: 1 }).then(
      () => t.fail('it was opened'),
      (reason: unknown) => reason
    )
    t.type(error, StoreUnavailable)
    t.match((error as Error).message, message)
    t.notMatch(String((error as Error).stack), new RegExp(`hunter2|${url.password}`))
  }
})

t.test('a database in another encoding is refused', async (t) => {
  const url = new URL(await postgres.createDatabase())
  const client = await outside(t, url.href)
  await client.query("create database latin encoding 'LATIN1' locale 'C' template template0")
  url.pathname = '/latin'
  await t.rejects(openPostgres({ url: url.href, maxConnections: 1 }), /UTF8, it is in LATIN1/)
})
