import { setMaxListeners } from 'node:events'
import type { Authenticator } from '@scheduler-task/auth/authenticator'
import { pino } from 'pino'
import type { Test } from 'tap'
import { createLogSpools } from '../../src/adapters/log-spools.ts'
import { createJobLogs } from '../../src/domain/job-logs.ts'
import { createLogFollowing } from '../../src/domain/log-following.ts'
import type { LogSpool } from '../../src/domain/log-spool.ts'
import { type LogRoutesOptions, logRoutes } from '../../src/http/v2/log-routes.ts'
import { serveStreams } from './event-streams.ts'
import { newSubmission } from './job-store-contract.ts'
import { openStore } from './sqlite-store.ts'

export type LogStreamServer = Awaited<ReturnType<typeof serveStreams>> & {
  /** Path of the log. */
  path: string
  spool: LogSpool
  /** Adds lines `0 …`, `1 …`, going on where it stopped. */
  write: (count: number, padding?: string) => Promise<void>
}

/** The log of one job that runs, as its routes serve it. */
export async function startLogStreams(
  t: Test,
  options: Partial<LogRoutesOptions> = {},
  identify?: Authenticator['identify']
): Promise<LogStreamServer> {
  const store = await openStore(t)
  const { id } = await store.accept(newSubmission({ id: '0'.repeat(32) }))
  const ending = new AbortController()
  setMaxListeners(0, ending.signal)
  t.teardown(() => ending.abort())
  const spools = createLogSpools({
    root: t.testdir({}),
    maxBytes: 64 * 1024 * 1024,
    bootId: 'b',
    log: pino({ level: 'silent' }),
    signal: ending.signal
  })
  const spool = await spools.open(id)
  const following = createLogFollowing(spools)
  const logs = createJobLogs(
    { store },
    { spools, following, isHere: () => true, urlsOf: async () => [] }
  )
  const relay = async () => {
    throw new Error('it is here')
  }
  const served = await serveStreams(t, logRoutes, { logs, relay, ...options }, identify)
  let written = 0
  return {
    ...served,
    path: `/jobs/${id}/log`,
    spool,
    write: async (count, padding = '') => {
      for (const until = written + count; written < until; ) {
        const some = Math.min(100, until - written)
        const first = written
        written += some
        const lines = Array.from({ length: some }, (_, at) => ({
          at: 1_795_000_000_000,
          text: `${first + at} ${padding}`
        }))
        await spool.append('launcher/stdout', lines, written)
      }
    }
  }
}
