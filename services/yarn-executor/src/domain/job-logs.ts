import { beyondLog, jobUnknown } from '../errors.ts'
import type { LogFollowing } from './log-following.ts'
import type { LogPart, LogSpools } from './log-spool.ts'
import type { Parts } from './parts.ts'
import { type Attempt, isOver } from './submission.ts'

/** Where the log of a job is: on the host of its last launcher. */
export type LogPlace =
  | Readonly<{ kind: 'here' }>
  /** Nothing was launched yet, or ever. */
  | Readonly<{ kind: 'nowhere'; isOver: boolean }>
  | Readonly<{ kind: 'elsewhere'; hostId: string; urls: readonly string[] }>

export type LogPick = Readonly<{
  from?: number
  tail?: number
  maxBytes: number
  sources?: readonly string[]
}>

/** The logs of jobs, for who reads them. Throws `Refusal`. */
export interface JobLogs {
  placeOf: (submissionId: string) => Promise<LogPlace>
  read: (submissionId: string, pick: LogPick) => Promise<LogPart>
  /** See `LogFollowing`. Ends early when the log turns out to be elsewhere. */
  follow: (
    submissionId: string,
    pick: LogPick,
    options: Readonly<{ idleMs: number; signal: AbortSignal }>
  ) => AsyncGenerator<LogPart>
}

/** While nothing was launched, whether it will be, and where. */
const LOOK_EVERY_MS = 1000

export type JobLogsOptions = Readonly<{
  spools: LogSpools
  following: LogFollowing
  isHere: (attempt: Attempt) => boolean
  /** Where other instances on the host of an attempt are reached. */
  urlsOf: (attempt: Attempt) => Promise<readonly string[]>
}>

export function createJobLogs(
  { store }: Pick<Parts, 'store'>,
  { spools, following, isHere, urlsOf }: JobLogsOptions
): JobLogs {
  async function placeOf(submissionId: string): Promise<LogPlace> {
    const submission = await store.find(submissionId)
    if (!submission) throw jobUnknown(submissionId)
    const last = await store.attemptOf(submissionId)
    if (!last) return { kind: 'nowhere', isOver: isOver(submission) }
    if (isHere(last)) {
      // Of a version that kept no logs, or nothing was written.
      const isEmpty = isOver(submission) && !(await spools.has(submissionId))
      return isEmpty ? { kind: 'nowhere', isOver: true } : { kind: 'here' }
    }
    return { kind: 'elsewhere', hostId: last.hostId ?? 'unknown', urls: await urlsOf(last) }
  }

  async function read(submissionId: string, pick: LogPick): Promise<LogPart> {
    const { from = 0, tail, maxBytes, sources } = pick
    const only = sources ? { sources } : {}
    const part =
      tail === undefined
        ? await spools.read(submissionId, { from, maxBytes, ...only })
        : await spools.tail(submissionId, { lines: tail, maxBytes, ...only })
    if (tail === undefined && from > part.size) throw beyondLog(part.size)
    if (part.complete || part.size > 0) return part
    const place = await placeOf(submissionId)
    return { ...part, complete: place.kind === 'nowhere' && place.isOver }
  }

  return {
    placeOf,
    read,
    follow: async function* (submissionId, pick, { idleMs, signal }) {
      const begin = pick.tail === undefined ? undefined : await read(submissionId, pick)
      if (begin) yield begin
      if (begin?.complete && begin.next >= begin.size) return
      let from = begin?.next ?? pick.from ?? 0
      const only = pick.sources ? { sources: pick.sources } : {}
      while (!signal.aborted) {
        const { size } = await spools.read(submissionId, { from: 0, maxBytes: 1 })
        // It has begun: from here on the log alone says when it is whole.
        if (size > 0)
          return yield* following.follow(submissionId, { from, ...only, idleMs, signal })
        const place = await placeOf(submissionId)
        if (place.kind === 'elsewhere') return
        const part = { lines: [], from: 0, next: 0, size: 0 }
        from = 0
        if (place.kind === 'nowhere' && place.isOver) return yield { ...part, complete: true }
        for await (const idle of empty(submissionId, idleMs, signal)) yield idle
      }
    }
  }

  /** Until there may be something, a second at most. */
  async function* empty(submissionId: string, idleMs: number, signal: AbortSignal) {
    const soon = AbortSignal.any([signal, AbortSignal.timeout(LOOK_EVERY_MS)])
    const options = { from: 0, idleMs, signal: soon }
    for await (const part of following.follow(submissionId, options)) {
      if (part.size > 0) return
      yield part
    }
  }
}
