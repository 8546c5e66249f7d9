import { pause } from '@scheduler-task/yarn-client/time-limit'
import { AzkabanError, type AzkabanSession, type LogBlock } from './azkaban.ts'

/** Azkaban's executor allocates what is asked for, and its web server holds all of it (azkaban.md §4.1). */
const BLOCK_BYTES = 512 * 1024
/** Enough to know a log again: its first line holds the time at which the job started. */
const HEAD_BYTES = 1000
/** The web server goes on asking the executor for up to 2 s after a run has ended; 3.0–3.38 store the log late (§4.2, §4.3). */
const SETTLE_PAUSES_MS = [250, 500, 1000, 1500, 2000]

export type JobLog = Readonly<{
  execId: number
  jobId: string
  attempt?: number
  /** The execution has: then the log is all there, or will be in a moment. */
  ended: boolean
}>

/**
 * How reading a log came out.
 * - `whole`: from its first byte to its end of now.
 * - `newest`: older text is gone, or was moved away while it was read (rotation).
 * - `missing`: there is none yet.
 */
export type Reading = 'whole' | 'newest' | 'missing'

/**
 * Reads a job's log block by block and gives each to `see`. Bytes count, so `offset + length` follows (§4.1).
 * Rejects with `AzkabanError`, or with the signal's reason.
 */
export async function followLog(
  session: Pick<AzkabanSession, 'jobLog'>,
  log: JobLog,
  see: (data: string) => void,
  signal: AbortSignal
): Promise<Reading> {
  const { ended, ...job } = log
  const block = async (offset: number, length: number) => {
    const found = await session.jobLog({ ...job, offset, length }, signal)
    if (found.offset >= offset) return found
    throw new AzkabanError('NONSENSE', 'Azkaban answered another part of the log than was asked')
  }

  /** The first block; a log that ought to be there is waited for. */
  async function first(): Promise<LogBlock | undefined> {
    for (const pauseMs of [...SETTLE_PAUSES_MS, undefined]) {
      try {
        const found = await block(0, BLOCK_BYTES)
        if (found.length > 0 || !ended || pauseMs === undefined) return found
      } catch (error) {
        // 500 means "not yet" or "in a moment", never "failed" (§4.2).
        if (!isPage(error) || isExecutorAway(error) || (ended && pauseMs === undefined)) throw error
        if (!ended) return undefined
      }
      await pause(pauseMs ?? 0, signal)
    }
    return undefined
  }

  let current = await first()
  if (!current || current.length === 0) return 'missing'
  const head = current.data.slice(0, HEAD_BYTES)
  while (current.length > 0) {
    see(current.data)
    try {
      current = await block(current.offset + current.length, BLOCK_BYTES)
    } catch (error) {
      // It ends at this moment: the rest comes from elsewhere, with other offsets.
      if (ended || !isPage(error)) throw error
      return 'newest'
    }
  }
  if (!isFirstLine(head)) return 'newest'
  if (ended) return 'whole'
  // A rotation in between leaves text out without a sign: then another file begins at 0 (§4.3).
  const again = await block(0, HEAD_BYTES)
  const same = Math.min(again.data.length, head.length)
  return again.length > 0 && again.data.slice(0, same) === head.slice(0, same) ? 'whole' : 'newest'
}

/** What Azkaban writes first into a job's log, whatever the layout (§12.2). */
const START_LINE =
  /^.{0,1000}?\bStarting (?:retry \d+ of )?(?:\S+ )?job .{1,300}? (?:attempt \d+ |retry: \d+ )?at \d+/

function isFirstLine(head: string): boolean {
  return START_LINE.test(head)
}

function isPage(error: unknown): error is AzkabanError {
  return error instanceof AzkabanError && error.reason === 'PAGE'
}

/**
 * What the HTTP client says with which the web server asks the executor (§4.2): then nobody knows what the log holds.
 * HEAD does not tell it from a log that is not there yet.
 */
const EXECUTOR_AWAY =
  /\bConnect(?:ion)? to \S{1,300} |timed out|failed to respond|UnknownHostException|Connection re(?:fused|set)/

function isExecutorAway({ message }: AzkabanError): boolean {
  return EXECUTOR_AWAY.test(message)
}
