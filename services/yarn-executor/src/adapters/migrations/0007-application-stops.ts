import type { Kysely } from 'kysely'
import type { ColumnTypes } from '../column-types.ts'

/** Ends that somebody wants of applications that were not started here, as long as they are not reported. */
export async function applicationStops(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('application_stops')
    .addColumn('application_id', text(64), (column) => column.primaryKey())
    .addColumn('requested_by', text(), (column) => column.notNull())
    .addColumn('requested_at', 'bigint', (column) => column.notNull())
    .execute()
}
