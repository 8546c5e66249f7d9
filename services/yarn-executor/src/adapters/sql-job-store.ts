import { randomBytes } from 'node:crypto'
import type { JobStore } from '../domain/job-store.ts'
import { type ChangeFeed, createChangeFeed } from './change-feed.ts'
import { sql } from './kysely.ts'
import { sqlAcceptance } from './sql-acceptance.ts'
import { sqlApplicationStops } from './sql-application-stops.ts'
import { sqlAttempts } from './sql-attempts.ts'
import { sqlConfigs } from './sql-configs.ts'
import type { SqlDatabase } from './sql-database.ts'
import { sqlEvents } from './sql-events.ts'
import { sqlList } from './sql-list.ts'
import { sqlLive } from './sql-live.ts'
import { sqlObservations } from './sql-observations.ts'
import { sqlOutcomes } from './sql-outcomes.ts'
import type { Owner } from './sql-ownership.ts'
import { sqlRetention } from './sql-retention.ts'
import { sqlSubmissions } from './sql-submissions.ts'

/** The store in SQL, whichever database it is; its tables are there already. `now` is the clock. */
export function createSqlJobStore(given: SqlDatabase, now: () => number = Date.now): JobStore {
  return storeOn(given, createChangeFeed(given), now)
}

/** The same for one of several processes: what it concludes is written in the name of a lease, or not at all. */
export function createSharedJobStore(
  given: SqlDatabase,
  now: () => number = Date.now
): JobStore & Readonly<{ inNameOf: (owner: Owner) => JobStore }> {
  const feed = createChangeFeed(given)
  return {
    ...storeOn(given, feed, now),
    inNameOf: (owner) => storeOn(given, feed, now, owner)
  }
}

function storeOn(given: SqlDatabase, feed: ChangeFeed, now: () => number, owner?: Owner): JobStore {
  const database: SqlDatabase = {
    ...given,
    write: async (work) => {
      const result = await given.write(work)
      feed.announce()
      return result
    }
  }
  const { kind, db, write } = database
  return {
    ...sqlAcceptance(database, now, owner),
    ...sqlSubmissions(database, now, owner),
    ...sqlOutcomes(database, now),
    ...sqlLive(database),
    ...sqlList(database),
    ...sqlConfigs(database),
    ...sqlAttempts(database, now, owner),
    ...sqlEvents(given, now, feed.announce),
    ...sqlObservations(database, now),
    ...sqlRetention(database),
    ...sqlApplicationStops(database, now),
    onChange: feed.onChange,

    installationId: () =>
      write(async (transaction) => {
        if (kind === 'postgresql') await sql`lock table installation`.execute(transaction)
        const known = await transaction.selectFrom('installation').select('id').executeTakeFirst()
        if (known) return known.id
        const id = randomBytes(8).toString('hex')
        await transaction.insertInto('installation').values({ id, created_at: now() }).execute()
        return id
      }),

    ping: async () => {
      await given.ready?.()
      await db.selectFrom('installation').select('id').executeTakeFirst()
    },
    close: async () => {
      await feed.close()
      await given.close()
    }
  }
}
