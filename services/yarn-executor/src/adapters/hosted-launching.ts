import { setTimeout as pause } from 'node:timers/promises'
import type { Host } from '@scheduler-task/host-identity/host'
import { LeaseLost } from '../domain/job-store.ts'
import {
  type AttemptRef,
  HostUnreachable,
  type LaunchEvent,
  type LauncherExit,
  type Launching,
  NotStarted
} from '../domain/launching.ts'
import type { SqlDatabase } from './sql-database.ts'

/** How often the end of a launcher on another host is looked for. */
const LOOK_EVERY_MS = 2000
const REMEMBERED = 20_000

type Where = Readonly<{
  /** Processes and files of the attempt are those of this host. */
  here: boolean
  hostId: string
  released: boolean
  exit: LauncherExit | undefined
}>

export type HostedOptions = Readonly<{
  database: Pick<SqlDatabase, 'db'>
  host: Host
  release: (attemptId: string) => Promise<void>
  /** Throws when nothing may be begun now. */
  requireLease: () => void
}>

/**
 * Launching for one of several hosts. What runs here is answered from here, and that nobody of an attempt is left is
 * written down for the others. Of an attempt elsewhere only that is known; else its fence is `unknown`.
 */
export function createHostedLaunching(
  inner: Launching,
  { database, host, release, requireLease }: HostedOptions
): Launching {
  /** That an attempt is here does not change any more. */
  const here = new Set<string>()
  const voided = new Set<string>()

  async function whereIs({ attemptId }: AttemptRef): Promise<Where> {
    if (here.has(attemptId))
      return { here: true, hostId: host.id, released: false, exit: undefined }
    const row = await database.db
      .selectFrom('attempts')
      .select(['host_id', 'host_machine_id', 'host_boot_id', 'released_at', 'exit'])
      .where('id', '=', attemptId)
      .executeTakeFirst()
    // Not written yet: it is about to be, by this process.
    if (!row) return { here: true, hostId: host.id, released: false, exit: undefined }
    const released = row.released_at !== null
    const sameMachine = row.host_machine_id === host.machineId
    const sameBoot = row.host_boot_id === host.bootId
    const isHere =
      (row.host_id === host.id && sameMachine && sameBoot) ||
      // The machine was started again, and its disk is still there.
      (released && sameMachine && host.machineId !== '' && !sameBoot)
    if (isHere) remember(here, attemptId)
    const exit = row.exit === null ? undefined : (JSON.parse(row.exit) as LauncherExit)
    return { here: isHere, hostId: row.host_id ?? 'unknown', released, exit }
  }

  /** Only what was voided first: a spawn that was merely delayed would come after the look. */
  async function fence(attempt: AttemptRef) {
    const answer = await inner.fence(attempt)
    if (answer === 'free' && voided.delete(attempt.attemptId)) await release(attempt.attemptId)
    return answer
  }

  async function voidHere(attempt: AttemptRef): Promise<boolean> {
    const done = await inner.void(attempt)
    if (done) remember(voided, attempt.attemptId)
    return done
  }

  async function* watchElsewhere(
    attempt: AttemptRef,
    signal: AbortSignal
  ): AsyncGenerator<LaunchEvent> {
    while (!signal.aborted) {
      const { exit, here: came, released } = await whereIs(attempt)
      if (exit) return yield { kind: 'ended', exit }
      if (came || released) return
      await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => {})
    }
  }

  return {
    profiles: inner.profiles,
    check: inner.check,
    preview: inner.preview,
    prepare: inner.prepare,
    start: (prepared) => {
      try {
        requireLease()
      } catch (cause) {
        if (!(cause instanceof LeaseLost)) throw cause
        throw new NotStarted(cause.message, { cause })
      }
      return inner.start(prepared)
    },

    watch: async function* (attempt, signal) {
      if ((await whereIs(attempt)).here) yield* inner.watch(attempt, signal)
      else yield* watchElsewhere(attempt, signal)
    },

    exitOf: async (attempt) => {
      const where = await whereIs(attempt)
      return where.here ? await inner.exitOf(attempt) : where.exit
    },

    fence: async (attempt) => {
      const where = await whereIs(attempt)
      if (where.here) return await fence(attempt)
      return where.released ? 'free' : 'unknown'
    },

    void: async (attempt) => {
      const where = await whereIs(attempt)
      return where.here ? await voidHere(attempt) : where.released
    },

    end: async (attempt, limits) => {
      const { here: isHere, hostId, released } = await whereIs(attempt)
      if (isHere) return await inner.end(attempt, limits)
      if (released) return
      throw new HostUnreachable(
        `whether a launcher of it is left is known on host ${hostId} alone, where no instance is`
      )
    },

    isOfThisBoot: inner.isOfThisBoot,

    failureOf: async (attempt) =>
      (await whereIs(attempt)).here ? await inner.failureOf(attempt) : undefined,

    fatalErrorOf: async (attempt) =>
      (await whereIs(attempt)).here ? await inner.fatalErrorOf(attempt) : undefined,

    outputTail: async (attempt, maxBytes) =>
      (await whereIs(attempt)).here
        ? await inner.outputTail(attempt, maxBytes)
        : { stdout: '', stderr: '' },

    clean: async (attempt) => {
      if (!(await whereIs(attempt)).here) return
      await inner.clean(attempt)
      if (await voidHere(attempt)) await fence(attempt)
    }
  }
}

function remember(known: Set<string>, id: string): void {
  known.add(id)
  // What is forgotten is asked for again.
  if (known.size > REMEMBERED) for (const first of known) return void known.delete(first)
}
