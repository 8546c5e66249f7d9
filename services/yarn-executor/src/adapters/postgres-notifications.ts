import { randomBytes } from 'node:crypto'
import type * as postgres from 'pg'
import { sql } from './kysely.ts'
import type { OtherInstances, Reads } from './sql-database.ts'

const CHANNEL = 'scheduler_task_changes'
const RECONNECT_MS = 1000
/** A notification that got lost, with its sender or its connection, is made up for by then. */
const LOOK_ANYWAY_MS = 2000

/**
 * News between the instances on one database. They are sent after the commit, on their own: a NOTIFY within each
 * transaction would make all commits wait for each other. They say only that there is something to read.
 */
export function createNotifications(db: Reads, connect: () => postgres.Client): OtherInstances {
  const self = randomBytes(8).toString('hex')
  let sending: Promise<void> | undefined
  let again = false

  async function send(): Promise<void> {
    do {
      again = false
      // One that cannot be sent is not missed for long: the others look anyway.
      await sql`select pg_notify(${CHANNEL}, ${self})`.execute(db).catch(() => {})
    } while (again)
    sending = undefined
  }

  return {
    tell: () => {
      again = true
      sending ??= send()
    },
    listen: (news) => listen(connect, (from) => from !== self && news()),
    close: async () => {
      await sending
    }
  }
}

function listen(
  connect: () => postgres.Client,
  news: (from: string | undefined) => void
): { stop: () => void } {
  let stopped = false
  let client: postgres.Client | undefined
  let reconnect: NodeJS.Timeout | undefined
  const look = setInterval(news, LOOK_ANYWAY_MS, undefined)
  look.unref()

  function later(): void {
    if (stopped || reconnect) return
    void client?.end().catch(() => {})
    reconnect = setTimeout(begin, RECONNECT_MS * (0.5 + Math.random()))
    reconnect.unref()
  }

  function begin(): void {
    reconnect = undefined
    const own = connect()
    client = own
    own.on('error', () => own === client && later())
    own.on('end', () => own === client && later())
    own.on('notification', ({ payload }) => news(payload))
    own
      .connect()
      .then(() => own.query(`listen ${CHANNEL}`))
      .then(() => news(undefined), later)
  }

  begin()
  return {
    stop: () => {
      stopped = true
      clearInterval(look)
      clearTimeout(reconnect)
      void client?.end().catch(() => {})
    }
  }
}
