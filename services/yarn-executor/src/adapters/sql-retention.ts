import type { JobStore } from '../domain/job-store.ts'
import type { SqlDatabase, Writes } from './sql-database.ts'

/** More than this many are left to the next call: a statement has no room for more. */
const MOST_AT_ONCE = 500

export function sqlRetention({
  kind,
  db,
  write
}: SqlDatabase): Pick<JobStore, 'removeEndedBefore' | 'knownAttempts'> {
  return {
    knownAttempts: async (given) => {
      if (given.length === 0) return []
      const rows = await db.selectFrom('attempts').select('id').where('id', 'in', given).execute()
      return ids(rows)
    },

    removeEndedBefore: (time, limit) =>
      write(async (transaction) => {
        const ended = await transaction
          .selectFrom('submissions as ended')
          .select(['ended.id', 'ended.config_digest'])
          .where('ended.is_live', '=', 0)
          .where('ended.changed_at', '<', time)
          .where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('attempts')
                  .select('attempts.id')
                  .whereRef('attempts.submission_id', '=', 'ended.id')
                  .where('attempts.ended_at', 'is', null)
              )
            )
          )
          .where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('submissions as heir')
                  .select('heir.id')
                  .whereRef('heir.replaces', '=', 'ended.id')
                  .where('heir.is_live', '=', 1)
              )
            )
          )
          .orderBy('ended.changed_at')
          .limit(Math.min(limit, MOST_AT_ONCE))
          .$if(kind === 'postgresql', (query) => query.forUpdate().skipLocked())
          .execute()
        if (ended.length === 0) return { submissionIds: [], directories: [] }

        const attempts = await transaction
          .selectFrom('attempts')
          .select(['submission_id', 'directory', 'rendered_digest'])
          .where('submission_id', 'in', ids(ended))
          .execute()
        const gone = await remove(transaction, ids(ended))
        const digests = [
          ...ended.filter(({ id }) => gone.has(id)).map((one) => one.config_digest),
          ...attempts.map((one) => one.rendered_digest)
        ]
        await removeConfigs(transaction, digests, time)
        const directories = attempts.filter((one) => gone.has(one.submission_id))
        return { submissionIds: [...gone], directories: directories.map((one) => one.directory) }
      })
  }
}

const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id)

/** Looks once more for heirs: one may have been accepted before the rows were locked. Attempts and events go along. */
async function remove(transaction: Writes, submissionIds: string[]): Promise<Set<string>> {
  const removed = await transaction
    .deleteFrom('submissions')
    .where('id', 'in', submissionIds)
    .where('id', 'not in', ({ selectFrom }) =>
      selectFrom('submissions as heir')
        .select('heir.replaces')
        .where('heir.is_live', '=', 1)
        .where('heir.replaces', 'is not', null)
        .$castTo<{ replaces: string }>()
    )
    .returning('id')
    .execute()
  return new Set(ids(removed))
}

/** Those that nobody names; one that was used lately is about to be named. */
async function removeConfigs(
  transaction: Writes,
  digests: readonly string[],
  time: number
): Promise<void> {
  await transaction
    .deleteFrom('configs')
    .where('digest', 'in', [...new Set(digests)])
    .where('used_at', '<', time)
    .where('digest', 'not in', ({ selectFrom }) =>
      selectFrom('submissions').select('config_digest').where('config_digest', 'in', digests)
    )
    .where('digest', 'not in', ({ selectFrom }) =>
      selectFrom('attempts').select('rendered_digest').where('rendered_digest', 'in', digests)
    )
    .execute()
}
