import {
  type JobStore,
  type Kept,
  KeyReused,
  NameTaken,
  type NewSubmission,
  type OncePerKey
} from '../domain/job-store.ts'
import type { Submission } from '../domain/submission.ts'
import { keepConfig } from './sql-configs.ts'
import type { Reads, SqlDatabase, SqlKind, Writes } from './sql-database.ts'
import { addEvent } from './sql-events.ts'
import { type Owner, requireLease } from './sql-ownership.ts'
import { newSubmissionRow, submissionOf } from './sql-rows.ts'

/** How often a name may change hands between the attempt to take it and the look at who has it. */
const ATTEMPTS = 20

type Asked = Readonly<{ submission: NewSubmission; kept?: Kept; once?: OncePerKey }>
type Answer = Readonly<{ submission: Submission; first: boolean }>

export function sqlAcceptance(
  { kind, db, write }: SqlDatabase,
  now: () => number,
  owner?: Owner
): Pick<JobStore, 'accept' | 'acceptOnce' | 'acceptedWith'> {
  async function decided(asked: Asked): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await write((transaction) => accept(transaction, { kind, owner }, asked, now()))
      } catch (error) {
        if (!(error instanceof TakenMeanwhile) || attempt === ATTEMPTS) throw error
      }
    }
  }

  return {
    accept: async (submission, kept = {}) => (await decided({ submission, kept })).submission,
    acceptOnce: (submission, once, kept = {}) => decided({ submission, once, kept }),
    acceptedWith: (owner, once) => withKey(db, owner, once)
  }
}

/** A unique index has refused, and nobody was seen who stood in the way: look again. */
class TakenMeanwhile extends Error {
  override readonly name = 'TakenMeanwhile'
}

async function accept(
  transaction: Writes,
  { kind, owner }: { kind: SqlKind; owner: Owner | undefined },
  { submission, kept, once }: Asked,
  acceptedAt: number
): Promise<Answer> {
  const holder = await holderOf(transaction, submission.taskName)
  // In this order: when it is the earlier one that holds the name, it is found by its key as well.
  const earlier = once && (await withKey(transaction, submission.owner, once))
  if (earlier) return { submission: earlier, first: false }
  if (holder && holder.id !== submission.replaces) throw new NameTaken(holder)
  if (submission.replaces !== null) {
    await takeOver(transaction, kind, submission.replaces, submission.taskName)
  }
  if (owner) await requireLease(transaction, owner)
  const row = newSubmissionRow(submission, acceptedAt, once, owner)
  const written = await transaction
    .insertInto('submissions')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  // The looks before are for the answer; it is the indexes that decide.
  if (!written) throw new TakenMeanwhile(`${submission.taskName} was taken meanwhile`)
  if (kept?.config) {
    const { config: bytes } = kept
    await keepConfig(transaction, { digest: row.config_digest, bytes, usedAt: acceptedAt })
  }
  await addEvent(transaction, {
    submissionId: row.id,
    at: row.accepted_at,
    who: row.owner,
    what: 'ACCEPTED',
    detail: row.replaces === null ? null : `in place of submission ${row.replaces}`
  })
  return { submission: submissionOf(row), first: true }
}

async function withKey(
  transaction: Reads | Writes,
  owner: string,
  { key, bodyDigest }: OncePerKey
): Promise<Submission | undefined> {
  const row = await transaction
    .selectFrom('submissions')
    .selectAll()
    .where('owner', '=', owner)
    .where('idempotency_key', '=', key)
    .executeTakeFirst()
  if (!row) return undefined
  if (row.request_digest !== bodyDigest) throw new KeyReused(submissionOf(row))
  return submissionOf(row)
}

/** The name passes over; and what is replaced is not removed any more. */
async function takeOver(
  transaction: Writes,
  kind: SqlKind,
  replaced: string,
  taskName: string
): Promise<void> {
  if (kind === 'postgresql') {
    const held = transaction.selectFrom('submissions').select('id').where('id', '=', replaced)
    await held.forUpdate().execute()
  }
  await transaction
    .updateTable('submissions')
    .set({ live_name: null })
    .where('id', '=', replaced)
    .where('live_name', '=', taskName)
    .execute()
}

export async function holderOf(
  database: Reads | Writes,
  name: string
): Promise<Submission | undefined> {
  const row = await database
    .selectFrom('submissions')
    .selectAll()
    .where('live_name', '=', name)
    .executeTakeFirst()
  return row && submissionOf(row)
}
