/** Enough for the lines before the log; a header that is longer is none. */
const MAX_HEADER_BYTES = 8 * 1024

const CONTENTS = Buffer.from('LogContents:\n')

/** What stands around the bytes of a log file in an answer. */
export type LogFraming =
  /** 2.6–2.8: nothing, the answer is the file. */
  | { kind: 'raw' }
  /** 2.9–3.2 leave the header out when there is nothing to show. */
  | { kind: 'empty' }
  | {
      kind: 'framed'
      /** Where the file's bytes begin in the answer. */
      offset: number
      /** Length of the whole file, also when only a piece was asked for. */
      fileBytes: number
      /** `LOCAL`, `AGGREGATED`. */
      aggregation: string | undefined
    }

/**
 * Looks at the beginning of an answer; `undefined` while more of it is needed to tell.
 *
 * `beginning` has all bytes so far, `whole` says that no more will come. Nothing is searched for in
 * the log itself: its end follows from `LogLength`.
 */
export function readFraming(
  beginning: Buffer,
  { containerId, file, whole }: { containerId: string; file: string; whole: boolean }
): LogFraming | undefined {
  const header = Buffer.from(`Container: ${containerId} on `)
  const trailer = Buffer.from(`End of LogType:${file}.`)
  if (startsWith(beginning, header)) {
    const at = beginning.subarray(0, MAX_HEADER_BYTES).indexOf(CONTENTS)
    if (at >= 0) return framed(beginning.toString('utf8', 0, at), at + CONTENTS.length)
    return whole || beginning.length >= MAX_HEADER_BYTES ? { kind: 'raw' } : undefined
  }
  if (startsWith(beginning, trailer)) return { kind: 'empty' }
  const undecided = !whole && (isPartOf(beginning, header) || isPartOf(beginning, trailer))
  return undecided ? undefined : { kind: 'raw' }
}

function framed(header: string, offset: number): LogFraming {
  const length = /^LogLength:(\d{1,15})$/m.exec(header)?.[1]
  if (length === undefined) return { kind: 'raw' }
  const aggregation = /^LogAggregationType: ?(\S+)/m.exec(header)?.[1]
  return { kind: 'framed', offset, fileBytes: Number(length), aggregation }
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.subarray(0, prefix.length).equals(prefix)
}

function isPartOf(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.length < prefix.length && prefix.subarray(0, bytes.length).equals(bytes)
}
