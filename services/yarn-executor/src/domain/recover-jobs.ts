import type { Launcher } from './launch-submission.ts'
import { refOf, watchLauncher } from './launcher-watch.ts'
import type { Parts } from './parts.ts'
import type { Stops } from './stop-submission.ts'
import type { Attempt, Submission } from './submission.ts'

/** Submissions that are not over, and attempts whose launcher has not been seen to end. */
export type LeftWork = Readonly<{
  submissions: readonly Submission[]
  attempts: readonly Attempt[]
}>

/**
 * Takes up what a former process of this service left. Nothing is launched again: what was never spawned is launched
 * when that was promised, else rejected here and now; what may have been spawned is looked for by its fence and its tag.
 */
export async function recoverJobs(
  parts: Parts,
  {
    launcher,
    stops,
    relaunch
  }: Readonly<{
    launcher: Launcher
    stops: Stops
    /** Launches what was promised, and not spawned. */
    relaunch: (submission: Submission, attempt: Attempt | undefined) => void
  }>,
  left?: LeftWork
): Promise<void> {
  const { store, queue, background, launching, log } = parts
  const { submissions, attempts } = left ?? {
    submissions: await store.live(),
    attempts: await store.openAttempts()
  }
  const open = new Map(attempts.map((one) => [one.submissionId, one]))

  for (const submission of submissions) {
    const attempt = open.get(submission.id)
    log.info({ submissionId: submission.id, state: submission.state }, 'taken up again')
    if (submission.state === 'ACCEPTED' && submission.promised) relaunch(submission, attempt)
    else if (submission.state === 'ACCEPTED') await rejectNeverSpawned(submission, attempt)
    else if (submission.state === 'LAUNCHING') resume(submission, attempt)
    else {
      if (attempt) follow(attempt)
      if (submission.state === 'STOPPING') stops.resume(submission)
    }
    open.delete(submission.id)
  }
  // Launchers that outlived their submission, or were never started: their end is still to be kept.
  for (const attempt of open.values()) follow(attempt)

  async function rejectNeverSpawned(
    { id }: Submission,
    attempt: Attempt | undefined
  ): Promise<void> {
    const text = 'the service ended before a launcher was started for it'
    await store.change(id, { to: 'REJECTED', who: 'executor', reason: 'SERVICE_RESTARTED', text })
    if (attempt) await store.attemptEnded(attempt.id, { kind: 'not-started', reason: text })
  }

  function follow(attempt: Attempt): void {
    watchLauncher(parts, attempt, queue.adopt({ launching: false, driver: attempt.holdsDriver }))
  }

  function resume(submission: Submission, open: Attempt | undefined): void {
    background.run('a resumed start', { submissionId: submission.id }, async () => {
      const attempt = open ?? (await store.attemptOf(submission.id))
      if (!attempt) throw new Error(`submission ${submission.id} is LAUNCHING without an attempt`)
      // What runs on another host takes nothing from this one.
      const here = (await launching.fence(refOf(attempt))) !== 'unknown'
      const slot = queue.adopt({ launching: here, driver: here && attempt.holdsDriver })
      const outcome = await launcher.resume(submission, attempt, slot)
      log.info({ submissionId: submission.id, ...outcome }, 'a start from before is settled')
    })
  }
}
