import type { Kysely } from 'kysely'
import type { ColumnTypes } from '../column-types.ts'

/** What is out of order with a job, what its launcher's output said, and how to find those without an outcome. */
export async function warnings(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema.alterTable('submissions').addColumn('warnings', text()).execute()
  await db.schema.alterTable('attempts').addColumn('failure', text()).execute()
  await db.schema
    .createIndex('submissions_without_outcome')
    .on('submissions')
    .column('id')
    .where('outcome' as never, 'is', null)
    .where('is_live' as never, '=', 0 as never)
    .execute()
}
