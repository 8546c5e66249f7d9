import { existsSync } from 'node:fs'
import type { Host } from '@scheduler-task/host-identity/host'
import { HOST_UNREACHABLE, type LauncherExit } from '../domain/launching.ts'
import type { Attempt, Submission } from '../domain/submission.ts'
import { sql } from './kysely.ts'
import type { SqlDatabase, Writes } from './sql-database.ts'
import { addEvent } from './sql-events.ts'
import { type Owner, requireLease } from './sql-ownership.ts'
import { attemptOf, submissionOf } from './sql-rows.ts'
import type { AttemptRow, SubmissionRow } from './sql-schema.ts'

/** Work that has become this instance's, as it stands in the store. */
export type Claim = Readonly<{
  submission: Submission
  /** Those whose launcher has not been seen to end. */
  open: readonly Attempt[]
  /** The host of an attempt of which nobody here can tell whether anything of it is left. */
  elsewhere: string | undefined
}>

export type Claims = Readonly<{
  /**
   * Takes work whose owner is gone, and work whose attempt is on this host while its owner is not; `limit` at most of
   * each. What runs on a host with a living instance is left to that. Throws `LeaseLost`.
   */
  claim: (self: Owner, limit: number) => Promise<Claim[]>
  /** Whether any of these is somebody else's by now: those that are. */
  lost: (self: Owner, submissionIds: readonly string[]) => Promise<string[]>
  /** Work of this instance whose end is wanted. */
  stopping: (self: Owner) => Promise<Submission[]>
  /** Proven on its host: nobody of it is left, and nothing of it will begin. */
  release: (attemptId: string) => Promise<void>
  /**
   * What follows for attempts from where this process runs: those of an earlier boot of this machine are released. Not
   * when the earlier boot was alive after this one had begun: then it is another machine with the same id. And those of
   * before hosts were written down are of the host where their directory is.
   */
  settleHost: (self: Owner) => Promise<void>
}>

const NEVER_BEGUN: LauncherExit = {
  kind: 'not-started',
  reason: 'the instance that had prepared it was gone before it was started'
}

export function createClaims(database: SqlDatabase, now: () => number = Date.now): Claims {
  const { db, write } = database

  return {
    claim: (self, limit) =>
      write(async (transaction) => {
        await requireLease(transaction, self)
        const rows = [
          ...(await ownerless(transaction, self.host, limit)),
          ...(await endedButOpen(transaction, self.host, limit)),
          ...(await ofThisHost(transaction, self, limit))
        ]
        if (rows.length === 0) return []
        return await take(transaction, rows, self, now())
      }),

    lost: async ({ token }, submissionIds) => {
      if (submissionIds.length === 0) return []
      const rows = await db
        .selectFrom('submissions')
        .select('id')
        .where('id', 'in', submissionIds)
        .where(({ eb, or }) => or([eb('owner_token', 'is', null), eb('owner_token', '!=', token)]))
        .execute()
      return rows.map(({ id }) => id)
    },

    stopping: async ({ token }) => {
      const rows = await db
        .selectFrom('submissions')
        .selectAll()
        .where('owner_token', '=', token)
        .where('is_live', '=', 1)
        .where('state', '=', 'STOPPING')
        .execute()
      return rows.map(submissionOf)
    },

    release: async (attemptId) => {
      await write((transaction) =>
        transaction
          .updateTable('attempts')
          .set({ released_at: now() })
          .where('id', '=', attemptId)
          .where('released_at', 'is', null)
          .execute()
      )
    },

    settleHost: async ({ token, host }) => {
      await nameHosts(database, host)
      const { machineId, bootId } = host
      if (machineId === '') return
      await write((transaction) =>
        sql`update attempts set released_at = ${now()}
          where released_at is null and host_machine_id = ${machineId} and host_boot_id <> ${bootId}
            and not exists (
              select from instances as before, instances as self
              where self.token = ${token} and before.machine_id = ${machineId}
                and before.boot_id = attempts.host_boot_id
                and (before.ended_at is null or before.renewed_at >= self.booted_at)
            )`.execute(transaction)
      )
    }
  }
}

async function nameHosts({ db, write }: SqlDatabase, host: Host): Promise<void> {
  const nameless = await db
    .selectFrom('attempts')
    .select(['id', 'directory'])
    .where('host_id', 'is', null)
    .where('ended_at', 'is', null)
    .execute()
  const here = nameless.filter(({ directory }) => existsSync(directory)).map(({ id }) => id)
  if (here.length === 0) return
  await write((transaction) =>
    transaction
      .updateTable('attempts')
      .set({ host_id: host.id, host_machine_id: host.machineId, host_boot_id: host.bootId })
      .where('id', 'in', here)
      .where('host_id', 'is', null)
      .execute()
  )
}

/** True for attempts that this host's own instances can answer for. */
const isHere = ({ id, machineId, bootId }: Host) =>
  sql`(a.host_id = ${id} and a.host_machine_id = ${machineId} and a.host_boot_id = ${bootId})`

const isOwned = sql`exists (
  select from instances as owner where owner.token = s.owner_token and owner.ended_at is null
)`

async function ownerless(transaction: Writes, host: Host, limit: number): Promise<SubmissionRow[]> {
  const { rows } = await sql<SubmissionRow>`
    select s.* from submissions as s
    where s.is_live = 1 and not ${isOwned} and not exists (
      select from attempts as a
      join instances as there on there.ended_at is null and there.host_id = a.host_id
        and there.machine_id = a.host_machine_id and there.boot_id = a.host_boot_id
      where a.submission_id = s.id and a.released_at is null and not ${isHere(host)}
    )
    order by s.accepted_at, s.id limit ${limit} for update of s skip locked`.execute(transaction)
  return rows
}

/** Over, and yet the end of a launcher on this host is still to be kept. */
async function endedButOpen(
  transaction: Writes,
  host: Host,
  limit: number
): Promise<SubmissionRow[]> {
  const { rows } = await sql<SubmissionRow>`
    select s.* from submissions as s
    where s.is_live = 0 and not ${isOwned} and s.id in (
      select a.submission_id from attempts as a where a.ended_at is null and ${isHere(host)}
    )
    order by s.accepted_at, s.id limit ${limit} for update of s skip locked`.execute(transaction)
  return rows
}

/** Owned by an instance that cannot see what runs here. */
async function ofThisHost(
  transaction: Writes,
  { host }: Owner,
  limit: number
): Promise<SubmissionRow[]> {
  const { rows } = await sql<SubmissionRow>`
    select s.* from submissions as s
    where s.is_live = 1 and s.id in (
      select a.submission_id from attempts as a where a.released_at is null and ${isHere(host)}
    ) and exists (
      select from instances as owner
      where owner.token = s.owner_token and owner.ended_at is null and not (
        owner.host_id = ${host.id} and owner.machine_id = ${host.machineId}
        and owner.boot_id = ${host.bootId}
      )
    )
    order by s.accepted_at, s.id limit ${limit} for update of s skip locked`.execute(transaction)
  return rows
}

async function take(
  transaction: Writes,
  rows: readonly SubmissionRow[],
  { token, host }: Owner,
  at: number
): Promise<Claim[]> {
  const ids = rows.map(({ id }) => id)
  await transaction
    .updateTable('submissions')
    .set({ owner_token: token })
    .where('id', 'in', ids)
    .execute()
  const attempts = await transaction
    .selectFrom('attempts')
    .selectAll()
    .where('submission_id', 'in', ids)
    .where(({ eb, or }) => or([eb('ended_at', 'is', null), eb('released_at', 'is', null)]))
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const claims: Claim[] = []
  for (const row of rows) {
    const its = attempts.filter((one) => one.submission_id === row.id)
    const away = its.filter((one) => one.released_at === null && isAway(one, host))
    if (row.state === 'ACCEPTED') await closeNeverBegun(transaction, away, at)
    const elsewhere = row.state === 'ACCEPTED' ? undefined : nameOf(away.at(-1))
    const waits = row.state === 'STOPPING' || row.application_id === null
    const after = await markReach(transaction, row, waits ? (elsewhere ?? null) : null, at)
    const open = its.filter(
      (one) => one.ended_at === null && !(row.state === 'ACCEPTED' && away.includes(one))
    )
    claims.push({
      submission: submissionOf(after),
      open: open.map(attemptOf),
      elsewhere: elsewhere ?? undefined
    })
  }
  return claims
}

function isAway(attempt: AttemptRow, { id, machineId, bootId }: Host): boolean {
  const { host_id, host_machine_id, host_boot_id } = attempt
  return host_id !== id || host_machine_id !== machineId || host_boot_id !== bootId
}

const nameOf = (attempt?: AttemptRow) => attempt && (attempt.host_id ?? 'unknown')

/** It would have been LAUNCHING before it was spawned, and who had prepared it cannot write that any more. */
async function closeNeverBegun(
  transaction: Writes,
  attempts: readonly AttemptRow[],
  at: number
): Promise<void> {
  if (attempts.length === 0) return
  await transaction
    .updateTable('attempts')
    .set({ exit: JSON.stringify(NEVER_BEGUN), ended_at: at, released_at: at })
    .where(
      'id',
      'in',
      attempts.map(({ id }) => id)
    )
    .execute()
}

/** Says in the record that only another host could tell more; or that this is over. */
async function markReach(
  transaction: Writes,
  row: SubmissionRow,
  elsewhere: string | null,
  at: number
): Promise<SubmissionRow> {
  const known = row.stale === HOST_UNREACHABLE
  if (row.is_live === 0 || known === (elsewhere !== null)) return row
  const reach =
    elsewhere === null
      ? { stale: null, stale_since: null }
      : { stale: HOST_UNREACHABLE, stale_since: at }
  await transaction.updateTable('submissions').set(reach).where('id', '=', row.id).execute()
  await addEvent(transaction, {
    submissionId: row.id,
    at,
    who: 'executor',
    what: elsewhere === null ? 'host-reached' : 'host-unreachable',
    detail:
      elsewhere === null
        ? null
        : `whether its launcher can still submit is known on host ${elsewhere} alone, where no instance is`
  })
  return { ...row, ...reach }
}
