import { randomBytes } from 'node:crypto'
import type { JobStore } from '../domain/job-store.ts'
import { sql } from './kysely.ts'
import { sqlAttempts } from './sql-attempts.ts'
import type { SqlDatabase } from './sql-database.ts'
import { sqlEvents } from './sql-events.ts'
import { sqlObservations } from './sql-observations.ts'
import { sqlSubmissions } from './sql-submissions.ts'

/** The store in SQL, whichever database it is; its tables are there already. `now` is the clock. */
export function createSqlJobStore(database: SqlDatabase, now: () => number = Date.now): JobStore {
  const { kind, db, write } = database
  return {
    ...sqlSubmissions(database, now),
    ...sqlAttempts(database, now),
    ...sqlEvents(database, now),
    ...sqlObservations(database, now),

    installationId: () =>
      write(async (transaction) => {
        if (kind === 'postgresql') await sql`lock table installation`.execute(transaction)
        const known = await transaction.selectFrom('installation').select('id').executeTakeFirst()
        if (known) return known.id
        const id = randomBytes(8).toString('hex')
        await transaction.insertInto('installation').values({ id, created_at: now() }).execute()
        return id
      }),

    ping: async () => {
      await db.selectFrom('installation').select('id').executeTakeFirst()
    },
    close: () => database.close()
  }
}
