import { readFraming } from './log-framing.ts'
import { NmError } from './nm-errors.ts'

/** Asked for beyond what is wanted: a file may grow between two calls, and what was read before is compared. */
const SLACK_BYTES = 64 * 1024
/** A file that grows faster than it can be asked for is given up for this time. */
const MOST_TRIES = 4
/** Up to 2.8 the whole file comes each time; what has to be skipped of it is bounded. */
export const MOST_SKIPPED_RAW = 16 * 1024 * 1024

/** What came behind a place in a log file. */
export type LogAdvance =
  | Readonly<{
      kind: 'read'
      /** From the wanted place on; empty when there is nothing new. */
      bytes: Buffer
      /** Length of the whole file when it was read; `undefined` when it is not known (≤ 2.8). */
      fileBytes: number | undefined
      /** `LOCAL`, `AGGREGATED`. */
      aggregation: string | undefined
    }>
  /** The file is shorter than it was, or has other bytes in front of the place: it was rotated or cut. */
  | Readonly<{ kind: 'replaced'; fileBytes: number | undefined }>

export interface AdvanceWanted {
  containerId: string
  file: string
  /** Bytes of the file that were read before. */
  from: number
  maxBytes: number
  /** Last bytes in front of `from`, when they are known: how a file that was begun anew is told. */
  before?: Buffer | undefined
  /** How long the file was lately, when that is known: fewer calls. */
  fileBytes?: number | undefined
}

type Taken =
  | LogAdvance
  /** The file has grown so much that what was asked for begins behind the place. */
  | Readonly<{ kind: 'behind'; fileBytes: number }>
  /** The answer ended before the piece did. */
  | undefined

/** Takes one answer apart: `size` is what was asked for, bytes from the beginning or, negative, from the end. */
export type AskForSize = (
  size: number,
  take: (body: AsyncIterable<Buffer>) => Promise<Taken>
) => Promise<Taken>

/**
 * Reads a file from a place on. Servers give first or last bytes only, so the last ones are asked for with some overlap,
 * and again when the file has grown by more than that in between.
 */
export async function readAdvance(wanted: AdvanceWanted, ask: AskForSize): Promise<LogAdvance> {
  const { from, maxBytes, fileBytes } = wanted
  let size = from === 0 ? maxBytes : -tailFor(Math.max(fileBytes ?? 0, from), from)
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const asked = size
    const taken = await ask(asked, (body) => takeAdvance(body, wanted, asked))
    if (!taken) throw new NmError('NM_NONSENSE', 'NodeManager broke off in the middle of the log')
    if (taken.kind !== 'behind') return taken
    size = -tailFor(taken.fileBytes, from)
  }
  throw new NmError('NM_ERROR', 'the log grows faster than it can be asked for')
}

function tailFor(fileBytes: number, from: number): number {
  return fileBytes - from + SLACK_BYTES
}

async function takeAdvance(
  body: AsyncIterable<Buffer>,
  wanted: AdvanceWanted,
  size: number
): Promise<Taken> {
  const chunks = body[Symbol.asyncIterator]()
  try {
    let beginning = Buffer.alloc(0)
    for (;;) {
      const next = await chunks.next()
      if (!next.done) beginning = Buffer.concat([beginning, next.value])
      const framing = readFraming(beginning, { ...wanted, whole: next.done === true })
      if (!framing) continue
      if (framing.kind === 'raw') return await takeRaw(beginning, chunks, wanted)
      if (framing.kind === 'empty') return nothingIn(wanted)
      const { fileBytes, aggregation, offset } = framing
      const { from, maxBytes } = wanted
      if (fileBytes < from) return { kind: 'replaced', fileBytes }
      const start = size > 0 ? 0 : Math.max(0, fileBytes + size)
      if (start > from) return { kind: 'behind', fileBytes }
      const expected = Math.min(maxBytes, fileBytes - from)
      const found = await takePart(beginning.subarray(offset), chunks, {
        skip: from - start,
        bytes: expected,
        before: wanted.before
      })
      if (found === 'other') return { kind: 'replaced', fileBytes }
      if (found === 'short' || found.length < expected) return undefined
      return { kind: 'read', bytes: found, fileBytes, aggregation }
    }
  } finally {
    // Ends the answer here; what follows the piece is not read.
    await chunks.return?.()
  }
}

function nothingIn({ from }: AdvanceWanted): LogAdvance {
  if (from > 0) return { kind: 'replaced', fileBytes: 0 }
  return { kind: 'read', bytes: Buffer.alloc(0), fileBytes: 0, aggregation: undefined }
}

/** Up to 2.8 the answer is the file, whatever was asked for. */
async function takeRaw(
  first: Buffer,
  chunks: AsyncIterator<Buffer>,
  { from, maxBytes, before }: AdvanceWanted
): Promise<LogAdvance> {
  if (from > MOST_SKIPPED_RAW) {
    const text = `NodeManager sends whole files only, and this one is longer than ${MOST_SKIPPED_RAW} bytes`
    throw new NmError('NM_TOO_LARGE', text)
  }
  const found = await takePart(first, chunks, { skip: from, bytes: maxBytes, before })
  if (found === 'other' || found === 'short') return { kind: 'replaced', fileBytes: undefined }
  return { kind: 'read', bytes: found, fileBytes: undefined, aggregation: undefined }
}

/** Skips, and looks at the end of what it skips: `other` than it was, or too `short`. */
async function takePart(
  first: Buffer,
  chunks: AsyncIterator<Buffer>,
  { skip, bytes, before }: { skip: number; bytes: number; before: Buffer | undefined }
): Promise<Buffer | 'other' | 'short'> {
  const overlap = Math.min(skip, before?.length ?? 0)
  let left = skip - overlap
  const kept: Buffer[] = []
  let length = 0
  for (let chunk = first; ; ) {
    const rest = chunk.subarray(Math.min(left, chunk.length))
    left -= chunk.length - rest.length
    if (rest.length > 0) kept.push(rest)
    length += rest.length
    if (left === 0 && length >= overlap + bytes) break
    const next = await chunks.next()
    if (next.done) break
    chunk = next.value
  }
  if (left > 0 || length < overlap) return 'short'
  const found = Buffer.concat(kept)
  const isSame = overlap === 0 || before?.subarray(-overlap).equals(found.subarray(0, overlap))
  return isSame ? found.subarray(overlap, overlap + bytes) : 'other'
}
