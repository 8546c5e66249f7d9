import { type LogLine, MAX_LOG_LINE, type PlacedLine } from '../domain/log-spool.ts'

/**
 * What stands in a spool, a line each:
 *
 *     = {"boot":"…","positions":{"launcher/stdout":120}}   how far everything was read, at the head of each file
 *     1763868000000 launcher/stdout some text              a line: when it was seen, its source, its text
 *     @ 4096 launcher/stdout                               the lines before it were read up to here: closes a write
 *     ! 1763868000000                                      the end
 */
export type Head = Readonly<{ boot: string; positions: Readonly<Record<string, number>> }>

/** A container, and a file of it, whose name may have 255 characters, come to 337. */
const SOURCE = /^[\x21-\x7e]{1,400}$/
const LINE = /^(\d{1,15}) ([\x21-\x7e]{1,400}) /
const POSITION = /^@ (\d{1,16}) ([\x21-\x7e]{1,400})$/
const END = /^! \d{1,15}$/
// What would end a line, here or for who shows it.
const LINE_ENDS = /[\n\r\u2028\u2029]/g

export function headRecord(head: Head): string {
  return `= ${JSON.stringify(head)}\n`
}

/** @throws TypeError for a source that cannot be written */
export function lineRecord({ source, at, text }: LogLine): string {
  checkSource(source)
  return `${Math.max(0, Math.trunc(at))} ${source} ${bounded(text).replace(LINE_ENDS, ' ')}\n`
}

/** @throws TypeError, RangeError for what cannot be written */
export function positionRecord(origin: string, position: number): string {
  checkSource(origin)
  if (!Number.isSafeInteger(position) || position < 0) throw new RangeError('not a position')
  return `@ ${position} ${origin}\n`
}

export function endRecord(at: number): string {
  return `! ${at}\n`
}

export function parseLine(record: string): LogLine | undefined {
  const match = LINE.exec(record)
  if (!match) return undefined
  const [start, at = '', source = ''] = match
  return { source, at: Number(at), text: record.slice(start.length) }
}

/** What one file says, as far as it was written as a whole. */
export type Scan = Readonly<{
  /** Undefined: not even its head was written. */
  head: Head | undefined
  positions: ReadonlyMap<string, number>
  /** Bytes; what stands behind was being written when the process was killed. */
  valid: number
  ended: boolean
}>

export function scanFile(bytes: Buffer): Scan {
  const positions = new Map<string, number>()
  const headEnd = bytes.indexOf(10) + 1
  const head = headEnd > 0 ? parseHead(bytes.toString('utf8', 0, headEnd - 1)) : undefined
  if (!head) return { head, positions, valid: 0, ended: false }
  for (const [origin, position] of Object.entries(head.positions)) positions.set(origin, position)
  let valid = headEnd
  let ended = false
  for (let start = headEnd; ; ) {
    const end = bytes.indexOf(10, start)
    if (end < 0) break
    const record = bytes.toString('utf8', start, end)
    const position = POSITION.exec(record)
    if (position) positions.set(String(position[2]), Number(position[1]))
    else if (END.test(record)) ended = true
    else if (!LINE.test(record)) break
    start = end + 1
    if (position || ended) valid = start
  }
  return { head, positions, valid, ended }
}

/**
 * The lines in `bytes`, which begin at the logical offset `start` with a whole record. `used`: up to behind the last
 * whole record.
 */
export function linesIn(bytes: Buffer, start: number): { lines: PlacedLine[]; used: number } {
  const lines: PlacedLine[] = []
  let used = 0
  for (;;) {
    const end = bytes.indexOf(10, used)
    if (end < 0) return { lines, used }
    const line = parseLine(bytes.toString('utf8', used, end))
    used = end + 1
    if (line) lines.push({ ...line, cursor: start + used })
  }
}

function parseHead(record: string): Head | undefined {
  if (!record.startsWith('= ')) return undefined
  try {
    return JSON.parse(record.slice(2)) as Head
  } catch {
    return undefined
  }
}

function checkSource(source: string): void {
  if (!SOURCE.test(source)) throw new TypeError(`not a source of log lines: ${source}`)
}

function bounded(text: string): string {
  if (text.length <= MAX_LOG_LINE) return text
  return `${text.slice(0, MAX_LOG_LINE)} [${text.length - MAX_LOG_LINE} characters left out]`
}
