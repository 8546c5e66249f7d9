import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { freePort } from '@scheduler-task/test-support/free-port'
import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import { startRelay } from '@scheduler-task/test-support/tcp-relay'
import { type Api, createApi } from './api.ts'
import { attemptProcesses } from './attempt-processes.ts'
import { createExecutor } from './executor/executor-process.ts'
import type { Frame } from './frame.ts'
import { pause } from './pause.ts'
import { createWorld, type World } from './world.ts'

const SERVER = join(
  dirname(createRequire(import.meta.url).resolve('@scheduler-task/yarn-executor/package.json')),
  'dist/server.js'
)

/** How an instance is lost for a while. */
export const LOSSES = ['killed', 'stopped', 'cut off'] as const
export type Loss = (typeof LOSSES)[number]

/** An executor on a host of its own, as far as HOST_ID says. */
export interface Instance {
  readonly name: string
  readonly api: Api
  lose: (how: Loss) => Promise<void>
  /** It is there again; whatever it had begun goes on. */
  bringBack: () => Promise<void>
}

/** Executors that share one database, each behind a connection that can be cut. */
export async function startInstances(
  frame: Frame,
  count: number
): Promise<Readonly<{ world: World; instances: readonly [Instance, ...Instance[]] }>> {
  const ending = { teardown: frame.atEnd }
  const database = new URL(await (await startPostgres(ending)).createDatabase())
  const world = await createWorld(frame, {
    variables: { AUTH_MODE: 'off', DATABASE_CONNECTIONS: '5' }
  })
  const start = async (at: number) => {
    const relay = await startRelay(ending, Number(database.port))
    const url = new URL(database)
    url.port = String(relay.port)
    return await startInstance(`host-${at}`, url.href, relay)
  }
  const first = await start(0)
  const others = await Promise.all(Array.from({ length: count - 1 }, (_, at) => start(at + 1)))
  return { world, instances: [first, ...others] }

  async function startInstance(
    name: string,
    databaseUrl: string,
    relay: Awaited<ReturnType<typeof startRelay>>
  ): Promise<Instance> {
    const DATA_DIR = join(frame.directory, name)
    await mkdir(DATA_DIR)
    frame.atEnd(() => endAttempts(join(DATA_DIR, 'attempts')))
    const executor = createExecutor(frame, {
      server: SERVER,
      port: await freePort(),
      variables: { ...world.variables, DATABASE_URL: databaseUrl, HOST_ID: name, DATA_DIR }
    })
    await executor.start()
    const api = createApi({ direct: executor.url, gateway: executor.url }, '')
    frame.atEnd(api.close)
    let lost: Loss | undefined
    return {
      name,
      api,
      lose: async (how) => {
        lost = how
        if (how === 'killed') await executor.kill()
        else if (how === 'stopped') executor.signal('SIGSTOP')
        else relay.silence()
      },
      bringBack: async () => {
        if (lost === 'killed') await executor.start()
        else if (lost === 'stopped') executor.signal('SIGCONT')
        else {
          // Resets what was swallowed in between, as the end of an outage does.
          relay.cut()
          relay.mend()
        }
        lost = undefined
      }
    }
  }

  async function endAttempts(root: string): Promise<void> {
    for (let left = attemptProcesses(root); left.length > 0; left = attemptProcesses(root)) {
      for (const { pid } of left) {
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // It has ended meanwhile.
        }
      }
      await pause(50, AbortSignal.timeout(1000))
    }
  }
}
