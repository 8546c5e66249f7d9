import { type JobStore, NameTaken, type NewSubmission } from '../domain/job-store.ts'
import { changeState, type Submission } from '../domain/submission.ts'
import type { Reads, SqlDatabase, Writes } from './sql-database.ts'
import { addEvent } from './sql-events.ts'
import { changedColumns, newSubmissionRow, submissionOf } from './sql-rows.ts'

type Submissions = Pick<
  JobStore,
  'accept' | 'change' | 'setStartDeadline' | 'find' | 'findByApplication' | 'holderOf' | 'live'
>

/** How often a name may change hands between the attempt to take it and the look at who has it. */
const ATTEMPTS = 20

export function sqlSubmissions({ kind, db, write }: SqlDatabase, now: () => number): Submissions {
  return {
    accept: async (submission) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await write((transaction) => accept(transaction, submission, now()))
        } catch (error) {
          if (!(error instanceof TakenMeanwhile) || attempt === ATTEMPTS) throw error
        }
      }
    },

    change: (id, change) =>
      write(async (transaction) => {
        const row = await transaction
          .selectFrom('submissions')
          .selectAll()
          .where('id', '=', id)
          .$if(kind === 'postgresql', (query) => query.forUpdate())
          .executeTakeFirst()
        if (!row) throw new Error(`there is no submission ${id}`)
        const after = changeState(submissionOf(row), change, now())
        const columns = changedColumns(after)
        await transaction.updateTable('submissions').set(columns).where('id', '=', id).execute()
        await addEvent(transaction, {
          submissionId: id,
          at: after.changedAt,
          who: change.who,
          what: after.state,
          detail: [after.reason, after.reasonText].filter(Boolean).join(': ') || null
        })
        if (columns.is_live === 0 && after.replaces !== null) {
          await transaction
            .updateTable('submissions')
            .set({ live_name: after.taskName })
            .where('id', '=', after.replaces)
            .where('task_name', '=', after.taskName)
            .where('is_live', '=', 1)
            .execute()
        }
        return after
      }),

    setStartDeadline: (id, startDeadline) =>
      write(async (transaction) => {
        await transaction
          .updateTable('submissions')
          .set({ start_deadline: startDeadline })
          .where('id', '=', id)
          .execute()
      }),

    find: async (id) => {
      const row = await db
        .selectFrom('submissions')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst()
      return row && submissionOf(row)
    },

    findByApplication: async (applicationId) => {
      const row = await db
        .selectFrom('submissions')
        .selectAll()
        .where('application_id', '=', applicationId)
        .orderBy('accepted_at', 'desc')
        .executeTakeFirst()
      return row && submissionOf(row)
    },

    holderOf: (taskName) => holderOf(db, taskName),

    live: async () => {
      const rows = await db
        .selectFrom('submissions')
        .selectAll()
        .where('is_live', '=', 1)
        .orderBy('accepted_at')
        .orderBy('id')
        .execute()
      return rows.map(submissionOf)
    }
  }
}

/** The unique index has refused, and nobody was seen who stood in the way: look again. */
class TakenMeanwhile extends Error {
  override readonly name = 'TakenMeanwhile'
}

async function accept(
  transaction: Writes,
  submission: NewSubmission,
  acceptedAt: number
): Promise<Submission> {
  const holder = await holderOf(transaction, submission.taskName)
  if (holder && holder.id !== submission.replaces) throw new NameTaken(holder)
  if (holder) {
    await transaction
      .updateTable('submissions')
      .set({ live_name: null })
      .where('id', '=', holder.id)
      .where('live_name', '=', submission.taskName)
      .execute()
  }
  const row = newSubmissionRow(submission, acceptedAt)
  const written = await transaction
    .insertInto('submissions')
    .values(row)
    .onConflict((conflict) => conflict.column('live_name').doNothing())
    .returning('id')
    .executeTakeFirst()
  // The look before is for the answer; it is the index that decides.
  if (!written) throw new TakenMeanwhile(`${submission.taskName} was taken meanwhile`)
  await addEvent(transaction, {
    submissionId: row.id,
    at: row.accepted_at,
    who: row.owner,
    what: 'ACCEPTED',
    detail: row.replaces === null ? null : `in place of submission ${row.replaces}`
  })
  return submissionOf(row)
}

async function holderOf(database: Reads | Writes, name: string): Promise<Submission | undefined> {
  const row = await database
    .selectFrom('submissions')
    .selectAll()
    .where('live_name', '=', name)
    .executeTakeFirst()
  return row && submissionOf(row)
}
