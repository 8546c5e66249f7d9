import type { Host } from '@scheduler-task/host-identity/host'
import { isAlive } from '@scheduler-task/host-identity/process-identity'
import { sql } from './kysely.ts'
import type { Reads } from './sql-database.ts'
import type { Owner } from './sql-ownership.ts'

/** A lease that was not renewed for so long may be declared dead by any other instance. */
export const LEASE_MS = 6000

/** How long the rows of ended leases are kept beyond what they are needed for. */
const KEPT = sql.raw("interval '1 day'")

/** The leases of the processes on one database. Time is the database's. */
export type Leases = Readonly<{
  /** A new lease, with a token that is higher than all before; `before` ends with it. */
  take: (host: Host, url: string | undefined, before?: number) => Promise<number>
  /** False: it was declared dead. */
  renew: (token: number) => Promise<boolean>
  /** Whoever waits for its work may take it at once. */
  end: (token: number) => Promise<void>
  /**
   * Declares leases dead: those that were not renewed in time, and those of processes of this host that are gone. From
   * then on nothing is written in their name; one that writes at this very moment is left for the next time.
   */
  bury: (self: Owner) => Promise<void>
  /** True when `self` is, or has become, the one that does what one does for all. */
  lead: (self: Owner, name: string) => Promise<boolean>
}>

/** `db` is asked for nothing else, so that no lease is lost for lack of a connection. */
export function createLeases(db: Reads): Leases {
  const endNow = async (database: Reads, token: number) => {
    // The lock that the owner's own writes hold out against; an update alone would not wait for them.
    await sql`select from instances where token = ${token} for update`.execute(database)
    await sql`update instances set ended_at = clock_timestamp()
      where token = ${token} and ended_at is null`.execute(database)
  }

  async function goneFromHere({ token, host }: Owner): Promise<number[]> {
    const { rows } = await sql<{ token: number; pid: number; process_start_time: string }>`
      select token, pid, process_start_time from instances
      where ended_at is null and token <> ${token} and host_id = ${host.id}
        and boot_id = ${host.bootId} and machine_id = ${host.machineId} and pid_namespace = ${host.pidNamespace}`.execute(
      db
    )
    const { bootId } = host
    const gone = rows.filter(
      ({ pid, process_start_time: startTime }) => !isAlive({ pid, startTime, bootId })
    )
    return gone.map((row) => row.token)
  }

  return {
    take: (host, url, before) =>
      db.transaction().execute(async (transaction) => {
        if (before !== undefined) await endNow(transaction, before)
        const { rows } = await sql<{ token: number }>`
          insert into instances (host_id, machine_id, boot_id, pid_namespace, pid, process_start_time, url,
            booted_at, started_at, renewed_at)
          values (${host.id}, ${host.machineId}, ${host.bootId}, ${host.pidNamespace}, ${host.process.pid},
            ${host.process.startTime}, ${url ?? null},
            clock_timestamp() - make_interval(secs => ${host.uptimeSeconds}), clock_timestamp(), clock_timestamp())
          returning token`.execute(transaction)
        return Number(rows[0]?.token)
      }),

    renew: async (token) => {
      const { rows } = await sql`update instances set renewed_at = clock_timestamp()
        where token = ${token} and ended_at is null returning token`.execute(db)
      return rows.length === 1
    },

    end: (token) => db.transaction().execute((transaction) => endNow(transaction, token)),

    bury: async (self) => {
      const gone = await goneFromHere(self)
      await sql`with dead as (
          select token from instances
          where ended_at is null and token <> ${self.token} and (
            renewed_at < clock_timestamp() - make_interval(secs => ${LEASE_MS / 1000})
            or token = any(${gone}::bigint[])
          )
          for update skip locked
        )
        update instances set ended_at = clock_timestamp() from dead where instances.token = dead.token`.execute(
        db
      )
      await forgetOld(db)
    },

    lead: async ({ token }, name) => {
      const { rows } = await sql<{ token: number; alive: boolean }>`
        select leaders.token, exists (
          select from instances where instances.token = leaders.token and ended_at is null
        ) as alive from leaders where name = ${name}`.execute(db)
      const [leader] = rows
      if (leader?.alive) return leader.token === token
      const taken = await sql`
        insert into leaders (name, token)
        select ${name}, token from instances where token = ${token} and ended_at is null
        on conflict (name) do update set token = excluded.token
        where not exists (
          select from instances where instances.token = leaders.token and ended_at is null
        )
        returning token`.execute(db)
      return taken.rows.length === 1
    }
  }
}

/** Rows of ended leases; one that may yet tell whether a machine was started again is kept. */
async function forgetOld(db: Reads): Promise<void> {
  await sql`delete from instances
    where ended_at < clock_timestamp() - ${KEPT}
      and not exists (
        select from submissions where owner_token = instances.token and is_live = 1
      )
      and not exists (
        select from attempts where released_at is null
          and host_machine_id = instances.machine_id and host_boot_id = instances.boot_id
      )`.execute(db)
}
