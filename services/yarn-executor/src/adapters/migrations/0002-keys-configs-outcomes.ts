import type { Kysely } from 'kysely'
import type { ColumnTypes } from '../column-types.ts'
import { sql } from '../kysely.ts'

/** Keys of clients, configs by digest, outcomes, records closed by hand, and events in one order. */
export async function keysConfigsOutcomes(
  db: Kysely<unknown>,
  { kind, text, bytes }: ColumnTypes
): Promise<void> {
  const added = [
    ['idempotency_key', text()],
    ['request_digest', text(80)],
    ['outcome', text(20)],
    ['evidence', text()],
    ['closed_by', text()],
    ['closed_at', 'bigint']
  ] as const
  for (const [name, type] of added) {
    await db.schema.alterTable('submissions').addColumn(name, type).execute()
  }
  await db.schema
    .createIndex('submissions_by_key')
    .on('submissions')
    .columns(['owner', 'idempotency_key'])
    .unique()
    .execute()

  await db.schema
    .createTable('configs')
    .addColumn('digest', text(80), (column) => column.primaryKey())
    .addColumn('bytes', bytes, (column) => column.notNull())
    .addColumn('used_at', 'bigint', (column) => column.notNull())
    .execute()

  const indexes = [
    ['submissions_by_acceptance', 'submissions', ['accepted_at', 'id']],
    ['submissions_by_owner', 'submissions', ['owner', 'accepted_at', 'id']],
    ['submissions_by_name', 'submissions', ['task_name', 'accepted_at', 'id']],
    ['submissions_by_change', 'submissions', ['is_live', 'changed_at']],
    ['submissions_by_replaced', 'submissions', ['replaces']],
    ['submissions_by_config', 'submissions', ['config_digest']],
    ['attempts_by_config', 'attempts', ['rendered_digest']],
    ['attempts_by_end', 'attempts', ['ended_at', 'created_at']]
  ] as const
  for (const [name, table, columns] of indexes) {
    await db.schema
      .createIndex(name)
      .on(table)
      .columns([...columns])
      .execute()
  }
  if (kind === 'postgresql') await eventPositions(db)
}

/**
 * Here transactions end in another order than the one in which their events got their ids: the position is given
 * afterwards, to what is committed. In SQLite the id is the position: one transaction writes at a time.
 */
async function eventPositions(db: Kysely<unknown>): Promise<void> {
  await sql`alter table events add column position bigint unique`.execute(db)
  await sql`create index events_without_position on events (id) where position is null`.execute(db)
  await sql`create table event_counter (last bigint not null)`.execute(db)
  await sql`insert into event_counter (last) values (0)`.execute(db)
}
