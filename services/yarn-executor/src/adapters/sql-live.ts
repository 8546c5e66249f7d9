import type { Selectable } from 'kysely'
import type { JobStore, Watched } from '../domain/job-store.ts'
import type { Submission } from '../domain/submission.ts'
import type { SqlDatabase } from './sql-database.ts'
import { submissionOf } from './sql-rows.ts'
import type { SubmissionRow } from './sql-schema.ts'

/** A few milliseconds' worth. */
const ROWS_AT_ONCE = 500

type WatchedRow = Pick<
  Selectable<SubmissionRow>,
  | 'id'
  | 'accepted_at'
  | 'submission_tag'
  | 'application_id'
  | 'state'
  | 'yarn_state'
  | 'final_status'
  | 'observed_at'
  | 'stale'
>
type Place = Readonly<{ accepted_at: number; id: string }>

/** The live ones, in parts: with 10 000 of them others have their turn in between. */
export function sqlLive({ db }: SqlDatabase): Pick<JobStore, 'live' | 'watched'> {
  const behind = (last: Place | undefined) =>
    db
      .selectFrom('submissions')
      .where('is_live', '=', 1)
      .$if(last !== undefined, (query) =>
        query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('accepted_at', 'id'), '>', tuple(last?.accepted_at ?? 0, last?.id ?? ''))
        )
      )
      .orderBy('accepted_at')
      .orderBy('id')
      .limit(ROWS_AT_ONCE)

  return {
    live: () => inParts((last) => behind(last).selectAll().execute(), submissionOf),

    watched: () =>
      inParts(
        (last) =>
          behind(last)
            .select(['id', 'accepted_at', 'submission_tag', 'application_id', 'state'])
            .select(['yarn_state', 'final_status', 'observed_at', 'stale'])
            .execute(),
        watchedOf
      )
  }
}

function watchedOf(row: WatchedRow): Watched {
  return {
    id: row.id,
    submissionTag: row.submission_tag,
    applicationId: row.application_id,
    state: row.state,
    yarnState: row.yarn_state,
    finalStatus: row.final_status,
    observedAt: row.observed_at,
    stale: row.stale
  }
}

async function inParts<Row extends Place, T extends Watched | Submission>(
  read: (last: Row | undefined) => Promise<Row[]>,
  toValue: (row: Row) => T
): Promise<T[]> {
  const all: T[] = []
  for (let last: Row | undefined; ; ) {
    const rows = await read(last)
    all.push(...rows.map(toValue))
    if (rows.length < ROWS_AT_ONCE) return all
    last = rows.at(-1)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
