import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PostgresServer } from '@scheduler-task/test-support/postgres-server'
import { startServer } from '@scheduler-task/test-support/server-process'
import { until } from '@scheduler-task/test-support/until'
import pg from 'pg'
import type { Test } from 'tap'
import {
  callsTo,
  configOf,
  type Executor,
  endLaunchers,
  type Surroundings,
  startSurroundings
} from './executor.ts'
import { v2Calls } from './v2-calls.ts'

export type Instance = Pick<Executor, 'get' | 'post'> & {
  url: string
  v2: ReturnType<typeof v2Calls>
  /** SIGSTOP, SIGCONT, SIGTERM. */
  signal: (signal: NodeJS.Signals) => void
  /** Resolves once it stands still. */
  stands: () => Promise<void>
  /** SIGKILL, and resolves once it is gone. */
  kill: () => Promise<void>
  /** What it has logged. */
  log: () => string
}

export type SharedWorld = Surroundings & {
  databaseUrl: string
  /** An executor as a process of its own; `name` is its host unless HOST_ID says otherwise. */
  start: (name: string, more?: Record<string, string>, entry?: string) => Promise<Instance>
  /** One row of a question to the database. */
  ask: (question: string, ...values: unknown[]) => Promise<Record<string, unknown>>
}

const FOLDER = join(import.meta.dirname, '../..')

/** A database, a ResourceManager and launchers for executors that share their work. */
export async function startSharedWorld(
  t: Test,
  postgres: PostgresServer,
  overrides: Record<string, string> = {}
): Promise<SharedWorld> {
  const databaseUrl = await postgres.createDatabase()
  const around = await startSurroundings(t, {
    DATABASE_URL: databaseUrl,
    DATABASE_CONNECTIONS: '4',
    ...overrides
  })
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  t.teardown(() => client.end())

  return {
    ...around,
    databaseUrl,
    start: async (name, more = {}, entry) => {
      const DATA_DIR = join(String(around.variables.DATA_DIR), name)
      await mkdir(DATA_DIR, { recursive: true })
      t.teardown(() => endLaunchers(configOf({ ...around.variables, DATA_DIR })))
      const { url, child, end, log } = await startServer(t, {
        folder: FOLDER,
        ...(entry !== undefined && { entry }),
        variables: {
          ...around.variables,
          LOG_LEVEL: 'info',
          HOST_ID: `host-${name}`,
          DATA_DIR,
          ...more
        }
      })
      return {
        url,
        v2: v2Calls(url),
        signal: (signal) => void child.kill(signal),
        stands: async () => {
          await until('it stands still', async () => {
            const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8')
            return /^T/.test(stat.slice(stat.lastIndexOf(')') + 2))
          })
        },
        kill: async () => void (await end('SIGKILL')),
        log,
        ...callsTo(url)
      }
    },
    ask: async (question, ...values) => {
      const { rows } = await client.query(question, values)
      return rows[0] ?? {}
    }
  }
}
