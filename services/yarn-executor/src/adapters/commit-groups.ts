import { sql } from './kysely.ts'
import type { Reads, SqlDatabase, Writes } from './sql-database.ts'

type Pending = {
  work: (transaction: Writes) => Promise<unknown>
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

/** A group holds up everything else in this process for about as long, and its members for the commit. */
const GROUP_MS = 10
const GROUP_SIZE = 500

/**
 * Writes that come at the same time share one transaction, hence one wait for the disk. Each has a savepoint of its own:
 * one that fails takes nothing of the others along. Nobody is told anything before the commit, of a failure either:
 * what it was refused for may not be on the disk yet.
 */
export function groupCommits(db: Reads): Pick<SqlDatabase, 'write' | 'close'> {
  const waiting: Pending[] = []
  let running: Promise<void> | undefined

  async function commitAll(): Promise<void> {
    while (waiting.length > 0) {
      // Whatever else is written in this turn of the event loop comes along.
      await new Promise((resolve) => setImmediate(resolve))
      await commitGroup()
    }
    running = undefined
  }

  async function commitGroup(): Promise<void> {
    const members: Pending[] = []
    const tell: (() => void)[] = []
    try {
      await db.transaction().execute(async (transaction) => {
        const endsAt = performance.now() + GROUP_MS
        for (;;) {
          const member = waiting.shift()
          if (!member) break
          members.push(member)
          tell.push(await attempt(transaction, member))
          if (members.length >= GROUP_SIZE || performance.now() > endsAt) break
        }
      })
    } catch {
      // The database has given up the whole transaction, on a full disk for one: each has to see for itself.
      if (members.length === 0) members.push(...waiting.splice(0, 1))
      for (const member of members) await alone(member)
      return
    }
    for (const one of tell) one()
  }

  async function alone({ work, resolve, reject }: Pending): Promise<void> {
    await db.transaction().execute(work).then(resolve, reject)
  }

  return {
    write: <T>(work: (transaction: Writes) => Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        waiting.push({ work, resolve: resolve as Pending['resolve'], reject })
        running ??= commitAll()
      }),
    close: async () => {
      await running
      await db.destroy()
    }
  }
}

/** Answers how the member is to be told. Throws when the transaction as a whole is gone. */
async function attempt(
  transaction: Writes,
  { work, resolve, reject }: Pending
): Promise<() => void> {
  await sql`savepoint member`.execute(transaction)
  try {
    const value = await work(transaction)
    await sql`release member`.execute(transaction)
    return () => resolve(value)
  } catch (error) {
    await sql`rollback to member`.execute(transaction)
    await sql`release member`.execute(transaction)
    return () => reject(error)
  }
}
