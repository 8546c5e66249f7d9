import { randomBytes } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { type JobStore, NameTaken } from '../domain/job-store.ts'
import { changeState, type Submission } from '../domain/submission.ts'
import {
  attemptOf,
  changedColumns,
  newAttemptRow,
  newSubmissionRow,
  submissionOf
} from './sql-rows.ts'
import type { JobTables } from './sql-schema.ts'

type Database = Kysely<JobTables> | Transaction<JobTables>

/** More than this many ids do not fit into one statement everywhere. */
const IDS_IN_A_STATEMENT = 500

/**
 * The store in SQL, whichever database is behind `db`; its tables are there already (`migrate`). `now` is the clock.
 */
export function createSqlJobStore(db: Kysely<JobTables>, now: () => number = Date.now): JobStore {
  const inTransaction = <T>(work: (transaction: Transaction<JobTables>) => Promise<T>) =>
    db.transaction().execute(work)

  async function addEvent(
    database: Database,
    event: { submissionId: string; at: number; who: string; what: string; detail: string | null }
  ): Promise<void> {
    const { submissionId, ...rest } = event
    await database
      .insertInto('events')
      .values({ submission_id: submissionId, ...rest })
      .execute()
  }

  async function holderOf(database: Database, name: string): Promise<Submission | undefined> {
    const row = await database
      .selectFrom('submissions')
      .selectAll()
      .where('live_name', '=', name)
      .executeTakeFirst()
    return row && submissionOf(row)
  }

  async function find(database: Database, id: string): Promise<Submission | undefined> {
    const row = await database
      .selectFrom('submissions')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst()
    return row && submissionOf(row)
  }

  return {
    installationId: () =>
      inTransaction(async (transaction) => {
        const known = await transaction.selectFrom('installation').select('id').executeTakeFirst()
        if (known) return known.id
        const id = randomBytes(8).toString('hex')
        await transaction.insertInto('installation').values({ id, created_at: now() }).execute()
        return id
      }),

    accept: (submission) =>
      inTransaction(async (transaction) => {
        const holder = await holderOf(transaction, submission.taskName)
        if (holder && holder.id !== submission.replaces) throw new NameTaken(holder)
        if (holder) {
          await transaction
            .updateTable('submissions')
            .set({ live_name: null })
            .where('id', '=', holder.id)
            .execute()
        }
        const row = newSubmissionRow(submission, now())
        await transaction.insertInto('submissions').values(row).execute()
        await addEvent(transaction, {
          submissionId: row.id,
          at: row.accepted_at,
          who: row.owner,
          what: 'ACCEPTED',
          detail: row.replaces === null ? null : `in place of submission ${row.replaces}`
        })
        return submissionOf(row)
      }),

    change: (id, change) =>
      inTransaction(async (transaction) => {
        const before = await find(transaction, id)
        if (!before) throw new Error(`there is no submission ${id}`)
        const after = changeState(before, change, now())
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

    note: (event) => addEvent(db, { ...event, at: now() }),

    setStartDeadline: async (id, startDeadline) => {
      await db
        .updateTable('submissions')
        .set({ start_deadline: startDeadline })
        .where('id', '=', id)
        .execute()
    },

    find: (id) => find(db, id),

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
    },

    events: async (submissionId) => {
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('submission_id', '=', submissionId)
        .orderBy('id')
        .execute()
      return rows.map(({ at, who, what, detail }) => ({ submissionId, at, who, what, detail }))
    },

    observe: (seen) =>
      inTransaction(async (transaction) => {
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
      inTransaction(async (transaction) => {
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
      }),

    addAttempt: async (attempt) => {
      const row = newAttemptRow(attempt, now())
      await db.insertInto('attempts').values(row).execute()
      return attemptOf({ ...row, ...NOT_STARTED_YET })
    },

    attemptStarted: (id, { pid, startTime, bootId }) =>
      inTransaction(async (transaction) => {
        const { submission_id: submissionId } = await transaction
          .updateTable('attempts')
          .set({ pid, process_start_time: startTime, boot_id: bootId })
          .where('id', '=', id)
          .returning('submission_id')
          .executeTakeFirstOrThrow()
        const event = { submissionId, at: now(), who: 'executor', what: 'launcher-started' }
        await addEvent(transaction, { ...event, detail: `process ${pid}` })
      }),

    attemptEnded: (id, exit) =>
      inTransaction(async (transaction) => {
        const at = now()
        const attempt = await transaction
          .updateTable('attempts')
          .set({ exit: JSON.stringify(exit), ended_at: at })
          .where('id', '=', id)
          .where('ended_at', 'is', null)
          .returning('submission_id')
          .executeTakeFirst()
        if (!attempt) return
        const event = { submissionId: attempt.submission_id, at, who: 'executor' }
        const detail = JSON.stringify(exit)
        await addEvent(transaction, { ...event, what: 'launcher-ended', detail })
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

    openAttempts: async () => {
      const rows = await db
        .selectFrom('attempts')
        .selectAll()
        .where('ended_at', 'is', null)
        .orderBy('created_at')
        .execute()
      return rows.map(attemptOf)
    },

    ping: async () => {
      await db.selectFrom('installation').select('id').executeTakeFirst()
    },
    close: () => db.destroy()
  }
}

const NOT_STARTED_YET = {
  pid: null,
  process_start_time: null,
  boot_id: null,
  exit: null,
  ended_at: null
}
