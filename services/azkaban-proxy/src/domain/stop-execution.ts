import type { ResourceManager } from '@scheduler-task/yarn-client/resource-manager'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { TimeLimitReached, unlessAborted, withinTime } from '@scheduler-task/yarn-client/time-limit'
import { resourceManagerFailed, stopPending } from '../errors.ts'
import type { AzkabanSession } from './azkaban.ts'
import { cancelUntilEnded } from './cancel-flow.ts'
import { checkStop, overInItsOwnWords, type StopRequest } from './check-stop.ts'
import { isCommitted, newProgress, type StopProgress } from './stop-progress.ts'
import type { Turns } from './turns.ts'

/** How long a stop that was begun is watched at least, whether or not somebody waits for it. */
const WATCH_MS = 600_000

export type StopSession = Pick<AzkabanSession, 'execution' | 'jobLog' | 'cancel'>

export type StopParts = Readonly<{
  rm: Pick<ResourceManager, 'application' | 'kill'> | undefined
  turns: Turns
  /** Fires when the service ends. */
  ending: AbortSignal
  stopTimeoutMs: number
}>

/** What else a stop is a part of: a restart. */
export type Around<T> = Readonly<{
  /** Before anything is done; may refuse. */
  check: (signal: AbortSignal) => Promise<void>
  /** After the proof, unless nobody waits for it any more. */
  afterwards: () => Promise<T>
}>

export type RunningStop<T> = Readonly<{
  /** Resolves with the proof. */
  proven: Promise<void>
  /** Resolves after what follows the proof. */
  done: Promise<T>
  progress: StopProgress
  /** Nobody waits any more. What is not begun is withdrawn, what is begun is brought to its end. */
  leave: () => void
  /** Another stop does what is left to do. A cancel that was sent is left to its end: it holds Azkaban's thread anyhow. */
  makeWay: () => void
}>

/**
 * Stops an execution and its application, in this order, each with proof: Azkaban shows a final state, then an active
 * ResourceManager does. States of the proof: checking → cancelling → killing → proven; any of the two in the middle is
 * left out where there is nothing to do. Only the given application is killed: others of the execution are not named.
 */
export function runStop<T>(
  session: StopSession,
  request: StopRequest,
  parts: StopParts,
  around: Around<T>
): RunningStop<T> {
  const { rm, turns, ending } = parts
  const progress = newProgress()
  const withdrawal = new AbortController()
  const signal = AbortSignal.any([ending, withdrawal.signal])
  const watchMs = Math.max(WATCH_MS, 2 * parts.stopTimeoutMs)
  const { execId, applicationId } = request

  const done = turns.take(execId, async () => {
    signal.throwIfAborted()
    await prove()
    resolveProven()
    if (progress.abandoned) throw new Error('nobody waits for the restart any more')
    return await around.afterwards()
  })
  let resolveProven = () => {}
  const proven = new Promise<void>((resolve, reject) => {
    resolveProven = resolve
    done.catch(reject)
  })
  // Who leaves early hears of no end.
  proven.catch(() => {})

  async function prove(): Promise<void> {
    const plan = await checkStop(session, rm, request, signal)
    await around.check(signal)
    progress.flowState = plan.execution.status
    await withinTime(watchMs, signal, async (limit) => {
      if (plan.cancel) {
        const options = { progress, waitMs: parts.stopTimeoutMs, signal: limit }
        const hadPart = await cancelUntilEnded(session, execId, options)
        if (!hadPart && !plan.kill) {
          throw await overInItsOwnWords(
            session,
            execId,
            { status: progress.flowState ?? '' },
            limit
          )
        }
      }
      if (plan.kill && applicationId !== undefined) await kill(applicationId, limit)
    })
  }

  async function kill(id: string, limit: AbortSignal): Promise<void> {
    limit.throwIfAborted()
    if (progress.superseded) throw new Error('another stop of the execution takes over')
    progress.killing = true
    const diagnostics = `stopped by ${request.who} through scheduler-task (Azkaban execution ${execId})`
    try {
      await rm?.kill(id, { diagnostics, signal: limit, deadlineMs: watchMs })
    } catch (error) {
      if (!(error instanceof RmError)) throw error
      // It was there when the stop began; an active ResourceManager that knows it no more runs it no more.
      if (error.reason === 'RM_NOT_FOUND') return
      const doing = `the execution has ended (${progress.flowState}), but ${id} cannot be killed`
      throw resourceManagerFailed(error, doing, {
        applicationId: id,
        cancelSent: progress.cancels > 0,
        state: progress.flowState
      })
    }
  }

  return {
    proven,
    done,
    progress,
    leave: () => {
      progress.abandoned = true
      if (!isCommitted(progress)) withdrawal.abort(new Error('the stop was withdrawn'))
    },
    makeWay: () => {
      progress.superseded = true
      if (progress.killing) withdrawal.abort(new Error('another stop of the execution takes over'))
    }
  }
}

/**
 * Waits for the proof, at most `stopTimeoutMs`.
 * @throws Failure `STOP_PENDING` when there is none by then
 */
export async function awaitProof<T>(
  { proven, progress }: Pick<RunningStop<T>, 'proven' | 'progress'>,
  { stopTimeoutMs, ending }: Pick<StopParts, 'stopTimeoutMs' | 'ending'>,
  { execId, applicationId }: StopRequest
): Promise<void> {
  try {
    await withinTime(stopTimeoutMs, ending, (limit) => unlessAborted(proven, limit))
  } catch (error) {
    if (!(error instanceof TimeLimitReached)) throw error
    const { cancels, killing, flowState } = progress
    const fields = { cancelSent: cancels > 0, ...(flowState && { state: flowState }) }
    if (!isCommitted(progress)) {
      throw stopPending(
        `the stop of execution ${execId} could not begin within ${stopTimeoutMs} ms and was withdrawn`,
        fields
      )
    }
    const what = killing ? `${applicationId}` : `execution ${execId}`
    throw stopPending(
      `${what} is not proven to have ended within ${stopTimeoutMs} ms; the stop itself goes on`,
      fields
    )
  }
}
