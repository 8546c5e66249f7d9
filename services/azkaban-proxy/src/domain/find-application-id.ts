import { withinTime } from '@scheduler-task/yarn-client/time-limit'
import { createApplicationIdScan } from './application-id-scan.ts'
import { type AzkabanSession, hasBegun, hasEnded } from './azkaban.ts'
import { followLog } from './follow-log.ts'

export type JobOfExecution = Readonly<{ execId: number; jobId: string }>

/**
 * The application that the newest attempt of a job started, by its log; `undefined` while there is none, or no log yet.
 * Rejects with `AzkabanError`, with `TimeLimitReached` after `limitMs`, or with the signal's reason.
 */
export async function findApplicationId(
  session: Pick<AzkabanSession, 'execution' | 'jobLog'>,
  { execId, jobId }: JobOfExecution,
  { limitMs, signal }: { limitMs: number; signal: AbortSignal }
): Promise<string | undefined> {
  return await withinTime(limitMs, signal, async (limit) => {
    const execution = await session.execution(execId, limit)
    const job = execution.jobs.find(({ nestedId }) => nestedId === jobId)
    const ended = hasEnded(execution)
    // One that never ran has no log to wait for. Without its attempt Azkaban would go on to the next one in between.
    const log = {
      execId,
      jobId,
      ended: ended && (!job || hasBegun(job)),
      ...(job && { attempt: job.attempt })
    }
    const scan = createApplicationIdScan()
    const reading = await followLog(session, log, scan.see, limit)
    // A last line without an end is still being written, unless nobody writes any more.
    if (ended && reading !== 'missing') scan.end()
    // Announced and not yet submitted: a stop that comes first would find no application to end.
    return scan.found ?? (ended ? scan.announced : undefined)
  })
}
