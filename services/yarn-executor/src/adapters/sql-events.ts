import type { JobStore } from '../domain/job-store.ts'
import type { PositionedEvent, SubmissionEvent } from '../domain/submission.ts'
import { givePositions } from './event-positions.ts'
import type { SqlDatabase, Writes } from './sql-database.ts'
import { withoutNul } from './sql-rows.ts'

export async function addEvent(transaction: Writes, event: SubmissionEvent): Promise<void> {
  const { submissionId, detail, ...rest } = event
  await transaction
    .insertInto('events')
    .values({ submission_id: submissionId, ...rest, detail: withoutNul(detail) })
    .execute()
}

type Events = Pick<JobStore, 'note' | 'events' | 'eventsAfter' | 'lastPosition'>

/** `announce` says that there is one more; positions that are given are no news. */
export function sqlEvents(database: SqlDatabase, now: () => number, announce: () => void): Events {
  const { kind, db, write } = database
  const position = kind === 'sqlite' ? 'id' : 'position'
  const positionsGiven = async () => {
    if (kind === 'postgresql') await givePositions(database)
  }

  return {
    note: async (event) => {
      await write((transaction) => addEvent(transaction, { ...event, at: now() }))
      announce()
    },

    events: async (submissionId) => {
      const rows = await db
        .selectFrom('events')
        .select(['at', 'who', 'what', 'detail'])
        .where('submission_id', '=', submissionId)
        .orderBy('id')
        .execute()
      return rows.map((row) => ({ submissionId, ...row }))
    },

    eventsAfter: async (after, limit) => {
      await positionsGiven()
      const rows = await db
        .selectFrom('events')
        .select(['submission_id as submissionId', 'at', 'who', 'what', 'detail'])
        .select(`${position} as position`)
        .where(position, '>', after)
        .orderBy(position)
        .limit(limit)
        .execute()
      return rows as PositionedEvent[]
    },

    lastPosition: async () => {
      await positionsGiven()
      const { last } = await db
        .selectFrom('events')
        .select(({ fn }) => fn.max(position).as('last'))
        .executeTakeFirstOrThrow()
      return last ?? 0
    }
  }
}
