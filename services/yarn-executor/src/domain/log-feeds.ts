import { pause } from '@scheduler-task/yarn-client/time-limit'
import type { AttemptRef } from './launching.ts'
import type { LogSpool, LogSpools } from './log-spool.ts'
import type { Parts } from './parts.ts'
import { createWake } from './wake.ts'

/** Brings what one launcher has written, and writes, into a log. */
export interface LauncherOutputFeed {
  /**
   * Resolves once the launcher, and all that it has left, is gone and everything is in; `isOver` says that a launcher
   * which was not started never will be. Rejects when the service ends.
   */
  feed: (attempt: AttemptRef, spool: LogSpool, isOver: () => boolean) => Promise<void>
  /** The attempt is below this process's own directory. */
  isHere: (attempt: Pick<AttemptRef, 'directory'>) => boolean
}

/** Who brings lines into the logs of the jobs that were launched here, and when a log is whole. */
export interface LogFeeds {
  /** A launcher is about to be started for a submission. */
  begin: (submissionId: string, attempt: AttemptRef) => Promise<void>
  /** Goes on with every log that a former process has not ended. */
  start: () => void
  open: (submissionId: string) => Promise<LogSpool>
  /** Launched on this host, which keeps its log, and not all of it is in. */
  isOpenHere: (submissionId: string) => Promise<boolean>
  /** Those of this host that have begun and not ended. */
  unended: () => Promise<readonly string[]>
  /** Somebody reads along. */
  isFollowed: (submissionId: string) => boolean
  /** Nothing more comes from containers. */
  containersEnded: (submissionId: string) => Promise<void>
}

type Job = {
  readonly launchers: Set<string>
  /** Launchers that may write more. */
  feeding: number
  isOver: boolean
  containersEnded: boolean
}

/** Between two looks at which jobs are over, and at least that long after news. */
const LOOK_EVERY_MS = 2000
const LOOK_AFTER_MS = 250

export type LogFeedsOptions = Readonly<{
  spools: LogSpools
  launcherOutput: LauncherOutputFeed
  isFollowed: (submissionId: string) => boolean
  /** Somebody brings the logs of containers, and tells `containersEnded`. */
  withContainers: boolean
}>

export function createLogFeeds(
  { store, background, log }: Pick<Parts, 'store' | 'background' | 'log'>,
  { spools, launcherOutput, isFollowed, withContainers }: LogFeedsOptions
): LogFeeds {
  const { signal } = background
  const jobs = new Map<string, Job>()
  const wake = createWake()

  function jobOf(submissionId: string): Job {
    const before = jobs.get(submissionId)
    if (before) return before
    const job = { launchers: new Set<string>(), feeding: 0, isOver: false, containersEnded: false }
    jobs.set(submissionId, job)
    wake.now()
    return job
  }

  function feed(submissionId: string, attempt: AttemptRef): void {
    const job = jobOf(submissionId)
    if (job.launchers.has(attempt.attemptId)) return
    job.launchers.add(attempt.attemptId)
    job.feeding += 1
    const what = 'bringing a launcher’s output into the log'
    const ids = { submissionId, attemptId: attempt.attemptId }
    const work = async () => {
      const spool = await spools.open(submissionId)
      await launcherOutput.feed(attempt, spool, () => job.isOver)
    }
    background.run(what, ids, async () => {
      await background.insist(what, ids, work)
      job.feeding -= 1
      await endIfWhole(submissionId, job)
    })
  }

  async function endIfWhole(submissionId: string, job: Job): Promise<void> {
    if (!job.isOver || job.feeding > 0 || !job.containersEnded) return
    const spool = await spools.open(submissionId)
    await spool.end()
    jobs.delete(submissionId)
  }

  /** Those that are not live any more, or were removed. */
  async function look(): Promise<void> {
    const waiting = [...jobs].filter(([, job]) => !job.isOver)
    if (waiting.length === 0) return
    const live = new Set((await store.watched()).map(({ id }) => id))
    for (const [submissionId, job] of waiting) {
      if (live.has(submissionId)) continue
      const submission = await store.find(submissionId)
      job.isOver = true
      if (!withContainers || !submission?.applicationId) job.containersEnded = true
      await endIfWhole(submissionId, job)
    }
  }

  async function goOn(submissionId: string): Promise<void> {
    jobOf(submissionId)
    const attempts = await store.attemptsOf(submissionId)
    for (const { id, identity, directory } of attempts) {
      if (!launcherOutput.isHere({ directory })) continue
      feed(submissionId, { attemptId: id, identity: identity ?? undefined, directory })
    }
  }

  return {
    begin: async (submissionId, attempt) => {
      if (!launcherOutput.isHere(attempt)) return
      // A log is no reason not to start.
      await spools.expect(submissionId).catch((err) => {
        log.warn({ submissionId, err }, 'the log cannot be begun for now')
      })
      feed(submissionId, attempt)
    },
    start: () => {
      background.run('the logs of jobs', {}, async () => {
        const left = await background.insist('looking for logs', {}, spools.unended)
        for (const id of left) await background.insist('looking for logs', {}, () => goOn(id))
        const leave = store.onChange(wake.now)
        try {
          for (;;) {
            await look().catch((err) => {
              signal.throwIfAborted()
              log.warn({ err }, 'which logs are whole cannot be looked up for now')
            })
            await pause(LOOK_AFTER_MS, signal)
            await wake.wait(LOOK_EVERY_MS, signal)
          }
        } finally {
          leave()
        }
      })
    },
    open: spools.open,
    isOpenHere: async (submissionId) => jobs.has(submissionId),
    unended: async () => [...jobs.keys()],
    isFollowed,
    containersEnded: async (submissionId) => {
      const job = jobs.get(submissionId)
      if (!job) return
      job.containersEnded = true
      await endIfWhole(submissionId, job)
    }
  }
}
