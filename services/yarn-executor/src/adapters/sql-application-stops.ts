import type { JobStore } from '../domain/job-store.ts'
import type { SqlDatabase } from './sql-database.ts'

/** More are left until some of them are over. */
const MOST_AT_ONCE = 1000

export function sqlApplicationStops(
  { db, write }: SqlDatabase,
  now: () => number
): Pick<JobStore, 'wantEnd' | 'wantedEnds' | 'endReported'> {
  return {
    wantEnd: async (applicationId, requestedBy) => {
      await write((transaction) =>
        transaction
          .insertInto('application_stops')
          .values({
            application_id: applicationId,
            requested_by: requestedBy,
            requested_at: now()
          })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
      )
    },

    wantedEnds: async () =>
      await db
        .selectFrom('application_stops')
        .select([
          'application_id as applicationId',
          'requested_by as requestedBy',
          'requested_at as requestedAt'
        ])
        .orderBy('requested_at')
        .orderBy('application_id')
        .limit(MOST_AT_ONCE)
        .execute(),

    endReported: async (applicationId) => {
      await write((transaction) =>
        transaction
          .deleteFrom('application_stops')
          .where('application_id', '=', applicationId)
          .execute()
      )
    }
  }
}
