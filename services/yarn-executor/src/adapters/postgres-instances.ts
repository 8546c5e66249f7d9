import type { Host } from '@scheduler-task/host-identity/host'
import type { Instances, Look, Membership } from '../domain/instances.ts'
import { type JobStore, LeaseLost } from '../domain/job-store.ts'
import type { Launching } from '../domain/launching.ts'
import { isOver } from '../domain/submission.ts'
import { createHostedLaunching } from './hosted-launching.ts'
import { createClaims } from './postgres-claims.ts'
import { createLeases, LEASE_MS } from './postgres-leases.ts'
import type { Reads, SqlDatabase } from './sql-database.ts'
import type { Owner } from './sql-ownership.ts'

const RENEW_EVERY_MS = 2000
const TRY_AGAIN_MS = 250
/** From the sending of the last renewal that went well: well before anybody else may take the lease for dead. */
const OWN_LIMIT_MS = LEASE_MS - 1500
const CHECK_EVERY_MS = 100
/** How much is taken in one transaction. */
const PART = 50
const WATCHER = 'watcher'
/** Whether this machine was started again shows at the beginning, or never. */
const SETTLE_EVERY = 10

export type InstancesOptions = Readonly<{
  database: SqlDatabase
  /** Connections for leases alone. */
  control: Reads
  inNameOf: (owner: Owner) => JobStore
  launching: Launching
  host: Host
  url?: string
}>

/** The processes that share a database of PostgreSQL. */
export function createInstances(options: InstancesOptions): Instances {
  const { database, control, inNameOf, launching: inner, host, url } = options
  const leases = createLeases(control)
  const claims = createClaims(database)
  let before: number | undefined

  async function join(): Promise<Membership> {
    const sentAt = performance.now()
    const token = await leases.take(host, url, before)
    before = token
    const lease = keepLease(sentAt, () => leases.renew(token))
    const owner: Owner = { token, host, isValid: () => !lease.lost.aborted && lease.isFresh() }
    let leading = false
    let looks = 0

    async function look(foreign: readonly string[]): Promise<Look> {
      if (looks++ % SETTLE_EVERY === 0) await claims.settleHost(owner)
      await leases.bury(owner)
      leading = await leases.lead(owner, WATCHER)
      const lost = await claims.lost(owner, foreign)
      const taken = await claims.claim(owner, PART)
      return {
        taken: {
          submissions: taken.map(({ submission }) => submission).filter((one) => !isOver(one)),
          // Nobody here can follow the others.
          attempts: taken.filter((one) => one.elsewhere === undefined).flatMap((one) => one.open)
        },
        foreign: taken.filter((one) => one.elsewhere !== undefined).map((one) => one.submission.id),
        lost,
        stopping: await claims.stopping(owner),
        more: taken.length >= PART
      }
    }

    return {
      store: inNameOf(owner),
      launching: createHostedLaunching(inner, {
        database,
        host,
        release: claims.release,
        requireLease: () => {
          if (!owner.isValid()) throw new LeaseLost(`the lease ${token} was not renewed in time`)
        }
      }),
      lost: lease.lost,
      leads: () => leading && owner.isValid(),
      look,
      end: async () => {
        lease.stop()
        await leases.end(token)
      }
    }
  }

  return { join, close: () => control.destroy() }
}

type Kept = Readonly<{ lost: AbortSignal; isFresh: () => boolean; stop: () => void }>

/**
 * Renews a lease until it is lost. By a clock that nobody can set; it goes on while the process is stopped, so that one
 * that returns knows by its first look that it is late.
 */
function keepLease(takenAt: number, renew: () => Promise<boolean>): Kept {
  const ended = new AbortController()
  let freshUntil = takenAt + OWN_LIMIT_MS
  let renewing = false
  let renewAt = takenAt + RENEW_EVERY_MS

  const isFresh = () => performance.now() < freshUntil
  const lose = (why: string) => {
    clearInterval(timer)
    ended.abort(new LeaseLost(why))
  }

  async function renewNow(): Promise<void> {
    renewing = true
    const sentAt = performance.now()
    try {
      if (await renew()) {
        // An answer that comes late counts from when it was asked for.
        if (isFresh()) freshUntil = sentAt + OWN_LIMIT_MS
        renewAt = sentAt + RENEW_EVERY_MS
      } else lose('another instance has declared the lease dead')
    } catch {
      renewAt = performance.now() + TRY_AGAIN_MS
    } finally {
      renewing = false
    }
  }

  const timer = setInterval(() => {
    if (!isFresh()) lose('the lease could not be renewed in time')
    else if (!renewing && performance.now() >= renewAt) void renewNow()
  }, CHECK_EVERY_MS)
  timer.unref()

  return {
    lost: ended.signal,
    isFresh,
    stop: () => {
      clearInterval(timer)
      freshUntil = 0
    }
  }
}
