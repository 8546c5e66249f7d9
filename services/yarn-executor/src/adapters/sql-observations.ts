import type { JobStore } from '../domain/job-store.ts'
import type { SqlDatabase } from './sql-database.ts'

/** More than this many ids do not fit into one statement everywhere. */
const IDS_IN_A_STATEMENT = 500

export function sqlObservations(
  { write }: SqlDatabase,
  now: () => number
): Pick<JobStore, 'observe' | 'markStale'> {
  return {
    observe: (seen) =>
      write(async (transaction) => {
        for (const [id, { yarnState, finalStatus, observedAt }] of seen) {
          await transaction
            .updateTable('submissions')
            .set({
              yarn_state: yarnState,
              final_status: finalStatus,
              observed_at: observedAt,
              stale: null,
              stale_since: null
            })
            .where('id', '=', id)
            .where('is_live', '=', 1)
            .execute()
        }
      }),

    markStale: (reason, ids) =>
      write(async (transaction) => {
        const mark = transaction
          .updateTable('submissions')
          .set(({ fn, val }) => ({
            stale: reason,
            stale_since: fn.coalesce('stale_since', val(now()))
          }))
          .where('is_live', '=', 1)
        if (!ids) {
          await mark.where('application_id', 'is not', null).execute()
          return
        }
        for (let at = 0; at < ids.length; at += IDS_IN_A_STATEMENT) {
          await mark.where('id', 'in', ids.slice(at, at + IDS_IN_A_STATEMENT)).execute()
        }
      })
  }
}
