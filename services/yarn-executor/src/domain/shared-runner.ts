import { pause } from '@scheduler-task/yarn-client/time-limit'
import type { Applications } from './applications.ts'
import type { Instances, Membership } from './instances.ts'
import type { JobRunner } from './job-runner.ts'
import { type JobStore, LeaseLost } from './job-store.ts'
import type { Log } from './log.ts'
import type { Ownership } from './ownership.ts'
import type { Parts } from './parts.ts'
import { isOver } from './submission.ts'
import type { Submissions } from './submissions.ts'
import { createWake } from './wake.ts'

/** What one lease brings to a runner. */
export type OwnParts = Pick<Parts, 'store' | 'launching' | 'ownership'>

export type SharedRunnerOptions = Readonly<{
  instances: Instances
  /** A runner with nothing in its memory. */
  createRunner: (own: OwnParts) => JobRunner
  store: Pick<JobStore, 'onChange'>
  log: Log
}>

export type SharedRunner = JobRunner & {
  /** Throws `LeaseLost` while this process may not do any work. */
  requireLease: () => void
}

/** Between two looks at what has changed hands, and at least that long after news. */
const LOOK_EVERY_MS = 1000
const LOOK_AFTER_MS = 200
const JOIN_AGAIN_MS = 500
/** How long a call waits for the next lease. */
const WAIT_MS = 5000

/**
 * Jobs for one of several processes: for the time of each lease there is a runner of its own. With the lease everything
 * in its memory ends, as in a crash; under the next one begins what nobody else has taken up by then.
 */
export function createSharedRunner({
  instances,
  createRunner,
  store,
  log
}: SharedRunnerOptions): SharedRunner {
  const ending = new AbortController()
  let runner: JobRunner | undefined
  let last: JobRunner | undefined
  let queueClosed = false
  const waiting: (() => void)[] = []
  let living: Promise<void> | undefined

  /** One lease after the other. */
  async function live(): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        await liveOnce(await instances.join())
      } catch (err) {
        if (ending.signal.aborted) return
        log.warn({ err }, 'no lease can be had for now')
      }
      await pause(JOIN_AGAIN_MS, ending.signal).catch(() => {})
    }
  }

  async function liveOnce(membership: Membership): Promise<void> {
    const mine = new Set<string>()
    const foreign = new Set<string>()
    const ownership: Ownership = { isMine: (id) => mine.has(id), leads: membership.leads }
    const own = createRunner({
      store: remembering(membership.store, mine),
      launching: membership.launching,
      ownership
    })
    last = own
    const ends = AbortSignal.any([ending.signal, membership.lost])
    try {
      await goOn(own, membership, { mine, foreign, ends })
    } finally {
      runner = undefined
      const { reason } = membership.lost
      if (membership.lost.aborted) {
        log.warn({ reason: reason.message }, 'the lease is lost; what was done under it ends here')
      }
      // Nothing of it may be going on when the next lease begins.
      await own.close(membership.lost.aborted ? reason : undefined)
      await membership.end().catch((err) => log.info({ err }, 'the lease runs out by itself'))
    }
  }

  async function goOn(
    own: JobRunner,
    membership: Membership,
    { mine, foreign, ends }: { mine: Set<string>; foreign: Set<string>; ends: AbortSignal }
  ): Promise<void> {
    const wake = createWake()
    const endNews = store.onChange(wake.now)
    try {
      for (let first = true; ; ) {
        const more = await look(own, membership, mine, foreign).catch((err) => {
          if (err instanceof LeaseLost) throw err
          log.warn({ err }, 'whose the work is cannot be looked up for now')
          return false
        })
        ends.throwIfAborted()
        if (first && !more) {
          first = false
          own.watch()
          if (queueClosed) own.closeQueue()
          runner = own
          for (const tell of waiting.splice(0)) tell()
        }
        if (more) continue
        await pause(LOOK_AFTER_MS, ends)
        await wake.wait(LOOK_EVERY_MS - LOOK_AFTER_MS, ends)
      }
    } catch (error) {
      if (!ends.aborted && !(error instanceof LeaseLost)) throw error
    } finally {
      endNews()
    }
  }

  async function look(
    own: JobRunner,
    membership: Membership,
    mine: Set<string>,
    foreign: Set<string>
  ): Promise<boolean> {
    // A service that ends takes nothing on.
    if (queueClosed) return false
    const found = await membership.look([...foreign])
    for (const id of found.lost) {
      mine.delete(id)
      foreign.delete(id)
    }
    for (const { id } of found.taken.submissions) mine.add(id)
    for (const id of found.foreign) foreign.add(id)
    const { submissions, attempts } = found.taken
    if (submissions.length + attempts.length > 0) await own.recover(found.taken)
    for (const submission of found.stopping) {
      mine.add(submission.id)
      own.endWanted(submission)
    }
    return found.more
  }

  /** The runner of the lease that there is, or comes soon. */
  async function now(): Promise<JobRunner> {
    if (!runner) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, WAIT_MS)
        waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    return leased()
  }

  function leased(): JobRunner {
    if (!runner) throw new LeaseLost('this instance has no lease at the moment')
    return runner
  }

  /** For what is only read, and needs no lease. */
  function any(): JobRunner {
    if (!last) throw new LeaseLost('this instance has no lease yet')
    return last
  }

  const submissions: Submissions = {
    submit: async (...given) => (await now()).submissions.submit(...given),
    stop: async (...given) => (await now()).submissions.stop(...given),
    restart: async (...given) => (await now()).submissions.restart(...given),
    rerun: async (...given) => (await now()).submissions.rerun(...given),
    close: async (...given) => any().submissions.close(...given),
    find: async (...given) => any().submissions.find(...given),
    list: async (...given) => any().submissions.list(...given),
    attempts: async (...given) => any().submissions.attempts(...given),
    events: async (...given) => any().submissions.events(...given),
    config: async (...given) => any().submissions.config(...given),
    standing: (id) => any().submissions.standing(id)
  }
  const applications: Applications = {
    list: async (...given) => any().applications.list(...given),
    find: async (...given) => any().applications.find(...given),
    stop: async (...given) => (await now()).applications.stop(...given),
    stopping: async () => any().applications.stopping()
  }

  return {
    start: async (...given) => (await now()).start(...given),
    stop: async (...given) => (await now()).stop(...given),
    restart: async (...given) => (await now()).restart(...given),
    submissions,
    applications,
    recover: async () => {
      living = live()
      await now()
    },
    requireLease: () => void leased(),
    watch: () => {},
    endWanted: () => {},
    closeQueue: () => {
      queueClosed = true
      runner?.closeQueue()
    },
    close: async () => {
      queueClosed = true
      ending.abort()
      await living
      await instances.close()
    }
  }
}

/** The same store; what it accepts is known to be this process's. */
function remembering(store: JobStore, mine: Set<string>): JobStore {
  return {
    ...store,
    accept: async (...given) => {
      const submission = await store.accept(...given)
      mine.add(submission.id)
      return submission
    },
    acceptOnce: async (...given) => {
      const answer = await store.acceptOnce(...given)
      if (answer.first) mine.add(answer.submission.id)
      return answer
    },
    change: async (...given) => {
      const submission = await store.change(...given)
      if (isOver(submission)) mine.delete(submission.id)
      return submission
    }
  }
}
