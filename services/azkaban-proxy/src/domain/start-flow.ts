import { pause, TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import { startUnknown } from '../errors.ts'
import {
  AzkabanError,
  type AzkabanSession,
  type Candidate,
  type Flow,
  type StartedFlow
} from './azkaban.ts'

type Session = Pick<AzkabanSession, 'start' | 'execution' | 'executions' | 'running'>

/** Between looks for an execution whose start was not answered. */
const LOOKS_AFTER_MS = [300, 1000, 2000]
/** All looks together: the caller, and the gateway before him, wait for the answer. */
const LOOK_LIMIT_MS = 20_000
/** How far Azkaban's clock may be from ours. */
const CLOCK_SKEW_MS = 60_000
const MOST_CANDIDATES = 5

/**
 * Starts a flow, once. Where Azkaban leaves open whether it did, it is looked for, never sent again.
 * @throws AzkabanError when nothing was started; Failure `START_UNKNOWN` when something may have been
 */
export async function startFlow(
  session: Session,
  flow: Flow,
  signal: AbortSignal
): Promise<StartedFlow> {
  const sentAt = Date.now()
  try {
    return await session.start(flow, signal)
  } catch (error) {
    if (!(error instanceof AzkabanError)) throw error
    // An execution that stands beside an error: a row may wait for ever, or run (azkaban.md §3.3).
    if (error.execId !== undefined) {
      throw startUnknown(error, flow, [await named(session, error.execId, signal)])
    }
    if (!error.maybeDone) throw error
    throw startUnknown(error, flow, await lookFor(session, flow, { since: sentAt, signal }))
  }
}

async function named(session: Session, execId: number, signal: AbortSignal): Promise<Candidate> {
  try {
    return { execId, status: (await session.execution(execId, signal)).status }
  } catch (error) {
    if (!(error instanceof AzkabanError)) throw error
    return { execId }
  }
}

/** Executions of the flow that are about as old as the start; undefined when Azkaban does not say. */
async function lookFor(
  session: Session,
  flow: Flow,
  { since, signal }: { since: number; signal: AbortSignal }
): Promise<readonly Candidate[] | undefined> {
  let seen: readonly Candidate[] | undefined
  try {
    return await withinTime(LOOK_LIMIT_MS, signal, look)
  } catch (error) {
    if (error instanceof TimeLimitReached) return seen
    throw error
  }

  async function look(limit: AbortSignal): Promise<typeof seen> {
    for (const pauseMs of LOOKS_AFTER_MS) {
      await pause(pauseMs, limit)
      try {
        seen = await recent(session, flow, { since, signal: limit })
        if (seen.length > 0) return seen
      } catch (error) {
        if (!(error instanceof AzkabanError)) throw error
        if (error.reason === 'SESSION_LOST') return undefined
      }
    }
    return seen
  }
}

async function recent(
  session: Session,
  flow: Flow,
  { since, signal }: { since: number; signal: AbortSignal }
): Promise<readonly Candidate[]> {
  try {
    const listed = await session.executions(flow, signal)
    return listed
      .filter(({ submitTime }) => submitTime >= since - CLOCK_SKEW_MS)
      .slice(0, MOST_CANDIDATES)
  } catch (error) {
    // The list needs READ, what runs needs EXECUTE, as the start does.
    if (!(error instanceof AzkabanError) || error.reason !== 'REFUSED') throw error
    const { execIds } = await session.running(flow, signal)
    return [...execIds]
      .sort((a, b) => b - a)
      .slice(0, MOST_CANDIDATES)
      .map((execId) => ({ execId }))
  }
}
