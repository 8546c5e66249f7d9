import type { Kysely } from 'kysely'
import type { ColumnTypes } from '../column-types.ts'

/** What the first version wrote. Never changed again: files with these very tables exist. */
export async function submissionsAttemptsEvents(
  db: Kysely<unknown>,
  { text, key }: ColumnTypes
): Promise<void> {
  await db.schema
    .createTable('installation')
    .addColumn('id', text(64), (column) => column.primaryKey())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('submissions')
    .addColumn('id', text(64), (column) => column.primaryKey())
    .addColumn('task_name', text(), (column) => column.notNull())
    .addColumn('live_name', text(), (column) => column.unique())
    .addColumn('engine', text(20), (column) => column.notNull())
    .addColumn('deploy_mode', text(20), (column) => column.notNull())
    .addColumn('owner', text(), (column) => column.notNull())
    .addColumn('request_id', text(), (column) => column.notNull())
    .addColumn('config_file', text(), (column) => column.notNull())
    .addColumn('config_digest', text(80), (column) => column.notNull())
    .addColumn('installation_tag', text(100), (column) => column.notNull())
    .addColumn('submission_tag', text(100), (column) => column.notNull().unique())
    .addColumn('state', text(20), (column) => column.notNull())
    .addColumn('is_live', 'smallint', (column) => column.notNull())
    .addColumn('reason', text(100))
    .addColumn('reason_text', text())
    .addColumn('application_id', text(64))
    .addColumn('started_at', 'bigint')
    .addColumn('accepted_at', 'bigint', (column) => column.notNull())
    .addColumn('start_deadline', 'bigint', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .addColumn('stop_requested_by', text())
    .addColumn('stop_requested_at', 'bigint')
    .addColumn('yarn_state', text(40))
    .addColumn('final_status', text(40))
    .addColumn('observed_at', 'bigint')
    .addColumn('stale', text(40))
    .addColumn('stale_since', 'bigint')
    .addColumn('replaces', text(64))
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
    .addColumn('id', text(100), (column) => column.primaryKey())
    .addColumn('submission_id', text(64), (column) =>
      column.notNull().references('submissions.id').onDelete('cascade')
    )
    .addColumn('tag', text(100), (column) => column.notNull().unique())
    .addColumn('profile', text(100), (column) => column.notNull())
    .addColumn('argv', text(), (column) => column.notNull())
    .addColumn('rendered_digest', text(80), (column) => column.notNull())
    .addColumn('holds_driver', 'smallint', (column) => column.notNull())
    .addColumn('directory', text(), (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('pid', 'integer')
    .addColumn('process_start_time', text(40))
    .addColumn('boot_id', text(64))
    .addColumn('exit', text())
    .addColumn('ended_at', 'bigint')
    .execute()
  await db.schema
    .createIndex('attempts_by_submission')
    .on('attempts')
    .columns(['submission_id', 'created_at'])
    .execute()

  await db.schema
    .createTable('events')
    .addColumn('id', key.type, key.build)
    .addColumn('submission_id', text(64), (column) =>
      column.notNull().references('submissions.id').onDelete('cascade')
    )
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('who', text(), (column) => column.notNull())
    .addColumn('what', text(100), (column) => column.notNull())
    .addColumn('detail', text())
    .execute()
  await db.schema
    .createIndex('events_by_submission')
    .on('events')
    .columns(['submission_id', 'id'])
    .execute()
}
