import { AzkabanError, type AzkabanSession } from './azkaban.ts'
import type { StopProgress } from './stop-progress.ts'

/**
 * What a cancel came to (azkaban.md §8); none of these proves anything about the execution.
 * - `accepted`: Azkaban says that it is done.
 * - `unknown`: it was sent, and no answer came, or nothing that is one.
 * - `finalizing`: refused, and yet done (HEAD).
 * - `not-running`: the run is over, or in the dispatcher's hands and starts afterwards.
 * - `refused`: Azkaban will not.
 * - `unsent`: it never left.
 */
export type CancelOutcome = Readonly<
  | { kind: 'accepted' }
  | { kind: 'unknown' | 'finalizing' | 'not-running' | 'refused' | 'unsent'; error: AzkabanError }
>

/** A cancel under way. */
export type SentCancel = {
  /** Resolves when the outcome is there; never rejects. */
  readonly settled: Promise<void>
  readonly outcome: CancelOutcome | undefined
  /** Epoch ms. */
  readonly settledAt: number
  readonly isSent: boolean
  /** Takes it back while it waits for a connection; one that was sent is left to its end: it holds Azkaban's thread anyhow. */
  withdraw: () => void
}

export function sendCancel(
  session: Pick<AzkabanSession, 'cancel'>,
  execId: number,
  { waitMs, progress, signal }: { waitMs: number; progress: StopProgress; signal: AbortSignal }
): SentCancel {
  const withdrawal = new AbortController()
  let isSent = false
  let outcome: CancelOutcome | undefined
  let settledAt = 0

  const settle = (found: CancelOutcome | undefined) => {
    outcome = found
    settledAt = Date.now()
    if (isSent && found?.kind === 'unsent') progress.cancels -= 1
  }
  const settled = session
    .cancel(execId, {
      waitMs,
      signal: AbortSignal.any([signal, withdrawal.signal]),
      onSent: () => {
        isSent = true
        progress.cancels += 1
      }
    })
    .then(() => settle({ kind: 'accepted' }))
    // Anything else is the reason of a signal, which the caller knows.
    .catch((error: unknown) => settle(error instanceof AzkabanError ? judged(error) : undefined))

  return {
    settled,
    get outcome() {
      return outcome
    },
    get settledAt() {
      return settledAt
    },
    get isSent() {
      return isSent
    },
    withdraw: () => {
      if (!isSent) withdrawal.abort()
    }
  }
}

function judged(error: AzkabanError): CancelOutcome {
  return { kind: kindOf(error), error }
}

function kindOf({ reason, said = '', maybeDone }: AzkabanError) {
  if (reason === 'BUSY' || (reason === 'UNREACHABLE' && !maybeDone)) return 'unsent'
  if (reason === 'SESSION_LOST' || reason === 'PAGE') return 'refused'
  if (reason !== 'REFUSED') return 'unknown'
  if (/Finalizing the flow/.test(said)) return 'finalizing'
  return /(?:isn't|is not) running|is already finished/.test(said) ? 'not-running' : 'refused'
}
