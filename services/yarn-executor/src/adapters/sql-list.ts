import type { Selectable, SelectQueryBuilder } from 'kysely'
import { BadCursor, type JobStore, type SubmissionFilter } from '../domain/job-store.ts'
import { sql } from './kysely.ts'
import type { SqlDatabase, SqlKind } from './sql-database.ts'
import { submissionOf } from './sql-rows.ts'
import type { JobTables, SubmissionRow } from './sql-schema.ts'

type Position = { acceptedAt: number; id: string }

export function sqlList({ kind, db }: SqlDatabase): Pick<JobStore, 'list'> {
  return {
    list: async (filter, { limit, after }) => {
      const behind = after === undefined ? undefined : positionOf(after)
      // One statement: what is listed and what is counted are of one moment.
      const rows = await db
        .with('counted', (all) =>
          matchingIn(kind, all.selectFrom('submissions'), filter).select(({ fn }) =>
            fn.countAll<number>().as('total')
          )
        )
        .with('page', (all) =>
          matchingIn(kind, all.selectFrom('submissions'), filter)
            .selectAll()
            .$if(behind !== undefined, (query) =>
              query.where(({ eb, refTuple, tuple }) =>
                eb(
                  refTuple('accepted_at', 'id'),
                  '<',
                  tuple(behind?.acceptedAt ?? 0, behind?.id ?? '')
                )
              )
            )
            .orderBy('accepted_at', 'desc')
            .orderBy('id', 'desc')
            .limit(limit + 1)
        )
        .selectFrom('counted')
        .leftJoin('page', (join) => join.onTrue())
        .select('counted.total')
        .selectAll('page')
        .orderBy('page.accepted_at', 'desc')
        .orderBy('page.id', 'desc')
        .execute()
      const total = rows[0]?.total ?? 0
      const found = rows.filter(isFound)
      const items = found.slice(0, limit).map(submissionOf)
      const last = items.at(-1)
      return { items, total, nextCursor: found.length > limit && last ? cursorOf(last) : null }
    }
  }
}

function matchingIn<O>(
  kind: SqlKind,
  all: SelectQueryBuilder<JobTables, 'submissions', O>,
  filter: SubmissionFilter
): SelectQueryBuilder<JobTables, 'submissions', O> {
  const { states, engine, owner, taskName, nameContains, acceptedFrom, acceptedBefore } = filter
  let matching = all
  if (states) matching = matching.where('state', 'in', states.length > 0 ? states : [NO_STATE])
  if (engine) matching = matching.where('engine', '=', engine)
  if (owner !== undefined) matching = matching.where('owner', '=', owner)
  if (taskName !== undefined) matching = matching.where('task_name', '=', taskName)
  if (acceptedFrom !== undefined) matching = matching.where('accepted_at', '>=', acceptedFrom)
  if (acceptedBefore !== undefined) matching = matching.where('accepted_at', '<', acceptedBefore)
  if (nameContains) {
    const place = sql.raw(kind === 'sqlite' ? 'instr' : 'strpos')
    matching = matching.where(sql<boolean>`${place}(task_name, ${nameContains}) > 0`)
  }
  return matching
}

/** An empty page is one row of nothing beside the count. */
function isFound<Row extends { id: string | null }>(
  row: Row
): row is Row & Selectable<SubmissionRow> {
  return row.id !== null
}

/** Nothing is in it: a list of no states asks for nothing. */
const NO_STATE = '' as never

function cursorOf({ acceptedAt, id }: Position): string {
  return Buffer.from(`${acceptedAt}:${id}`).toString('base64url')
}

function positionOf(cursor: string): Position {
  const text = Buffer.from(cursor, 'base64url').toString()
  const [, acceptedAt, id] = /^(\d{1,15}):([a-z0-9-]{1,64})$/.exec(text) ?? []
  if (acceptedAt === undefined || id === undefined) throw new BadCursor('it is not one of a list')
  return { acceptedAt: Number(acceptedAt), id }
}
