import type { JobStore, Observation } from '../domain/job-store.ts'
import { HOST_UNREACHABLE } from '../domain/launching.ts'
import { sql } from './kysely.ts'
import type { SqlDatabase, SqlKind } from './sql-database.ts'
import { withoutNul } from './sql-rows.ts'

/** No observation of an application tells what its launcher does on a host that is not to be had. */
const waitsForHost = sql`state = 'STOPPING' and stale = ${sql.lit(HOST_UNREACHABLE)}`

/** So many are a few milliseconds: a process with 10 000 live jobs has other things to do in between. */
const ROWS_AT_ONCE = 200

export function sqlObservations(
  { kind, write }: SqlDatabase,
  now: () => number
): Pick<JobStore, 'observe' | 'markStale'> {
  return {
    observe: async (seen) => {
      const parts = inParts([...seen])
      await Promise.all(
        parts.map((part) =>
          write(async (transaction) => {
            // With the plus the index of the live ones is left aside, which SQLite would walk for each row.
            await sql`update submissions
              set yarn_state = seen.yarn_state, final_status = seen.final_status,
                observed_at = seen.observed_at,
                stale = case when ${waitsForHost} then stale end,
                stale_since = case when ${waitsForHost} then stale_since end
              from ${rowsOf(kind, part)}
              where submissions.id = seen.id and +is_live = 1`.execute(transaction)
          })
        )
      )
    },

    markStale: async (reason, ids) => {
      const since = now()
      const markNext = (among?: readonly string[]) =>
        write(async (transaction) => {
          const marked = await transaction
            .updateTable('submissions')
            .set(({ fn, val }) => ({
              stale: reason,
              stale_since: fn.coalesce('stale_since', val(since))
            }))
            .where('id', 'in', ({ selectFrom }) =>
              selectFrom('submissions')
                .select('id')
                .where('is_live', '=', 1)
                .where(({ eb, or }) => or([eb('stale', 'is', null), eb('stale', '!=', reason)]))
                .$if(among === undefined, (all) => all.where('application_id', 'is not', null))
                .$if(among !== undefined, (all) => all.where('id', 'in', among ?? []))
                .limit(ROWS_AT_ONCE)
            )
            .executeTakeFirst()
          return marked.numUpdatedRows
        })
      if (ids) {
        await Promise.all(inParts(ids).map((part) => markNext(part)))
        return
      }
      while ((await markNext()) > 0n);
    }
  }
}

function inParts<T>(all: readonly T[]): T[][] {
  const parts: T[][] = []
  for (let at = 0; at < all.length; at += ROWS_AT_ONCE) parts.push(all.slice(at, at + ROWS_AT_ONCE))
  return parts
}

/** All of them as one table `seen`: a statement for each would take ten times as long. */
function rowsOf(kind: SqlKind, seen: readonly (readonly [id: string, Observation])[]) {
  const json = JSON.stringify(
    seen.map(([id, { yarnState, finalStatus, observedAt }]) => ({
      id,
      yarn_state: withoutNul(yarnState),
      final_status: withoutNul(finalStatus),
      observed_at: observedAt
    }))
  )
  return kind === 'postgresql'
    ? sql`json_to_recordset(${json}::json)
        as seen(id text, yarn_state text, final_status text, observed_at bigint)`
    : sql`(select json_extract(value, '$.id') as id,
          json_extract(value, '$.yarn_state') as yarn_state,
          json_extract(value, '$.final_status') as final_status,
          json_extract(value, '$.observed_at') as observed_at
        from json_each(${json})) as seen`
}
