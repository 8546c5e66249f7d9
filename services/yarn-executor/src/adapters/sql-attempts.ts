import type { JobStore } from '../domain/job-store.ts'
import { keepConfig } from './sql-configs.ts'
import type { SqlDatabase } from './sql-database.ts'
import { addEvent } from './sql-events.ts'
import { type Owner, requireOwner } from './sql-ownership.ts'
import { attemptOf, newAttemptRow } from './sql-rows.ts'

type Attempts = Pick<
  JobStore,
  'addAttempt' | 'attemptStarted' | 'attemptEnded' | 'attemptOf' | 'attemptsOf' | 'openAttempts'
>

export function sqlAttempts(
  { db, write }: SqlDatabase,
  now: () => number,
  owner?: Owner
): Attempts {
  return {
    addAttempt: (attempt, { config } = {}) =>
      write(async (transaction) => {
        const row = newAttemptRow(attempt, now(), owner)
        if (owner) {
          await requireOwner(transaction, attempt.submissionId, owner)
          // Whoever makes another one has proven that nothing will come of those before.
          await transaction
            .updateTable('attempts')
            .set({ released_at: row.created_at })
            .where('submission_id', '=', attempt.submissionId)
            .where('released_at', 'is', null)
            .execute()
        }
        await transaction.insertInto('attempts').values(row).execute()
        if (config) {
          const kept = { digest: row.rendered_digest, bytes: config, usedAt: row.created_at }
          await keepConfig(transaction, kept)
        }
        return attemptOf(row)
      }),

    attemptStarted: (id, { pid, startTime, bootId }) =>
      write(async (transaction) => {
        const { submission_id: submissionId } = await transaction
          .updateTable('attempts')
          .set({ pid, process_start_time: startTime, boot_id: bootId })
          .where('id', '=', id)
          .returning('submission_id')
          .executeTakeFirstOrThrow()
        const event = { submissionId, at: now(), who: 'executor', what: 'launcher-started' }
        await addEvent(transaction, { ...event, detail: `process ${pid}` })
      }),

    attemptEnded: (id, exit, failure) =>
      write(async (transaction) => {
        const at = now()
        const attempt = await transaction
          .updateTable('attempts')
          .set({
            exit: JSON.stringify(exit),
            failure: failure ? JSON.stringify(failure) : null,
            ended_at: at
          })
          .where('id', '=', id)
          .where('ended_at', 'is', null)
          .returning('submission_id')
          .executeTakeFirst()
        if (!attempt) return undefined
        const event = { submissionId: attempt.submission_id, at, who: 'executor' }
        const detail = JSON.stringify(exit)
        await addEvent(transaction, { ...event, what: 'launcher-ended', detail })
        return attempt.submission_id
      }),

    attemptOf: async (submissionId) => {
      const row = await db
        .selectFrom('attempts')
        .selectAll()
        .where('submission_id', '=', submissionId)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .executeTakeFirst()
      return row && attemptOf(row)
    },

    attemptsOf: async (submissionId) => {
      const rows = await db
        .selectFrom('attempts')
        .selectAll()
        .where('submission_id', '=', submissionId)
        .orderBy('created_at')
        .orderBy('id')
        .execute()
      return rows.map(attemptOf)
    },

    openAttempts: async () => {
      const rows = await db
        .selectFrom('attempts')
        .selectAll()
        .where('ended_at', 'is', null)
        .orderBy('created_at')
        .execute()
      return rows.map(attemptOf)
    }
  }
}
