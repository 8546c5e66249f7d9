import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import Database from 'libsql'
import t, { type Test } from 'tap'
import { columnTypes } from '../../src/adapters/column-types.ts'
import { Kysely, SqliteDialect, sql } from '../../src/adapters/kysely.ts'
import { submissionsAttemptsEvents } from '../../src/adapters/migrations/0001-submissions-attempts-events.ts'
import { openPostgres } from '../../src/adapters/postgres-database.ts'
import type { SqlDatabase } from '../../src/adapters/sql-database.ts'
import { createSqlJobStore } from '../../src/adapters/sql-job-store.ts'
import { openSqliteFile } from '../../src/adapters/sqlite-file.ts'
import { NO_SETTINGS } from '../../src/domain/launching.ts'
import { newSubmission } from '../support/job-store-contract.ts'
import { openStore } from '../support/sqlite-store.ts'

const HERE = import.meta.dirname

/** Each kill takes a second; every statement is tried in a few runs of different first ones. */
const KILL_STEP = 8
const FIRST_VERSION = readFileSync(join(HERE, '../fixtures/databases/0001.sql'), 'utf8')

const postgres = await startPostgres(t)

t.test('the first step is, byte for byte, what wrote the files that exist', async (t) => {
  const database = new Database(join(t.testdir({}), 'first.sqlite'))
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) })
  t.teardown(() => db.destroy())
  await submissionsAttemptsEvents(db, columnTypes('sqlite'))
  const made = database
    .prepare("select sql from sqlite_master where sql is not null and name not like 'sqlite_%'")
    .all() as { sql: string }[]
  const before = FIRST_VERSION.split('\n').filter(
    (line) => line.startsWith('CREATE') && !line.includes('"migrations"')
  )
  t.strictSame(
    made.map((row) => `${row.sql};`),
    before
  )
})

t.test('a file of the first version is brought up to date with all that is in it', async (t) => {
  const path = join(t.testdir({}), 'executor.sqlite')
  const old = new Database(path)
  old.exec(FIRST_VERSION)
  old.close()
  const store = await openStore(t, { path })
  t.equal(await store.installationId(), '54cbc3e04e1db252')
  t.match(await store.holderOf('旧任务'), {
    id: 'old-1',
    state: 'SUBMITTED',
    applicationId: 'application_1_0001',
    startedAt: 1000
  })
  t.match(await store.find('old-2'), { state: 'REJECTED', reason: 'NO_APPLICATION' })
  t.match(await store.find('old-1'), { profile: null, settings: NO_SETTINGS, program: null })
  t.match(await store.openAttempts(), [{ id: 'old-1-1', argv: ['a', 'b'] }])
  t.strictSame(
    (await store.events('old-1')).map(({ what }) => what),
    ['ACCEPTED', 'LAUNCHING', 'SUBMITTED']
  )
  t.match(await store.accept(newSubmission()), { state: 'ACCEPTED' })
})

type Kind = {
  module: string
  create: (t: Test) => Promise<string>
  open: (target: string) => Promise<SqlDatabase>
}

const KINDS: Record<string, Kind> = {
  SQLite: {
    module: '../../src/adapters/sqlite-file.ts',
    create: async (t) => join(t.testdir({}), 'executor.sqlite'),
    open: openSqliteFile
  },
  PostgreSQL: {
    module: '../../src/adapters/postgres-database.ts',
    create: () => postgres.createDatabase(),
    open: (url) => openPostgres({ url, maxConnections: 2 })
  }
}

for (const [name, { module, create, open }] of Object.entries(KINDS)) {
  /** Runs in a process of its own; says with which signal it ended. */
  const migrate = async (target: string, dyingAt: number) => {
    const script = join(HERE, '../fixtures/dies-while-migrating.ts')
    const conditions = ['--import', 'tsx', '--conditions=@scheduler-task/source']
    const given = [...conditions, script, join(HERE, module), target, String(dyingAt)]
    const run = promisify(execFile)(process.execPath, given, { cwd: HERE, timeout: 60_000 })
    return await run.then(
      ({ stdout }) => ({ statements: Number(stdout), signal: null }),
      (error: { signal: string }) => ({ statements: 0, signal: error.signal })
    )
  }

  t.test(
    `${name}: killed at any step of the way, it is brought up to date next time`,
    async (t) => {
      const { statements } = await migrate(await create(t), 0)
      t.ok(statements > 10, `${statements} statements`)
      const target = await create(t)
      // Each leaves the database to the next one: what a killed one left would be in the way.
      for (let at = 1; at <= statements; at += KILL_STEP) {
        t.equal((await migrate(target, at)).signal, 'SIGKILL', `statement ${at}`)
      }
      t.equal((await migrate(target, statements)).signal, 'SIGKILL', 'the commit')
      const store = createSqlJobStore(await open(target))
      t.teardown(() => store.close())
      t.match(await store.accept(newSubmission()), { state: 'ACCEPTED' })
    }
  )

  t.test(`${name}: what was accepted before there were profiles has none`, async (t) => {
    const target = await create(t)
    const database = await open(target)
    const before = createSqlJobStore(database)
    const given = newSubmission({ settings: { ...NO_SETTINGS, queue: 'etl' } })
    await before.accept(given)
    const { db } = database
    for (const column of ['profile', 'settings', 'program']) {
      await db.schema.alterTable('submissions').dropColumn(column).execute()
    }
    await sql`delete from migrations where name = '0009-profiles'`.execute(db)
    await before.close()
    const store = createSqlJobStore(await open(target))
    t.teardown(() => store.close())
    t.match(await store.find(given.id), {
      taskName: given.taskName,
      profile: null,
      settings: NO_SETTINGS,
      program: null
    })
  })

  t.test(`${name}: a database of a newer version is refused`, async (t) => {
    const target = await create(t)
    const { db, close } = await open(target)
    await sql`insert into migrations (name, applied_at) values ('9999-later', 1)`.execute(db)
    await close()
    await t.rejects(open(target), /newer version .*9999-later/)
  })
}

t.test(
  'PostgreSQL: instances that start at once wait for the one that makes the tables',
  async (t) => {
    const url = await postgres.createDatabase()
    const databases = await Promise.all(
      Array.from({ length: 6 }, () => openPostgres({ url, maxConnections: 2 }))
    )
    t.teardown(() => Promise.all(databases.map(({ close }) => close())))
    const stores = databases.map((database) => createSqlJobStore(database))
    const ids = await Promise.all(stores.map((store) => store.installationId()))
    t.equal(new Set(ids).size, 1, 'one installation')
  }
)

t.test(
  'two that live never share a name, nor two of one owner a key, whoever writes',
  async (t) => {
    const opened = [
      await openSqliteFile(join(t.testdir({}), 'unique.sqlite')),
      await openPostgres({ url: await postgres.createDatabase(), maxConnections: 2 })
    ]
    for (const database of opened) {
      t.teardown(() => database.close())
      const store = createSqlJobStore(database)
      for (const key of ['one', 'two']) {
        await store.acceptOnce(newSubmission(), { key, bodyDigest: 'sha256:00' })
      }
      const all = database.db.updateTable('submissions')
      await t.rejects(all.set({ live_name: 'same' }).execute(), `${database.kind}: name`)
      await t.rejects(all.set({ idempotency_key: 'same' }).execute(), `${database.kind}: key`)
    }
  }
)
