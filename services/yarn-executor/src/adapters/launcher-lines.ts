import { MAX_LOG_LINE, MOST_LOG_LINES } from '../domain/log-spool.ts'
import { maskSecrets } from '../domain/secret-masking.ts'

/** So much is looked at once; of a line that is longer only the beginning is taken. */
export const PIECE_BYTES = 256 * 1024

const LF = 10
const CR = 13

/** A piece of a launcher's output, from the byte before `position` on, if there is one. */
export type Piece = Readonly<{
  bytes: Buffer
  position: number
  /** Nothing more comes: what stands behind the last line end is a line. */
  isLast: boolean
  /** What stands before a carriage return is told as well: somebody who shows progress ends no lines. */
  takesReturns: boolean
}>

/** Whole lines, masked, and up to where they were taken. */
export type Taken = Readonly<{ texts: readonly string[]; position: number }>

/**
 * Takes whole lines from a piece. Of what was overwritten with carriage returns the last state is a line. Nothing is
 * remembered: whoever goes on at `position` takes the same as whoever has never stopped.
 */
export function takeLines(piece: Piece, secrets: readonly string[]): Taken {
  const { bytes, position, isLast, takesReturns } = piece
  const before = position > 0 ? 1 : 0
  const content = bytes.subarray(before)
  const isFull = bytes.length >= PIECE_BYTES
  // The rest of a line whose beginning was taken.
  const isInside = before === 1 && bytes[0] !== LF && bytes[0] !== CR
  let end = content.lastIndexOf(LF) + 1
  if (isLast && !isFull) end = content.length
  else if (takesReturns) end = Math.max(end, returnIn(content, end))
  const isCut = end === 0 && isFull
  if (isCut) end = content.length
  const texts: string[] = []
  for (let start = isInside ? endOfLine(content, 0, end) : 0; start < end; ) {
    if (texts.length === MOST_LOG_LINES) return { texts, position: position + start }
    const next = endOfLine(content, start, end)
    const text = shownOf(content.subarray(start, next))
    texts.push(masked(text, secrets, !isCut))
    start = next
  }
  return { texts, position: position + end }
}

/** Behind the last carriage return that is not half of a line end. */
function returnIn(content: Buffer, from: number): number {
  const at = content.lastIndexOf(CR, content.length - 2)
  return at >= from ? at + 1 : 0
}

function endOfLine(content: Buffer, start: number, end: number): number {
  const at = content.subarray(0, end).indexOf(LF, start)
  return at < 0 ? end : at + 1
}

/** As a terminal would show it in the end. Bytes that are not UTF-8 become U+FFFD; holes nothing. */
function shownOf(line: Buffer): string {
  const states = line
    .toString('utf8')
    .replace(/\r?\n$/, '')
    .replaceAll('\0', '')
    .split('\r')
  return states.findLast((state) => state !== '') ?? ''
}

/**
 * Masks, then cuts: a secret that goes over the cut is found as a whole. Where the text itself may end inside of a
 * secret, as much of its end as that may be is left out.
 */
function masked(text: string, secrets: readonly string[], isWhole: boolean): string {
  const longest = secrets[0]?.length ?? 0
  const looked = text.slice(0, MAX_LOG_LINE + longest)
  if (isWhole && looked.length === text.length) return maskSecrets(text, secrets)
  const safe = maskSecrets(looked, secrets).slice(0, -longest || undefined)
  return `${safe.slice(0, MAX_LOG_LINE - 100)} [the rest of a long line is left out]`
}
