import type { JobStore } from '../domain/job-store.ts'
import { changeState, closeByHand, isOver, type Submission } from '../domain/submission.ts'
import { holderOf } from './sql-acceptance.ts'
import type { SqlDatabase, Writes } from './sql-database.ts'
import { addEvent } from './sql-events.ts'
import { outcomeEvent } from './sql-outcomes.ts'
import { isOwnersChange, type Owner, requireOwner } from './sql-ownership.ts'
import { changedColumns, submissionOf } from './sql-rows.ts'

type Submissions = Pick<
  JobStore,
  'change' | 'closeByHand' | 'setStartDeadline' | 'find' | 'findByApplication' | 'holderOf'
>

type Step = { after: Submission; who: string; what: string }

export function sqlSubmissions(
  { kind, db, write }: SqlDatabase,
  now: () => number,
  owner?: Owner
): Submissions {
  /** Nobody changes it between the look at it and the step. */
  const step = (
    id: string,
    decide: (before: Submission) => Step,
    isOwners: (before: Submission) => boolean = () => false
  ) =>
    write(async (transaction) => {
      const row = await transaction
        .selectFrom('submissions')
        .selectAll()
        .where('id', '=', id)
        .$if(kind === 'postgresql', (query) => query.forUpdate())
        .executeTakeFirst()
      if (!row) throw new Error(`there is no submission ${id}`)
      const before = submissionOf(row)
      if (owner && isOwners(before)) await requireOwner(transaction, id, owner)
      const { after, who, what } = decide(before)
      await transaction
        .updateTable('submissions')
        .set(changedColumns(after))
        .where('id', '=', id)
        .execute()
      const { reason, reasonText, changedAt: at } = after
      const detail = [reason, reasonText].filter(Boolean).join(': ') || null
      await addEvent(transaction, { submissionId: id, at, who, what, detail })
      const { outcome, evidence } = after
      if (outcome !== null && before.outcome === null) {
        await addEvent(transaction, outcomeEvent(id, { outcome, evidence }, at))
      }
      if (isOver(after) && after.replaces !== null) await giveNameBack(transaction, after)
      return after
    })

  return {
    change: (id, change) =>
      step(
        id,
        (before) => {
          const after = changeState(before, change, now())
          return { after, who: change.who, what: after.state }
        },
        (before) => isOwnersChange(before, change)
      ),

    closeByHand: (id, by) =>
      step(id, (before) => ({
        after: closeByHand(before, by, now()),
        who: by.who,
        what: 'CLOSED_BY_HAND'
      })),

    setStartDeadline: (id, startDeadline) =>
      write(async (transaction) => {
        if (owner) await requireOwner(transaction, id, owner)
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

    holderOf: (taskName) => holderOf(db, taskName)
  }
}

/**
 * To the one whose place it was to take; when that one is over and never had an application, to the one before it. Only
 * while it is live, and nobody has the name meanwhile.
 */
async function giveNameBack(
  transaction: Writes,
  { replaces, taskName }: Submission
): Promise<void> {
  if (await holderOf(transaction, taskName)) return
  for (let id: string | null = replaces; id !== null; ) {
    const before = await transaction
      .selectFrom('submissions')
      .select(['is_live', 'replaces', 'application_id'])
      .where('id', '=', id)
      .executeTakeFirst()
    if (before?.is_live === 1) {
      await transaction
        .updateTable('submissions')
        .set({ live_name: taskName })
        .where('id', '=', id)
        .where('task_name', '=', taskName)
        .where('is_live', '=', 1)
        .execute()
    }
    if (!before || before.is_live === 1 || before.application_id !== null) return
    id = before.replaces
  }
}
