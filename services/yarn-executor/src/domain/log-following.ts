import { setMaxListeners } from 'node:events'
import type { LogPart, LogSpools } from './log-spool.ts'

/** Reads logs along as they grow. What many read at the same place is read once. */
export interface LogFollowing {
  /**
   * All lines from a cursor on, in parts; one without lines says that nothing came for `idleMs`. Ends after the part in
   * which the log is complete, or with the signal. Whoever is slow is waited for: nothing is gathered for them.
   */
  follow: (
    submissionId: string,
    options: Readonly<{
      from: number
      sources?: readonly string[]
      idleMs: number
      signal: AbortSignal
    }>
  ) => AsyncGenerator<LogPart>
  isFollowed: (submissionId: string) => boolean
}

/** What one follower gets at a time. */
const PART_BYTES = 64 * 1024
/** News of one log are told so often at most: a piece for each line would cost more than all lines. */
const TELL_EVERY_MS = 100
/** Places of one log at which parts are shared. */
const SHARED_PARTS = 4

type Followed = {
  followers: number
  /** Counts the news that were told. */
  told: number
  waiting: Set<() => void>
  parts: Map<string, Promise<LogPart>>
  leave: () => void
}

export function createLogFollowing(spools: Pick<LogSpools, 'read' | 'onChange'>): LogFollowing {
  const followed = new Map<string, Followed>()

  function enter(submissionId: string): Followed {
    const before = followed.get(submissionId)
    if (before) return before
    const waiting = new Set<() => void>()
    const parts = new Map<string, Promise<LogPart>>()
    let timer: NodeJS.Timeout | undefined
    let toldAt = Number.NEGATIVE_INFINITY
    const tell = () => {
      timer = undefined
      toldAt = performance.now()
      parts.clear()
      one.told += 1
      for (const wake of [...waiting]) wake()
    }
    const end = spools.onChange(submissionId, () => {
      timer ??= setTimeout(tell, Math.max(0, TELL_EVERY_MS - (performance.now() - toldAt)))
    })
    const leave = () => {
      clearTimeout(timer)
      end()
    }
    const one: Followed = { followers: 0, told: 0, waiting, parts, leave }
    followed.set(submissionId, one)
    return one
  }

  return {
    isFollowed: (submissionId) => followed.has(submissionId),

    follow: async function* (submissionId, { from, sources, idleMs, signal }) {
      setMaxListeners(0, signal)
      const log = enter(submissionId)
      log.followers += 1
      try {
        let position = from
        let isIdle = true
        while (!signal.aborted) {
          const { told } = log
          const part = await partAt(log, position)
          position = part.next
          // Behind the end, too: who has seen more than the disk has kept waits for what comes.
          const isAtEnd = part.next >= part.size
          const isOver = part.complete && isAtEnd
          if (part.lines.length > 0 || isIdle || isOver) yield part
          if (isOver) return
          isIdle = isAtEnd && !(await news(log, told, idleMs, signal))
        }
      } finally {
        log.followers -= 1
        if (log.followers === 0) {
          followed.delete(submissionId)
          log.leave()
        }
      }

      /** Forgotten with the next news: until then the same lines stand there. */
      function partAt({ parts }: Followed, position: number): Promise<LogPart> {
        const key = `${position} ${sources?.join() ?? ''}`
        const shared = parts.get(key)
        if (shared) return shared
        const range = { from: position, maxBytes: PART_BYTES, ...(sources && { sources }) }
        const part = spools.read(submissionId, range)
        parts.set(key, part)
        part.catch(() => parts.delete(key))
        if (parts.size > SHARED_PARTS)
          for (const first of parts.keys()) if (parts.delete(first)) break
        return part
      }
    }
  }
}

/** True: there is some. */
function news(log: Followed, told: number, ms: number, signal: AbortSignal): Promise<boolean> {
  const { waiting } = log
  return new Promise((resolve) => {
    const done = (isNews: boolean) => {
      clearTimeout(timer)
      waiting.delete(tell)
      signal.removeEventListener('abort', stop)
      resolve(isNews)
    }
    const tell = () => done(true)
    const stop = () => done(false)
    const timer = setTimeout(stop, ms)
    waiting.add(tell)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    // Between the reading and now.
    else if (log.told !== told) tell()
  })
}
