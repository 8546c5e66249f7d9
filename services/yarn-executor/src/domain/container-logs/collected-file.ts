import type { LogAdvance } from '@scheduler-task/yarn-client/log-advance'
import type { LogSource, LogSpool } from '../log-spool.ts'
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
  /** This service's own word in the log. */
  tell: (text: string) => Promise<void>
  now?: () => number
}>

export function createCollectedFile(options: FileOptions): CollectedFile {
  const { spool, source, secrets, tell, now = Date.now } = options
  let before: Buffer | undefined
  /** How long it was when all of it had been looked at. */
  let seenBytes: number | undefined

  async function startAnew(): Promise<Progress> {
    await tell(`${source} has been begun anew, and is read from its first byte`)
    await spool.append(source, [], 0)
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
      const advance = await readFrom({ from, maxBytes: PIECE_BYTES, ...known })
      if (advance.kind === 'replaced') return await startAnew()
      const isAtEnd =
        advance.fileBytes === undefined
          ? advance.bytes.length < PIECE_BYTES
          : from + advance.bytes.length >= advance.fileBytes
      // Behind a gap the first line is only the rest of one.
      const skipped = cut ? advance.bytes.indexOf(NEWLINE) + 1 : 0
      if (cut)
        await tell(
          `${from + skipped - spool.positionOf(source)} bytes of ${source} are left out here`
        )
      const isLast = last === true && isAtEnd
      const isFull = advance.bytes.length >= PIECE_BYTES
      const { taken, lines } = linesIn(advance.bytes.subarray(skipped), { isLast, isFull })
      const position = from + skipped + taken
      const at = now()
      if (taken > 0 || cut) {
        const texts = lines.map((text) => ({ at, text: maskSecrets(text, secrets) }))
        await spool.append(source, texts, position)
      }
      if (taken > 0) before = advance.bytes.subarray(0, skipped + taken).subarray(-BEFORE_BYTES)
      seenBytes = isAtEnd ? advance.fileBytes : undefined
      return { bytes: taken, isAtEnd }
    }
  }
}

/**
 * Whole lines, and how many bytes they are. What stands behind the last line end is one as well when nothing more comes,
 * and when a piece is full of it.
 */
function linesIn(
  bytes: Buffer,
  { isLast, isFull }: { isLast: boolean; isFull: boolean }
): { taken: number; lines: string[] } {
  const end = bytes.lastIndexOf(NEWLINE) + 1
  const rest = bytes.subarray(end)
  const takesRest = rest.length > 0 && (isLast || (isFull && end === 0))
  const text = bytes.subarray(0, end).toString()
  const lines = end === 0 ? [] : text.slice(0, -1).split('\n')
  if (takesRest) lines.push(rest.toString())
  return { taken: takesRest ? bytes.length : end, lines: lines.map(withoutReturn) }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
