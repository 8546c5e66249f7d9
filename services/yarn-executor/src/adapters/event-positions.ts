import { sql } from './kysely.ts'
import type { SqlDatabase } from './sql-database.ts'

/**
 * Gives each event that is committed its position. Ids do not do for that on PostgreSQL: an earlier one may become
 * visible after a later one was read. Who gives positions holds the counter's row until its own commit, so that they
 * become visible in their order; whoever writes events waits for nobody.
 */
export async function givePositions({ db, write }: SqlDatabase): Promise<void> {
  const waiting = db.selectFrom('events').select('id').where('position', 'is', null).limit(1)
  if (!(await waiting.executeTakeFirst())) return
  await write(async (transaction) => {
    const { last } = await transaction
      .selectFrom('event_counter')
      .select('last')
      .forUpdate()
      .executeTakeFirstOrThrow()
    // A statement of its own, hence a look of its own at what is committed: the wait for the row is over by then.
    const given = await sql<{ position: number }>`
      update events set position = ${last}::bigint + numbered.place
      from (select id, row_number() over (order by id) as place from events where position is null) as numbered
      where events.id = numbered.id
      returning events.position`.execute(transaction)
    await transaction
      .updateTable('event_counter')
      .set({ last: last + given.rows.length })
      .execute()
  })
}
