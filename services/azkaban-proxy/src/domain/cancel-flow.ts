import { pause } from '@scheduler-task/yarn-client/time-limit'
import { AzkabanError, type AzkabanSession, hasEnded } from './azkaban.ts'
import { type CancelOutcome, type SentCancel, sendCancel } from './send-cancel.ts'
import type { StopProgress } from './stop-progress.ts'

const FIRST_POLL_MS = 200
const LONGEST_POLL_MS = 2000
/** Refused reads in a row: a single "Cannot find execution" is no proof of anything (azkaban.md §5.3). */
const MOST_REFUSED_READS = 3

/** How long the effect of a cancel may take to show after its answer (2 s, §5.2), before there is another. */
const SETTLE_MS: Readonly<Record<CancelOutcome['kind'], number>> = {
  accepted: 3000,
  unknown: 2500,
  finalizing: 3000,
  'not-running': 1000,
  refused: 300,
  unsent: 0
}

type Options = Readonly<{
  progress: StopProgress
  /** For a connection. */
  waitMs: number
  signal: AbortSignal
}>

/**
 * Cancels an execution until Azkaban shows it in a final state; only that counts: an accepted cancel may do nothing,
 * one that is refused or never answered may have worked.
 *
 * Answers false when it ended by itself before any cancel had a part in it.
 * Rejects with `AzkabanError` when no cancel could be sent or Azkaban refuses it for good, or with the signal's reason.
 */
export async function cancelUntilEnded(
  session: Pick<AzkabanSession, 'cancel' | 'execution'>,
  execId: number,
  options: Options
): Promise<boolean> {
  const { progress, signal } = options
  const isOver = watchOver(session, execId, progress, signal)
  let cancel = sendCancel(session, execId, options)
  let hadPart = false
  let pollMs = FIRST_POLL_MS

  for (;;) {
    const before = cancel.outcome
    await Promise.race([pause(pollMs, signal), ...(before ? [] : [cancel.settled])])
    if (await isOver()) {
      cancel.withdraw()
      return hadPart || mayHaveWorked(cancel)
    }
    pollMs = before === cancel.outcome ? Math.min(pollMs * 1.5, LONGEST_POLL_MS) : FIRST_POLL_MS
    const { outcome } = cancel
    if (!outcome) continue
    hadPart ||= mayHaveWorked(cancel)
    if (Date.now() - cancel.settledAt < SETTLE_MS[outcome.kind]) continue
    if (isForGood(outcome, progress)) throw outcome.error
    if (progress.superseded) throw new Error('another stop of the execution takes over')
    if (!progress.abandoned) cancel = sendCancel(session, execId, options)
  }
}

function watchOver(
  session: Pick<AzkabanSession, 'execution'>,
  execId: number,
  progress: StopProgress,
  signal: AbortSignal
): () => Promise<boolean> {
  let refusedInARow = 0
  return async () => {
    try {
      const execution = await session.execution(execId, signal)
      refusedInARow = 0
      progress.flowState = execution.status
      return hasEnded(execution)
    } catch (error) {
      // What Azkaban does not say now, it may say in a moment.
      if (!(error instanceof AzkabanError) || error.reason === 'SESSION_LOST') throw error
      if (error.reason === 'REFUSED' && ++refusedInARow >= MOST_REFUSED_READS) throw error
      return false
    }
  }
}

/** On its way, answered by nothing, accepted, or refused in the way that means "done". */
function mayHaveWorked({ outcome, isSent }: SentCancel): boolean {
  if (!outcome) return isSent
  return outcome.kind === 'accepted' || outcome.kind === 'unknown' || outcome.kind === 'finalizing'
}

function isForGood(
  outcome: CancelOutcome,
  { cancels }: StopProgress
): outcome is Extract<CancelOutcome, { error: AzkabanError }> {
  return outcome.kind === 'refused' || (outcome.kind === 'unsent' && cancels === 0)
}
