import { createHash } from 'node:crypto'
import { type JobStore, MAX_CONFIG_BYTES } from '../domain/job-store.ts'
import type { SqlDatabase, Writes } from './sql-database.ts'

/** Keeps the bytes of a digest. That they are used now holds off their removal. */
export async function keepConfig(
  transaction: Writes,
  { digest, bytes, usedAt }: { digest: string; bytes: Uint8Array; usedAt: number }
): Promise<void> {
  if (bytes.byteLength > MAX_CONFIG_BYTES) {
    throw new RangeError(`a config of ${bytes.byteLength} bytes is not kept`)
  }
  const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  if (actual !== digest) throw new Error(`the digest ${digest} is not that of the bytes: ${actual}`)
  await transaction
    .insertInto('configs')
    .values({ digest, bytes, used_at: usedAt })
    .onConflict((conflict) => conflict.column('digest').doUpdateSet({ used_at: usedAt }))
    .execute()
}

export function sqlConfigs({ db }: SqlDatabase): Pick<JobStore, 'config'> {
  return {
    config: async (digest) => {
      const row = await db
        .selectFrom('configs')
        .select('bytes')
        .where('digest', '=', digest)
        .executeTakeFirst()
      return row && new Uint8Array(row.bytes)
    }
  }
}
