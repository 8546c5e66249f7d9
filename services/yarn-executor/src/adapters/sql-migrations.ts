import type { Kysely, Transaction } from 'kysely'
import { type ColumnTypes, columnTypes } from './column-types.ts'
import { sql } from './kysely.ts'
import { submissionsAttemptsEvents } from './migrations/0001-submissions-attempts-events.ts'
import { keysConfigsOutcomes } from './migrations/0002-keys-configs-outcomes.ts'
import { liveInOrder } from './migrations/0003-live-in-order.ts'
import { promised } from './migrations/0004-promised.ts'
import { warnings } from './migrations/0005-warnings.ts'
import { instances } from './migrations/0006-instances.ts'
import { applicationStops } from './migrations/0007-application-stops.ts'
import { replacedApplications } from './migrations/0008-replaced-applications.ts'
import { profiles } from './migrations/0009-profiles.ts'
import type { SqlKind } from './sql-database.ts'
import type { JobTables } from './sql-schema.ts'

type Step = { name: string; up: (db: Kysely<unknown>, types: ColumnTypes) => Promise<void> }

/** Each step is applied once, in this order, and never changed afterwards. */
const STEPS: readonly Step[] = [
  { name: '0001-submissions-attempts-events', up: submissionsAttemptsEvents },
  { name: '0002-keys-configs-outcomes', up: keysConfigsOutcomes },
  { name: '0003-live-in-order', up: liveInOrder },
  { name: '0004-promised', up: promised },
  { name: '0005-warnings', up: warnings },
  { name: '0006-instances', up: instances },
  { name: '0007-application-stops', up: applicationStops },
  { name: '0008-replaced-applications', up: replacedApplications },
  { name: '0009-profiles', up: profiles }
]

type WithMigrations = { migrations: { name: string; applied_at: number } }

/** Any number, the same in every version: held by the instance that brings the database up to date. */
const MIGRATION_LOCK = 7_235_801_664

/**
 * Brings a database up to date, all steps in one transaction: killed half-way, it is as it was before. Of several
 * instances that start at once one does it and the others wait.
 * @throws Error when the database was written by a newer version.
 */
export async function migrate(db: Kysely<JobTables>, kind: SqlKind): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const known = transaction as unknown as Transaction<WithMigrations>
    const types = columnTypes(kind)
    if (kind === 'postgresql') {
      await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(known)
    }
    await known.schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('name', types.text(200), (column) => column.primaryKey())
      .addColumn('applied_at', 'bigint', (column) => column.notNull())
      .execute()
    const rows = await known.selectFrom('migrations').select('name').execute()
    const applied = new Set(rows.map(({ name }) => name))
    const missing = STEPS.filter(({ name }) => !applied.delete(name))
    const [newer] = applied
    if (newer) {
      throw new Error(`the database was written by a newer version (it knows the step ${newer})`)
    }
    for (const { name, up } of missing) {
      await up(transaction as unknown as Kysely<unknown>, types)
      await known.insertInto('migrations').values({ name, applied_at: Date.now() }).execute()
    }
  })
}
