import { sql } from './kysely.ts'
import type { SqlDatabase } from './sql-database.ts'

/** So many are asked at most. */
const MOST = 5

/** Where the living instances on a host are reached, by its id; those that have said it. */
export function createInstanceUrls({ db }: Pick<SqlDatabase, 'db'>) {
  return async (hostId: string): Promise<readonly string[]> => {
    const { rows } = await sql<{ url: string }>`
      select url from instances
      where host_id = ${hostId} and ended_at is null and url is not null
      order by token desc limit ${MOST}`.execute(db)
    return rows.map(({ url }) => url)
  }
}
