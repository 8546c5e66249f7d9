import {
  isOfSource,
  type LogPart,
  type LogRange,
  MAX_LOG_LINE,
  type PlacedLine
} from '../domain/log-spool.ts'
import { type FilePart, pathOf, readBytes } from './log-file-parts.ts'
import { linesIn } from './log-records.ts'
import { NEW_BOOT_LEAP, OTHER_HOST_LEAP } from './log-spool-file.ts'

/** What a reader needs to know of a spool. */
export type Readable = Readonly<{ parts: readonly FilePart[]; size: number; ended: boolean }>

/** At least: a line with everything around it, four bytes a character. */
const CHUNK_BYTES = 64 * 1024 + 4 * MAX_LOG_LINE

/** A part of a spool, from the files. Memory: what is asked for, and one chunk. */
export async function readSpool(
  directory: string,
  spool: Readable,
  { from, maxBytes, sources }: LogRange
): Promise<LogPart> {
  const lines: PlacedLine[] = []
  let next = from
  let any = false
  for (let left = maxBytes; (left > 0 || !any) && next < spool.size; ) {
    const found = await step(directory, spool, next, left)
    left -= found.looked
    next = found.next
    any ||= found.lines.length > 0
    for (const line of found.lines) {
      if (isOfSource(line.source, sources) || line.source === 'executor') lines.push(line)
    }
  }
  // The word about a gap has the time of what comes behind it.
  const timed = lines.map((line, at) =>
    line.at === 0 ? { ...line, at: lines[at + 1]?.at ?? lines[at - 1]?.at ?? 0 } : line
  )
  return { lines: timed, from, next, size: spool.size, complete: spool.ended }
}

/** The last lines, from the last `maxBytes`. */
export async function readSpoolTail(
  directory: string,
  spool: Readable,
  range: Readonly<{ lines: number; maxBytes: number; sources?: readonly string[] }>
): Promise<LogPart> {
  const first = spool.parts[0]?.start ?? 0
  for (
    let span = Math.min(CHUNK_BYTES, range.maxBytes);
    ;
    span = Math.min(span * 4, range.maxBytes)
  ) {
    const from = Math.max(first, spool.size - span)
    const part = await readSpool(directory, spool, {
      ...range,
      from,
      maxBytes: spool.size - from + 1
    })
    const isAll = span === range.maxBytes || from === first
    if (part.lines.length < range.lines && !isAll) continue
    const lines = part.lines.slice(Math.max(0, part.lines.length - range.lines))
    const left = part.lines.length - lines.length
    return { ...part, lines, from: left === 0 ? from : (part.lines[left - 1]?.cursor ?? from) }
  }
}

type Step = { lines: PlacedLine[]; next: number; looked: number }

async function step(
  directory: string,
  { parts, size }: Readable,
  from: number,
  maxBytes: number
): Promise<Step> {
  const part = parts.find((one) => from < one.start + one.size)
  if (!part) return { lines: [], next: size, looked: 0 }
  if (from < part.start) {
    return { lines: [gapLine(from, part.start)], next: part.start, looked: 0 }
  }
  const end = part.start + part.size
  // One byte before: whether a record begins here.
  const isInside = from > part.start
  const begin = isInside ? from - 1 : from
  for (let length = Math.min(CHUNK_BYTES, Math.max(maxBytes, 1)); ; length *= 2) {
    const bytes = await readBytes(
      pathOf(directory, part.start),
      begin - part.start,
      Math.min(length, end - begin)
    )
    if (!bytes || bytes.length === 0) {
      // Removed a moment ago.
      return { lines: [gapLine(from, end)], next: end, looked: 0 }
    }
    const skipped = isInside ? bytes.indexOf(10) + 1 : 0
    const { lines, used } = linesIn(bytes.subarray(skipped), begin + skipped)
    const isWhole = begin + bytes.length >= end
    if ((skipped === 0 && isInside) || used === 0) {
      if (!isWhole) continue
      return { lines: [], next: end, looked: bytes.length }
    }
    return { lines, next: begin + skipped + used, looked: bytes.length }
  }
}

function gapLine(from: number, to: number): PlacedLine {
  return { source: 'executor', at: 0, text: `[${gapText(to - from)}]`, cursor: to }
}

function gapText(bytes: number): string {
  if (bytes >= OTHER_HOST_LEAP) return 'launched once more: the log before is on another host'
  if (bytes >= NEW_BOOT_LEAP) {
    return 'the host was started anew: the last lines before may be missing, or come once more'
  }
  return `${bytes} bytes of log were left out here, which would be larger than it may be`
}
