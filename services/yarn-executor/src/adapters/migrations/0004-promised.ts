import type { Kysely } from 'kysely'

/** Whether whoever asked was told that it is kept, and is launched also after a restart of the service. */
export async function promised(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('submissions')
    .addColumn('promised', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
}
