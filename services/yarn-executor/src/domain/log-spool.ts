/**
 * Where a line comes from: `launcher/stdout`, `launcher/stderr`, `am/<container id>/<file>` (the ApplicationMaster's, of
 * a Spark job in cluster mode the driver's), `container/<container id>/<file>`, `executor` (this service's own word: a gap).
 */
export type LogSource = string

/** One line of a job's log. */
export type LogLine = Readonly<{
  source: LogSource
  /** When it was seen, epoch milliseconds. */
  at: number
  /** Without its line end, secrets masked. */
  text: string
}>

/** What of a line is kept, in characters; the rest is left out, and that is said. */
export const MAX_LOG_LINE = 16 * 1024

/** So many lines at most are appended together: with time and source an empty one is a hundred bytes. */
export const MOST_LOG_LINES = 4096

/**
 * The log of one submission, in the order in which its lines were seen. Lines and the position that their source was
 * read to are kept together: who goes on from {@link LogSpool.positionOf} after a crash misses and repeats nothing.
 */
export interface LogSpool {
  /**
   * Appends lines of one source, and that the source was read to `position` (bytes). Resolves once they can be read.
   * A disk that is full is waited for; rejects only when the service ends, or after {@link LogSpool.end}. Together the
   * lines should stay well below a megabyte. Sources have no blanks in them, and 400 characters at most.
   *
   * `origin`: what the position is of, where one source is read from several places (the launcher of each attempt).
   */
  append: (
    source: LogSource,
    lines: readonly Omit<LogLine, 'source'>[],
    position: number,
    origin?: string
  ) => Promise<void>
  /** How far a source, or an origin, was read, in bytes of it; 0 when never. */
  positionOf: (origin: string) => number
  /** Nothing more comes, from any source; who follows is told. Durable; may be repeated. */
  end: () => Promise<void>
}

/** A line, and where a reader goes on who has seen it: a logical offset, the same for good. */
export type PlacedLine = LogLine & Readonly<{ cursor: number }>

/** A part of a log. */
export type LogPart = Readonly<{
  lines: readonly PlacedLine[]
  /** Where the part begins; `next` is where the next one does. */
  from: number
  next: number
  /** The offset behind the last line that there is. */
  size: number
  /** Nothing comes behind `size`, ever. */
  complete: boolean
}>

export type LogRange = Readonly<{
  from: number
  /** Of the log that is looked at, other sources included; at least one line comes, if there is one. */
  maxBytes: number
  /** Only these: a source, or what stands before a slash (`launcher`, `am`). */
  sources?: readonly string[]
}>

/** The logs on this host. One that was never written to is empty. */
export interface LogSpools {
  /** For who writes: one for each submission, whoever asks. Goes on where a former process has stopped. */
  open: (submissionId: string) => Promise<LogSpool>
  /** Remembers, also after a crash, that there will be one. */
  expect: (submissionId: string) => Promise<void>
  /** Behind the end it answers nothing, with `next` as `from`. */
  read: (submissionId: string, range: LogRange) => Promise<LogPart>
  /** The last lines, as far as they stand in the last `maxBytes`. */
  tail: (
    submissionId: string,
    range: Readonly<{ lines: number; maxBytes: number; sources?: readonly string[] }>
  ) => Promise<LogPart>
  /** Calls `listener` after each change of one log. Answers how to end it. */
  onChange: (submissionId: string, listener: () => void) => () => void
  has: (submissionId: string) => Promise<boolean>
  /** Those that have begun and not ended. */
  unended: () => Promise<string[]>
  /** Those that nothing was added to since `time` (epoch milliseconds). */
  unchangedSince: (time: number) => AsyncIterable<string>
  remove: (submissionId: string) => Promise<void>
}

export function isOfSource(source: LogSource, sources: readonly string[] | undefined): boolean {
  return !sources || sources.some((one) => source === one || source.startsWith(`${one}/`))
}
