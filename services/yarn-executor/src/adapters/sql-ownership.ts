import type { Host } from '@scheduler-task/host-identity/host'
import { LeaseLost } from '../domain/job-store.ts'
import type { StateChange, Submission } from '../domain/submission.ts'
import type { Writes } from './sql-database.ts'

/** In whose name something is written: a lease, and where its holder runs. */
export type Owner = Readonly<{
  token: number
  host: Host
  /** False once its holder could not renew it in time, whatever the database still says. */
  isValid: () => boolean
}>

/**
 * Holds the lease until the transaction ends: nobody can declare it dead meanwhile (which takes the row's strongest lock;
 * renewing does not get in the way).
 * @throws LeaseLost
 */
export async function requireLease(transaction: Writes, owner: Owner): Promise<void> {
  const { token, isValid } = owner
  if (!isValid()) throw new LeaseLost(`the lease ${token} was not renewed in time`)
  const alive = await transaction
    .selectFrom('instances')
    .select('token')
    .where('token', '=', token)
    .where('ended_at', 'is', null)
    .forKeyShare()
    .executeTakeFirst()
  if (!alive) throw new LeaseLost(`the lease ${token} has ended`)
}

/**
 * The same, and that the work for a submission is the owner's. The submission's row stays locked.
 * @throws LeaseLost
 */
export async function requireOwner(
  transaction: Writes,
  submissionId: string,
  owner: Owner
): Promise<void> {
  const row = await transaction
    .selectFrom('submissions')
    .select('owner_token')
    .where('id', '=', submissionId)
    .forUpdate()
    .executeTakeFirst()
  if (row?.owner_token !== owner.token) {
    throw new LeaseLost(`submission ${submissionId} is the work of ${row?.owner_token ?? 'nobody'}`)
  }
  await requireLease(transaction, owner)
}

/**
 * What only the owner may write: what it concludes from launching and stopping. A user's wish, and what the
 * ResourceManager says of an application, is true whoever writes it.
 */
export function isOwnersChange({ state }: Submission, { to, who }: StateChange): boolean {
  const launching = to === 'LAUNCHING' || to === 'SUBMITTED' || to === 'REJECTED'
  return launching || state === 'STOPPING' || who === 'executor'
}
