import { setMaxListeners } from 'node:events'
import { Failure, Refusal } from '@scheduler-task/envelope/errors'
import type { ResourceManager } from '@scheduler-task/yarn-client/resource-manager'
import { azkabanFailed, inRestart, noSuchFlow, shuttingDown } from '../errors.ts'
import { AzkabanError, type AzkabanSession, type Flow, type StartedFlow } from './azkaban.ts'
import type { StopRequest } from './check-stop.ts'
import type { Log } from './log.ts'
import { startFlow } from './start-flow.ts'
import { type Around, awaitProof, type RunningStop, runStop } from './stop-execution.ts'
import { isCommitted } from './stop-progress.ts'
import { createTurns } from './turns.ts'

/** All calls that change something in Azkaban. What is under way goes on when its caller leaves. */
export interface Executions {
  /** Starts a flow, once. @throws Failure */
  start: (session: AzkabanSession, flow: Flow) => Promise<StartedFlow>
  /**
   * Resolves once the execution has ended and its application is gone. Equal stops share one.
   * @throws Failure
   */
  stop: (caller: Caller, request: StopRequest) => Promise<void>
  /** Stops, then starts the flow; nothing is started without the proof. @throws Failure that says `stopped` */
  restart: (caller: Caller, request: StopRequest, flow: Flow) => Promise<StartedFlow>
  /** Ends what is under way. */
  close: () => Promise<void>
}

/** Whose stop it is: only equal ones are shared. */
export type Caller = Readonly<{ session: AzkabanSession; sessionId: string }>

type Options = Readonly<{
  rm: ResourceManager | undefined
  stopTimeoutMs: number
  log: Log
}>

type Stop = Readonly<{ request: StopRequest; running: RunningStop<unknown> }>
type SharedStop = { running: RunningStop<void>; waiting: number }

export function createExecutions({ rm, stopTimeoutMs, log }: Options): Executions {
  const end = new AbortController()
  // As many listeners as there are calls under way.
  setMaxListeners(0, end.signal)
  const parts = { rm, turns: createTurns(), ending: end.signal, stopTimeoutMs }
  const shared = new Map<string, SharedStop>()
  const underWay = new Set<Promise<unknown>>()
  const stops = new Set<Stop>()

  /** What is under way although its caller has left is told to the log. */
  function run<T>(caller: Caller, request: StopRequest, around: Around<T>): RunningStop<T> {
    const running = runStop(caller.session, request, parts, around)
    const stop = { request, running }
    stops.add(stop)
    makeWay(request.execId)
    const over: Promise<unknown> = running.done
      .catch((err: unknown) => {
        const { execId, applicationId } = request
        const ids = { execId, applicationId, err }
        const { abandoned } = running.progress
        if (abandoned && isCommitted(running.progress)) {
          log.warn(ids, 'a stop that nobody waits for any more has no proof')
        }
      })
      .finally(() => {
        underWay.delete(over)
        stops.delete(stop)
      })
    underWay.add(over)
    return running
  }

  /** A stop that nobody waits for any more does not keep the execution's turn from one that does as much. */
  function makeWay(execId: number): void {
    const all = [...stops].filter(({ request }) => request.execId === execId)
    const left = all.filter(({ running }) => running.progress.abandoned)
    const wanted = all.filter(({ running }) => !running.progress.abandoned)
    for (const { request, running } of left) {
      const { applicationId } = request
      const isCovered = wanted.some(
        (one) => applicationId === undefined || one.request.applicationId === applicationId
      )
      if (isCovered) running.makeWay()
    }
  }

  function leave(running: RunningStop<unknown>, { execId }: StopRequest): void {
    running.leave()
    makeWay(execId)
  }

  function join(caller: Caller, request: StopRequest): SharedStop {
    const key = JSON.stringify([caller.sessionId, request.execId, request.applicationId])
    const known = shared.get(key)
    if (known && !known.running.progress.abandoned) return known
    const running = run(caller, request, { check: async () => {}, afterwards: async () => {} })
    const fresh = { running, waiting: 0 }
    const forget = () => {
      if (shared.get(key) === fresh) shared.delete(key)
    }
    running.done.then(forget, forget)
    shared.set(key, fresh)
    return fresh
  }

  return {
    start: async (session, flow) => {
      const starting = startFlow(session, flow, end.signal)
      underWay.add(starting)
      try {
        return await starting
      } catch (error) {
        if (end.signal.aborted) throw shuttingDown({ mayHaveStarted: true })
        throw error instanceof AzkabanError ? azkabanFailed(error) : error
      } finally {
        underWay.delete(starting)
      }
    },
    stop: async (caller, request) => {
      const stop = join(caller, request)
      stop.waiting += 1
      try {
        await awaitProof(stop.running, parts, request)
      } catch (error) {
        throw told(error, stop.running)
      } finally {
        stop.waiting -= 1
        if (stop.waiting === 0) leave(stop.running, request)
      }
    },
    restart: async (caller, request, flow) => {
      let half: 'stop' | 'start' = 'stop'
      const { session } = caller
      const running = run(caller, request, {
        check: async (signal) => {
          try {
            await refuseUnknownFlow(session, flow, signal)
          } catch (error) {
            if (isRefusal(error)) half = 'start'
            throw error
          }
        },
        afterwards: async () => {
          half = 'start'
          return await startFlow(session, flow, end.signal)
        }
      })
      let stopped = false
      try {
        await awaitProof(running, parts, request)
        stopped = true
        return await running.done
      } catch (error) {
        const failure = told(error, running)
        throw failure instanceof Failure ? inRestart(failure, half, stopped) : failure
      } finally {
        leave(running, request)
      }
    },
    close: async () => {
      end.abort(shuttingDown())
      await Promise.allSettled(underWay)
    }
  }
}

function told(error: unknown, { progress }: Pick<RunningStop<unknown>, 'progress'>): unknown {
  const fields = { cancelSent: progress.cancels > 0 }
  if (error instanceof AzkabanError) return azkabanFailed(error, fields)
  return error instanceof Refusal ? shuttingDown(fields) : error
}

/** The start would not be carried out either. */
function isRefusal(error: unknown): boolean {
  return error instanceof Failure || (error instanceof AzkabanError && error.reason === 'REFUSED')
}

/** What can be known by reading before anything is stopped: the project, the right to start, the flow. */
async function refuseUnknownFlow(
  session: Pick<AzkabanSession, 'running' | 'flows'>,
  flow: Flow,
  signal: AbortSignal
): Promise<void> {
  // Refused exactly when a start would be: it needs the same right on the same project.
  await session.running(flow, signal)
  const flows = await listed(session, flow, signal)
  // Embedded flows are not listed since 3.39.0, and can be started.
  if (flows && !flows.includes(flow.flow) && !flow.flow.includes(':')) throw noSuchFlow(flow)
}

/** Undefined where Azkaban does not say: the list needs READ, which a start does not. */
async function listed(
  session: Pick<AzkabanSession, 'flows'>,
  { project }: Flow,
  signal: AbortSignal
): Promise<readonly string[] | undefined> {
  try {
    return await session.flows(project, signal)
  } catch (error) {
    if (!(error instanceof AzkabanError) || error.reason === 'BUSY') throw error
    return undefined
  }
}
