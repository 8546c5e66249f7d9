import type { Kysely } from 'kysely'
import type { ColumnTypes } from '../column-types.ts'

/** What a restart is to stop first, when that is more than a submission of ours: a crash must not lose it. */
export async function replacedApplications(
  db: Kysely<unknown>,
  { text }: ColumnTypes
): Promise<void> {
  await db.schema.alterTable('submissions').addColumn('replaces_application', text(64)).execute()
}
