import type { Launcher } from './launch-submission.ts'
import { refOf, watchLauncher } from './launcher-watch.ts'
import { needsDriver } from './launching.ts'
import type { Parts } from './parts.ts'
import type { Starter } from './start-job.ts'
import type { Stops } from './stop-submission.ts'
import { type Attempt, ImpossibleChange, isStarting, type Submission } from './submission.ts'

/** Submissions that are not over, and attempts whose launcher has not been seen to end. */
export type LeftWork = Readonly<{
  submissions: readonly Submission[]
  attempts: readonly Attempt[]
}>

/** Goes on with what another process of this service has left, whatever ended it. */
export interface Recovery {
  /**
   * What was never spawned asks for its turn, in this order; what may have been spawned is looked for by its fence and
   * its tag; a stop is carried on. Without `left`: all that there is.
   */
  takeUp: (left?: LeftWork) => Promise<void>
}

type Needs = Readonly<{ launcher: Launcher; stops: Stops; starter: Starter }>

export function createRecovery(parts: Parts, { launcher, stops, starter }: Needs): Recovery {
  const { store, queue, background, launching, log } = parts

  function takeUpOne(submission: Submission, attempt: Attempt | undefined): void {
    const { id: submissionId, state } = submission
    log.info({ submissionId, state }, 'taken up again')
    if (state === 'ACCEPTED' && submission.promised) startAnew(submission)
    else if (state === 'ACCEPTED') rejectUnpromised(submission, attempt)
    else if (state === 'LAUNCHING') resume(submission, attempt)
    else {
      if (attempt && attempt.endedAt === null) follow(attempt)
      if (state === 'STOPPING') stops.resume(submission)
    }
  }

  function startAnew(submission: Submission): void {
    const place = queue.readmit(submission.id)
    // Its faults are logged there.
    void starter.start({ submission, place }).catch(() => {})
  }

  /** Accepted by a version that told nobody it would be kept: whoever asked has asked again. */
  function rejectUnpromised({ id }: Submission, attempt: Attempt | undefined): void {
    const text = 'the service ended before a launcher was started for it'
    const change = { to: 'REJECTED', who: 'executor', reason: 'SERVICE_RESTARTED', text } as const
    const reject = async () => {
      await store.change(id, change).catch((error: unknown) => {
        if (!(error instanceof ImpossibleChange)) throw error
      })
      if (attempt) await store.attemptEnded(attempt.id, { kind: 'not-started', reason: text })
    }
    const ids = { submissionId: id }
    background.run('giving up', ids, () => background.insist('giving up', ids, reject))
  }

  function follow(attempt: Attempt): void {
    watchLauncher(parts, attempt, queue.adopt({ launching: false, driver: attempt.holdsDriver }))
  }

  function resume(submission: Submission, attempt: Attempt | undefined): void {
    const ids = { submissionId: submission.id }
    background.run('a resumed start', ids, async () => {
      // What runs on another host takes nothing from this one.
      const here = !attempt || (await launching.fence(refOf(attempt))) !== 'unknown'
      const driver = attempt?.holdsDriver ?? needsDriver(submission)
      const slot = queue.adopt({ launching: here, driver: here && driver })
      const terms = { slot, signal: background.signal }
      const outcome = await launcher.resume(submission, attempt, terms)
      log.info({ ...ids, ...outcome }, 'a start from before is settled')
    })
  }

  return {
    takeUp: async (left) => {
      const { submissions, attempts } = left ?? {
        submissions: await store.live(),
        attempts: await store.openAttempts()
      }
      const open = new Map(attempts.map((one) => [one.id, one]))
      const lastOpen = new Map(attempts.map((one) => [one.submissionId, one]))
      for (const submission of submissions) {
        const last = isStarting(submission)
          ? await store.attemptOf(submission.id)
          : lastOpen.get(submission.id)
        takeUpOne(submission, last)
        if (last && submission.state !== 'ACCEPTED') open.delete(last.id)
      }
      // Launchers that outlived their submission, or were never started: their end is still to be kept.
      for (const attempt of open.values()) follow(attempt)
    }
  }
}
