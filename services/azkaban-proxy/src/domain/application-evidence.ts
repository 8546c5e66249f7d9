import { TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import { createApplicationIdScan, isSameApplication } from './application-id-scan.ts'
import {
  AzkabanError,
  type AzkabanSession,
  type Execution,
  type ExecutionJob,
  hasBegun,
  hasEnded
} from './azkaban.ts'
import { followLog } from './follow-log.ts'

/** Reading more than this would only delay the stop; then there is no evidence. */
const LIMIT_MS = 15_000
const MOST_LOGS = 200

/** In these states a job whose time has not begun has no log, and has started nothing. */
const NOT_BEGUN: ReadonlySet<string> = new Set([
  'READY',
  'QUEUED',
  'SKIPPED',
  'DISABLED',
  'CANCELLED',
  'KILLED'
])

/**
 * What an execution's logs say of an application.
 * - `started`: a log tells that the execution submitted or followed it.
 * - `contradicted`: every log could be read from its first byte; they name others, and this one nowhere.
 * - `unknown`: anything else.
 */
export type Evidence = 'started' | 'contradicted' | 'unknown'

/** Rejects with `AzkabanError` only when the session is lost, or with the signal's reason. */
export async function evidenceOf(
  session: Pick<AzkabanSession, 'jobLog'>,
  { execId, applicationId }: { execId: number; applicationId: string },
  execution: Execution,
  signal: AbortSignal
): Promise<Evidence> {
  const logs = execution.jobs.flatMap(logsOf)
  if (logs.length > MOST_LOGS) return 'unknown'
  try {
    return await withinTime(LIMIT_MS, signal, (limit) => readAll(logs, limit))
  } catch (error) {
    if (error instanceof TimeLimitReached) return 'unknown'
    if (!(error instanceof AzkabanError) || error.reason === 'SESSION_LOST') throw error
    return 'unknown'
  }

  async function readAll(all: typeof logs, limit: AbortSignal): Promise<Evidence> {
    let others = 0
    let whole = true
    let isNamed = false
    for (const log of all) {
      const scan = createApplicationIdScan()
      const reading = await followLog(
        session,
        { execId, ...log, ended: hasEnded(execution) },
        scan.see,
        limit
      )
      scan.end()
      if (scan.started.some((id) => isSameApplication(id, applicationId))) return 'started'
      isNamed ||= scan.names(applicationId)
      others += scan.started.length + (scan.announced === undefined ? 0 : 1)
      whole &&= reading === 'whole'
    }
    return whole && others > 0 && !isNamed ? 'contradicted' : 'unknown'
  }
}

/** Each attempt has a log of its own. */
function logsOf(job: ExecutionJob) {
  const isWithout = !hasBegun(job) && (NOT_BEGUN.has(job.status) || job.startTime > 0)
  const attempts = isWithout ? job.attempt : job.attempt + 1
  return Array.from({ length: attempts }, (_, attempt) => ({ jobId: job.nestedId, attempt }))
}
