import type { JobStore } from '../domain/job-store.ts'
import type { SqlDatabase, Writes } from './sql-database.ts'
import { withoutNul } from './sql-rows.ts'

export type NewEvent = Readonly<{
  submissionId: string
  at: number
  who: string
  what: string
  detail: string | null
}>

export async function addEvent(transaction: Writes, event: NewEvent): Promise<void> {
  const { submissionId, detail, ...rest } = event
  await transaction
    .insertInto('events')
    .values({ submission_id: submissionId, ...rest, detail: withoutNul(detail) })
    .execute()
}

export function sqlEvents(
  { db, write }: SqlDatabase,
  now: () => number
): Pick<JobStore, 'note' | 'events'> {
  return {
    note: (event) => write((transaction) => addEvent(transaction, { ...event, at: now() })),

    events: async (submissionId) => {
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('submission_id', '=', submissionId)
        .orderBy('id')
        .execute()
      return rows.map(({ at, who, what, detail }) => ({ submissionId, at, who, what, detail }))
    }
  }
}
