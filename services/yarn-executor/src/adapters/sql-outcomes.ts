import type { JobStore } from '../domain/job-store.ts'
import type { SubmissionEvent, Verdict } from '../domain/submission.ts'
import type { SqlDatabase } from './sql-database.ts'
import { addEvent } from './sql-events.ts'
import { submissionOf } from './sql-rows.ts'

type Outcomes = Pick<JobStore, 'setOutcome' | 'withoutOutcome' | 'warn'>

const LONGEST_DETAIL = 300

export function sqlOutcomes({ kind, db, write }: SqlDatabase, now: () => number): Outcomes {
  return {
    setOutcome: (id, { outcome, evidence }) =>
      write(async (transaction) => {
        const set = await transaction
          .updateTable('submissions')
          .set({ outcome, evidence: JSON.stringify(evidence) })
          .where('id', '=', id)
          .where('is_live', '=', 0)
          .where('outcome', 'is', null)
          .executeTakeFirst()
        if (set.numUpdatedRows === 0n) return false
        await addEvent(transaction, outcomeEvent(id, { outcome, evidence }, now()))
        return true
      }),

    withoutOutcome: async ({ limit, after }) => {
      const rows = await db
        .selectFrom('submissions')
        .selectAll()
        .where('outcome', 'is', null)
        .where('is_live', '=', 0)
        .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(submissionOf)
    },

    warn: (id, warning) =>
      write(async (transaction) => {
        const row = await transaction
          .selectFrom('submissions')
          .selectAll()
          .where('id', '=', id)
          .where('is_live', '=', 1)
          .$if(kind === 'postgresql', (query) => query.forUpdate())
          .executeTakeFirst()
        const known = row && submissionOf(row).warnings
        if (!known || known.some(({ code }) => code === warning.code)) return false
        await transaction
          .updateTable('submissions')
          .set({ warnings: JSON.stringify([...known, warning]) })
          .where('id', '=', id)
          .execute()
        const detail = `${warning.code}: ${warning.text}`
        const event = { submissionId: id, at: now(), who: 'executor', what: 'warning', detail }
        await addEvent(transaction, event)
        return true
      })
  }
}

/** Says the outcome and the first fact that it rests on. */
export function outcomeEvent(
  submissionId: string,
  { outcome, evidence }: Verdict,
  at: number
): SubmissionEvent {
  const detail = [outcome, evidence[0]?.text].filter(Boolean).join(': ').slice(0, LONGEST_DETAIL)
  return { submissionId, at, who: 'executor', what: 'outcome', detail }
}
