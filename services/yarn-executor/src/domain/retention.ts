import { pause } from '@scheduler-task/yarn-client/time-limit'
import type { LogSpools } from './log-spool.ts'
import type { Parts } from './parts.ts'

/** The directories of attempts that this service has made. */
export interface AttemptDirectories {
  /** Removes one with all that is in it. False: it is not one of these, or something of the attempt still lives. */
  remove: (directory: string) => Promise<boolean>
  /** Those in which nothing has changed since `time` (epoch milliseconds), in parts. */
  unchangedSince: (
    time: number
  ) => AsyncIterable<readonly Readonly<{ attemptId: string; directory: string }>[]>
}

/** What a pass has removed. `orphans`: directories of attempts that are not in the store (any more). */
export type Swept = Readonly<{ submissions: number; directories: number; orphans: number }>

export interface Retention {
  /** Passes until the service ends. */
  start: () => void
  /** Removes what ended before `time`, and leaves what is in the way for the next pass. */
  pass: (time: number) => Promise<Swept>
}

/** At once, so that nothing else waits for long. */
const PART = 50
const BETWEEN_PARTS_MS = 50
const FIRST_PASS_MS = 60_000
const EVERY_MS = 3_600_000
const DAY_MS = 86_400_000

/**
 * Removes records of submissions `days` after their end, with the directories of their attempts, and directories of that
 * age that no record names: a crash between the two leaves such ones. 0 days: everything is kept.
 */
export function createRetention(
  { store, background, log }: Pick<Parts, 'store' | 'background' | 'log'>,
  directories: AttemptDirectories,
  days: number,
  logs?: Pick<LogSpools, 'remove' | 'unchangedSince'>
): Retention {
  const { signal } = background

  async function pass(time: number): Promise<Swept> {
    const { submissions, removed } = await removeRecords(time)
    const orphans = await removeOrphans(time)
    const swept = { submissions, directories: removed, orphans }
    if (submissions + orphans > 0) log.info(swept, 'what ended long ago was removed')
    return swept
  }

  async function removeRecords(time: number) {
    let submissions = 0
    let removed = 0
    for (;;) {
      const gone = await store.removeEndedBefore(time, PART)
      for (const directory of gone.directories) if (await remove(directory)) removed += 1
      for (const submissionId of gone.submissionIds) await removeLog(submissionId)
      submissions += gone.submissionIds.length
      if (gone.submissionIds.length < PART) return { submissions, removed }
      await pause(BETWEEN_PARTS_MS, signal)
    }
  }

  async function removeOrphans(time: number): Promise<number> {
    let orphans = 0
    for await (const part of directories.unchangedSince(time)) {
      const known = new Set(await store.knownAttempts(part.map(({ attemptId }) => attemptId)))
      for (const { attemptId, directory } of part) {
        if (!known.has(attemptId) && (await remove(directory))) orphans += 1
      }
      await pause(BETWEEN_PARTS_MS, signal)
    }
    for await (const submissionId of logs?.unchangedSince(time) ?? []) {
      if (!(await store.find(submissionId))) await removeLog(submissionId)
    }
    return orphans
  }

  async function removeLog(submissionId: string): Promise<void> {
    await logs?.remove(submissionId).catch((err) => {
      signal.throwIfAborted()
      log.warn({ submissionId, err }, 'the log of a job cannot be removed')
    })
  }

  /** One that cannot be removed now is an orphan of a later pass. */
  async function remove(directory: string): Promise<boolean> {
    try {
      return await directories.remove(directory)
    } catch (err) {
      signal.throwIfAborted()
      log.warn({ directory, err }, 'the directory of an attempt cannot be removed')
      return false
    }
  }

  return {
    pass,
    start: () => {
      if (days === 0) return
      background.run('retention', {}, async () => {
        for (let waitMs = FIRST_PASS_MS; ; waitMs = EVERY_MS) {
          await pause(waitMs, signal)
          try {
            await pass(Date.now() - days * DAY_MS)
          } catch (err) {
            signal.throwIfAborted()
            log.warn({ err }, 'what ended long ago could not be removed')
          }
        }
      })
    }
  }
}
