import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Frame } from '../frame.ts'
import { type OwnedProcess, startProcess } from '../owned-process.ts'

const SERVER = fileURLToPath(new URL('killable-server.mjs', import.meta.url))
const USUAL_START_MS = 500
const SLOWEST = 6
const LISTENS = /(Server listening at )/

/** Where the executor can end itself, in the order in which a job passes them. */
export type DeathPoint =
  | 'before-write'
  | 'after-write'
  | 'before-launching'
  | 'after-launching'
  | 'before-spawn'
  | 'after-spawn'
  /** The ResourceManager has accepted the application, which is not yet written down. */
  | 'before-submitted'
  | 'after-submitted'
  | 'before-answer'
  /** The wish of a stop. */
  | 'before-intent'
  | 'after-intent'
  | 'before-final'
  | 'after-final'

/** At the `nth` passing. */
export type PlannedDeath = Readonly<{ point: DeathPoint; nth: number }>

/** The executor, again and again on the same port and directory. */
export interface Executor {
  readonly url: string
  /** Resolves when it listens, or has ended; answers which. */
  start: (death?: PlannedDeath) => Promise<'listens' | 'ended'>
  /** How the last one ended, once it has. */
  readonly ended: Promise<string>
  readonly isRunning: boolean
  /** How many times longer its last start took than on a machine with nothing else to do: everything does there. */
  readonly slowness: number
  kill: () => Promise<void>
  /** SIGSTOP and SIGCONT. */
  signal: (signal: 'SIGSTOP' | 'SIGCONT') => void
}

/** The last one ends with the run. */
export function createExecutor(
  frame: Frame,
  options: Readonly<{
    port: number
    variables: Readonly<Record<string, string>>
    /** The service itself, in place of the one that can die at a point. */
    server?: string
  }>
): Executor {
  const { server = SERVER } = options
  const log = join(frame.directory, 'executor.log')
  let current: OwnedProcess | undefined
  let slowness = 1
  const running = () => {
    if (!current) throw new Error('the executor was never started')
    return current
  }
  frame.atEnd(async () => await current?.kill('SIGKILL'))
  return {
    url: `http://127.0.0.1:${options.port}`,
    get ended() {
      return running().ended
    },
    get isRunning() {
      return current !== undefined && current.end === undefined
    },
    get slowness() {
      return slowness
    },
    start: async (death) => {
      if (current && current.end === undefined) throw new Error('the executor runs already')
      frame.signal.throwIfAborted()
      const planned = death && { CHAOS_DIE_AT: death.point, CHAOS_DIE_NTH: String(death.nth) }
      const started = startProcess([process.execPath, server], {
        environment: { ...options.variables, PORT: String(options.port), ...planned },
        log
      })
      current = started
      const began = Date.now()
      return await Promise.race([
        started.says(LISTENS).then(() => {
          slowness = Math.min(SLOWEST, Math.max(1, (Date.now() - began) / USUAL_START_MS))
          return 'listens' as const
        }),
        started.ended.then(() => 'ended' as const)
      ]).catch((error: unknown) => {
        if (started.end !== undefined) return 'ended'
        throw error
      })
    },
    kill: () => running().kill('SIGKILL'),
    signal: (signal) => {
      const { pid, end } = running()
      if (end === undefined) process.kill(pid, signal)
    }
  }
}
