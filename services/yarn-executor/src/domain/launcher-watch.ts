import { pause } from '@scheduler-task/yarn-client/time-limit'
import type { Slot } from './launch-queue.ts'
import type { AttemptRef, LauncherExit, LauncherFailure, Launching } from './launching.ts'
import type { Parts } from './parts.ts'
import type { Attempt } from './submission.ts'

const FENCE_POLL_MS = 2000

/** What is known of a launcher while it is followed. */
export type LauncherNews = {
  /** The last id that its output names; the tag decides whether it is the application. */
  applicationId: string | undefined
  exit: LauncherExit | undefined
}

export function refOf({
  id,
  identity,
  directory
}: Pick<Attempt, 'id' | 'identity' | 'directory'>): AttemptRef {
  return { attemptId: id, identity: identity ?? undefined, directory }
}

/**
 * Follows a launcher to its end, however long that takes: keeps its exit, lets its slot go once nothing of it is left.
 * `onNews` is told about each change of what is answered.
 */
export function watchLauncher(
  { launching, store, background }: Pick<Parts, 'launching' | 'store' | 'background'>,
  attempt: Attempt,
  slot: Slot,
  onNews: () => void = () => {}
): LauncherNews {
  const news: LauncherNews = { applicationId: undefined, exit: attempt.exit ?? undefined }
  const ref = refOf(attempt)
  const ids = { attemptId: attempt.id }

  /** May be repeated: each time the output is read from its first byte. */
  async function follow(): Promise<void> {
    for await (const event of launching.watch(ref, background.signal)) {
      if (event.kind === 'application-id') news.applicationId = event.applicationId
      else news.exit = event.exit
      onNews()
      if (event.kind !== 'ended') continue
      await store.attemptEnded(attempt.id, event.exit, await saidOf(launching, ref, event.exit))
    }
    // A wrapper may be gone while its driver lives on.
    while ((await launching.fence(ref)) === 'held') await pause(FENCE_POLL_MS, background.signal)
    slot.ended()
    await launching.clean(ref)
  }

  background.run('following a launcher', ids, () =>
    background.insist('following a launcher', ids, follow)
  )
  return news
}

/**
 * What a launcher's output says about its end. Of one that ended with 0, or nobody knows how, it is searched only for
 * the job's own word that it failed: much of what is printed on the way looks like failure.
 */
export async function saidOf(
  launching: Pick<Launching, 'failureOf' | 'fatalErrorOf'>,
  ref: AttemptRef,
  exit: LauncherExit
): Promise<LauncherFailure | undefined> {
  if (exit.kind === 'not-started') return undefined
  const fatal = await launching.fatalErrorOf(ref)
  const failed = exit.kind === 'signalled' || (exit.kind === 'exited' && exit.code !== 0)
  return fatal ?? (failed ? await launching.failureOf(ref) : undefined)
}
