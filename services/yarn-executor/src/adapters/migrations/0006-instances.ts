import type { Kysely } from 'kysely'
import type { ColumnTypes } from '../column-types.ts'
import { sql } from '../kysely.ts'

/** Who does the work for a submission, on which host an attempt is, and on PostgreSQL the leases of the instances. */
export async function instances(db: Kysely<unknown>, { kind, text }: ColumnTypes): Promise<void> {
  await db.schema.alterTable('submissions').addColumn('owner_token', 'bigint').execute()
  const added = [
    ['host_id', text(200)],
    ['host_machine_id', text(64)],
    ['host_boot_id', text(64)],
    ['released_at', 'bigint']
  ] as const
  for (const [name, type] of added) {
    await db.schema.alterTable('attempts').addColumn(name, type).execute()
  }
  if (kind === 'postgresql') await leases(db, text)
}

/** Times by the database's clock alone: those of the hosts may differ. */
async function leases(db: Kysely<unknown>, text: ColumnTypes['text']): Promise<void> {
  await db.schema
    .createTable('instances')
    .addColumn('token', 'bigint', (column) => column.generatedAlwaysAsIdentity().primaryKey())
    .addColumn('host_id', text(), (column) => column.notNull())
    .addColumn('machine_id', text(), (column) => column.notNull())
    .addColumn('boot_id', text(), (column) => column.notNull())
    .addColumn('pid_namespace', text(), (column) => column.notNull())
    .addColumn('pid', 'integer', (column) => column.notNull())
    .addColumn('process_start_time', text(), (column) => column.notNull())
    .addColumn('url', text())
    .addColumn('booted_at', 'timestamptz', (column) => column.notNull())
    .addColumn('started_at', 'timestamptz', (column) => column.notNull())
    .addColumn('renewed_at', 'timestamptz', (column) => column.notNull())
    .addColumn('ended_at', 'timestamptz')
    .execute()
  await sql`create index instances_alive on instances (token) where ended_at is null`.execute(db)
  await db.schema
    .createTable('leaders')
    .addColumn('name', text(), (column) => column.primaryKey())
    .addColumn('token', 'bigint', (column) => column.notNull())
    .execute()
  await sql`create index submissions_owned on submissions (owner_token) where is_live = 1`.execute(
    db
  )
  await sql`create index attempts_held on attempts (host_id) where released_at is null`.execute(db)
}
