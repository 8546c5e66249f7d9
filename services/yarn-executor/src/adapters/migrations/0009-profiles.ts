import type { Kysely } from 'kysely'
import type { ColumnTypes } from '../column-types.ts'

/** How a submission is launched: null in what was accepted before there was a choice. */
export async function profiles(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  const added = [
    ['profile', text(40)],
    ['settings', text()],
    ['program', text()]
  ] as const
  for (const [name, type] of added) {
    await db.schema.alterTable('submissions').addColumn(name, type).execute()
  }
}
