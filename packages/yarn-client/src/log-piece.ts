import { readFraming } from './log-framing.ts'

/** Chunks, which can be single bytes, are joined when there are so many. */
const MAX_CHUNKS = 1000

/** A piece of a log file. */
export interface LogPiece {
  bytes: Buffer
  /** Where in the file the piece begins; `undefined` when the NodeManager does not say (≤ 2.8). */
  start: number | undefined
  /** Length of the whole file when it was read; `undefined` when the NodeManager does not say. */
  fileBytes: number | undefined
  /** `LOCAL` on the node, `AGGREGATED` from storage; `undefined` up to 2.8 and for an empty file. */
  aggregation: string | undefined
}

export interface PieceWanted {
  containerId: string
  file: string
  /** The first (`head`) or the last (`tail`) bytes of the file. */
  end: 'head' | 'tail'
  bytes: number
}

/**
 * Takes the wanted piece out of an answer while it arrives, never holding much more than the piece.
 * `undefined` when the answer ended before the piece did.
 */
export async function takePiece(
  body: AsyncIterable<Buffer>,
  wanted: PieceWanted
): Promise<LogPiece | undefined> {
  const chunks = body[Symbol.asyncIterator]()
  try {
    const { beginning, framing } = await readBeginning(chunks, wanted)
    if (framing.kind === 'empty') {
      return { bytes: Buffer.alloc(0), start: 0, fileBytes: 0, aggregation: undefined }
    }
    if (framing.kind === 'raw') return await takeRaw(beginning, chunks, wanted)
    const { fileBytes, aggregation, offset } = framing
    const expected = Math.min(wanted.bytes, fileBytes)
    const bytes = await takeFirst(beginning.subarray(offset), chunks, expected)
    if (bytes.length < expected) return undefined
    return {
      bytes,
      start: wanted.end === 'head' ? 0 : fileBytes - expected,
      fileBytes,
      aggregation
    }
  } finally {
    // Ends the answer here; what follows the piece is not read.
    await chunks.return?.()
  }
}

async function readBeginning(chunks: AsyncIterator<Buffer>, wanted: PieceWanted) {
  let beginning = Buffer.alloc(0)
  for (;;) {
    const next = await chunks.next()
    if (!next.done) beginning = Buffer.concat([beginning, next.value])
    const framing = readFraming(beginning, { ...wanted, whole: next.done === true })
    if (framing) return { beginning, framing }
  }
}

async function takeFirst(first: Buffer, chunks: AsyncIterator<Buffer>, bytes: number) {
  const kept = [first]
  let length = first.length
  while (length < bytes) {
    const next = await chunks.next()
    if (next.done) break
    kept.push(next.value)
    length += next.value.length
  }
  return Buffer.concat(kept).subarray(0, bytes)
}

/** Up to 2.8 `size` is ignored and the whole file comes; its tail is kept while it goes by. */
async function takeRaw(
  first: Buffer,
  chunks: AsyncIterator<Buffer>,
  { end, bytes }: PieceWanted
): Promise<LogPiece> {
  const unknown = { fileBytes: undefined, aggregation: undefined }
  if (end === 'head') return { bytes: await takeFirst(first, chunks, bytes), start: 0, ...unknown }
  let kept = [first]
  let length = first.length
  let fileBytes = first.length
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    kept.push(next.value)
    length += next.value.length
    fileBytes += next.value.length
    if (length < bytes * 2 && kept.length < MAX_CHUNKS) continue
    kept = [Buffer.concat(kept).subarray(-bytes)]
    length = kept[0]?.length ?? 0
  }
  const tail = Buffer.concat(kept).subarray(-bytes)
  return { bytes: tail, start: fileBytes - tail.length, fileBytes, aggregation: undefined }
}
