import type { LogAdvance } from '@scheduler-task/yarn-client/log-advance'
import { type LogSource, type LogSpool, MOST_LOG_LINES } from '../log-spool.ts'
import { maskSecrets } from '../secret-masking.ts'

/** A piece at once: its lines stay well below a megabyte. */
export const PIECE_BYTES = 256 * 1024
/** A job that writes faster than this is read does not get ever further behind: what is between is left out. */
const MOST_BEHIND = 16 * 1024 * 1024
const KEPT_WHEN_BEHIND = 4 * 1024 * 1024
/** Compared before what is new is taken: a file that was begun anew has other bytes there. */
const BEFORE_BYTES = 64
const NEWLINE = 10

export type ReadFrom = (
  options: Readonly<{ from: number; maxBytes: number; before?: Buffer; fileBytes?: number }>
) => Promise<LogAdvance>

export type Progress = Readonly<{
  /** Taken into the log this time. */
  bytes: number
  /** Nothing more is there for now. */
  isAtEnd: boolean
}>

/** One file of a container, on its way into the log of its job. */
export interface CollectedFile {
  /** Whether the file has something new, by a list of it. */
  hasNews: (fileBytes: number | undefined) => boolean
  /**
   * Takes a piece. A line that is not whole stays for the next time, but for `last`: nothing more comes then. The place
   * is kept with the lines, so that whoever goes on after a crash neither misses nor repeats any.
   */
  take: (
    readFrom: ReadFrom,
    options: Readonly<{ fileBytes?: number; last?: true }>
  ) => Promise<Progress>
}

export type FileOptions = Readonly<{
  spool: LogSpool
  source: LogSource
  secrets: readonly string[]
  now?: () => number
}>

export function createCollectedFile(options: FileOptions): CollectedFile {
  const { spool, source, secrets, now = Date.now } = options
  let before: Buffer | undefined
  /** How long it was when all of it had been looked at. */
  let seenBytes: number | undefined

  /** This service's own word in the log, with the place that it is about. */
  async function tell(text: string, position: number): Promise<void> {
    await spool.append('executor', [{ at: now(), text }], position, source)
  }

  async function startAnew(): Promise<Progress> {
    await tell(`${source} has been begun anew, and is read from its first byte`, 0)
    before = undefined
    seenBytes = undefined
    return { bytes: 0, isAtEnd: false }
  }

  /** The place to read from: what is too far behind is given up. */
  async function place(
    fileBytes: number | undefined
  ): Promise<Readonly<{ from: number; cut: boolean }>> {
    const from = spool.positionOf(source)
    if (fileBytes === undefined || fileBytes - from <= MOST_BEHIND) return { from, cut: false }
    before = undefined
    return { from: fileBytes - KEPT_WHEN_BEHIND, cut: true }
  }

  return {
    hasNews: (fileBytes) => fileBytes === undefined || fileBytes !== (seenBytes ?? -1),
    take: async (readFrom, { fileBytes, last }) => {
      const { from, cut } = await place(fileBytes)
      const known = { ...(before && { before }), ...(fileBytes !== undefined && { fileBytes }) }
      // One byte more, where it is not known: whether a line begins here.
      const more = before || from === 0 ? 0 : 1
      const advance = await readFrom({ from: from - more, maxBytes: PIECE_BYTES, ...known })
      if (advance.kind === 'replaced' || advance.bytes.length < more) return await startAnew()
      const isInside = from > 0 && (more === 1 ? advance.bytes[0] : before?.at(-1)) !== NEWLINE
      const bytes = advance.bytes.subarray(more)
      const isFull = advance.bytes.length >= PIECE_BYTES
      const isAtEnd =
        advance.fileBytes === undefined ? !isFull : from + bytes.length >= advance.fileBytes
      const isLast = last === true && isAtEnd
      const { start, end } = wholeLinesIn(bytes, { isInside, isLast, isFull })
      if (cut) {
        const left = from + start - spool.positionOf(source)
        await tell(`${left} bytes of ${source} are left out here`, from + start)
      }
      for (let taken = cut ? start : 0; taken < end; ) {
        const batch = linesIn(bytes, Math.max(taken, start), end)
        taken = batch.end
        const at = now()
        const texts = batch.lines.map((text) => ({ at, text: maskSecrets(text, secrets) }))
        await spool.append(source, texts, from + taken)
      }
      if (end > 0) before = bytes.subarray(0, end).subarray(-BEFORE_BYTES)
      seenBytes = isAtEnd ? advance.fileBytes : undefined
      return { bytes: end, isAtEnd }
    }
  }
}

/**
 * Where whole lines stand. What stands behind the last line end is one as well when nothing more comes, and when a piece
 * is full of it; what follows of that one is left out: half a secret could stand there.
 */
function wholeLinesIn(
  bytes: Buffer,
  { isInside, isLast, isFull }: { isInside: boolean; isLast: boolean; isFull: boolean }
): { start: number; end: number } {
  const ended = bytes.lastIndexOf(NEWLINE) + 1
  const end = isLast || (isFull && ended === 0) ? bytes.length : ended
  return { start: isInside ? endOfLine(bytes, 0, end) : 0, end }
}

/** Lines from `start` on, as many as are appended together, and where they end. */
function linesIn(bytes: Buffer, start: number, most: number): { lines: string[]; end: number } {
  const lines: string[] = []
  let end = start
  while (end < most && lines.length < MOST_LOG_LINES) {
    const next = endOfLine(bytes, end, most)
    lines.push(bytes.toString('utf8', end, next).replace(/\r?\n?$/, ''))
    end = next
  }
  return { lines, end }
}

function endOfLine(bytes: Buffer, start: number, most: number): number {
  const at = bytes.indexOf(NEWLINE, start)
  return at < 0 ? most : Math.min(at + 1, most)
}
