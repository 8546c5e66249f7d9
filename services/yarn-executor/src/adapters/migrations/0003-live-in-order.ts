import type { Kysely } from 'kysely'

/** The live ones are read in parts, in order of acceptance, however many ended ones there are. */
export async function liveInOrder(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex('submissions_live').execute()
  await db.schema
    .createIndex('submissions_live_in_order')
    .on('submissions')
    .columns(['is_live', 'accepted_at', 'id'])
    .execute()
}
