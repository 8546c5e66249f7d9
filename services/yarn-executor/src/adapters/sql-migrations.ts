import type { Kysely, Transaction } from 'kysely'
import type { JobTables } from './sql-schema.ts'

/** Tables that older code wrote; each step is applied once, in this order, and never changed afterwards. */
const MIGRATIONS: readonly { name: string; up: (db: Kysely<unknown>) => Promise<void> }[] = [
  { name: '0001-submissions-attempts-events', up: submissionsAttemptsEvents }
]

type WithMigrations = { migrations: { name: string; applied_at: number } }

/**
 * Brings a database up to date, all steps in one transaction: killed half-way, it is as it was before.
 * @throws Error when the database was written by a newer version.
 */
export async function migrate(db: Kysely<JobTables>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const known = transaction as unknown as Transaction<WithMigrations>
    await known.schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('name', 'varchar(200)', (column) => column.primaryKey())
      .addColumn('applied_at', 'bigint', (column) => column.notNull())
      .execute()
    const rows = await known.selectFrom('migrations').select('name').execute()
    const applied = new Set(rows.map(({ name }) => name))
    for (const { name, up } of MIGRATIONS) {
      if (applied.delete(name)) continue
      await up(transaction as unknown as Kysely<unknown>)
      await known.insertInto('migrations').values({ name, applied_at: Date.now() }).execute()
    }
    const [newer] = applied
    if (newer) {
      throw new Error(`the database was written by a newer version (it knows the step ${newer})`)
    }
  })
}

async function submissionsAttemptsEvents(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('installation')
    .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('submissions')
    .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('task_name', 'text', (column) => column.notNull())
    .addColumn('live_name', 'text', (column) => column.unique())
    .addColumn('engine', 'varchar(20)', (column) => column.notNull())
    .addColumn('deploy_mode', 'varchar(20)', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('request_id', 'text', (column) => column.notNull())
    .addColumn('config_file', 'text', (column) => column.notNull())
    .addColumn('config_digest', 'varchar(80)', (column) => column.notNull())
    .addColumn('installation_tag', 'varchar(100)', (column) => column.notNull())
    .addColumn('submission_tag', 'varchar(100)', (column) => column.notNull().unique())
    .addColumn('state', 'varchar(20)', (column) => column.notNull())
    .addColumn('is_live', 'smallint', (column) => column.notNull())
    .addColumn('reason', 'varchar(100)')
    .addColumn('reason_text', 'text')
    .addColumn('application_id', 'varchar(64)')
    .addColumn('started_at', 'bigint')
    .addColumn('accepted_at', 'bigint', (column) => column.notNull())
    .addColumn('start_deadline', 'bigint', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .addColumn('stop_requested_by', 'text')
    .addColumn('stop_requested_at', 'bigint')
    .addColumn('yarn_state', 'varchar(40)')
    .addColumn('final_status', 'varchar(40)')
    .addColumn('observed_at', 'bigint')
    .addColumn('stale', 'varchar(40)')
    .addColumn('stale_since', 'bigint')
    .addColumn('replaces', 'varchar(64)')
    .execute()
  await db.schema
    .createIndex('submissions_by_application')
    .on('submissions')
    .column('application_id')
    .execute()
  await db.schema
    .createIndex('submissions_live')
    .on('submissions')
    .columns(['is_live', 'id'])
    .execute()

  await db.schema
    .createTable('attempts')
    .addColumn('id', 'varchar(100)', (column) => column.primaryKey())
    .addColumn('submission_id', 'varchar(64)', (column) =>
      column.notNull().references('submissions.id').onDelete('cascade')
    )
    .addColumn('tag', 'varchar(100)', (column) => column.notNull().unique())
    .addColumn('profile', 'varchar(100)', (column) => column.notNull())
    .addColumn('argv', 'text', (column) => column.notNull())
    .addColumn('rendered_digest', 'varchar(80)', (column) => column.notNull())
    .addColumn('holds_driver', 'smallint', (column) => column.notNull())
    .addColumn('directory', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('pid', 'integer')
    .addColumn('process_start_time', 'varchar(40)')
    .addColumn('boot_id', 'varchar(64)')
    .addColumn('exit', 'text')
    .addColumn('ended_at', 'bigint')
    .execute()
  await db.schema
    .createIndex('attempts_by_submission')
    .on('attempts')
    .columns(['submission_id', 'created_at'])
    .execute()

  await db.schema
    .createTable('events')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('submission_id', 'varchar(64)', (column) =>
      column.notNull().references('submissions.id').onDelete('cascade')
    )
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('who', 'text', (column) => column.notNull())
    .addColumn('what', 'varchar(100)', (column) => column.notNull())
    .addColumn('detail', 'text')
    .execute()
  await db.schema
    .createIndex('events_by_submission')
    .on('events')
    .columns(['submission_id', 'id'])
    .execute()
}
