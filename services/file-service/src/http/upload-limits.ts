/** Bytes that boundaries, headers and fields may add to a file's own. */
const FORM_OVERHEAD_BYTES = 1024 * 1024

/** Limits of one multipart form; the size of the file itself is counted while it is stored. */
export const FORM_LIMITS = {
  fileSize: Number.MAX_SAFE_INTEGER,
  // One more than is taken, so that the second can be named in the answer.
  files: 2,
  fields: 20,
  parts: 22,
  fieldNameSize: 100,
  fieldSize: 16 * 1024,
  headerPairs: 50,
  headerSize: 16 * 1024
} as const

/** True when the length that a request announces cannot hold a file of at most `maxBytes`. */
export function announcesTooMuch(contentLength: string | undefined, maxBytes: number): boolean {
  return Number(contentLength ?? 0) > maxBytes + FORM_OVERHEAD_BYTES
}
