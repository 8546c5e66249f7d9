import type { ByteRange } from '../domain/file-storage.ts'

/**
 * The part of a file of `bytes` that a `Range` header asks for (RFC 9110 §14): `undefined` for the whole file, which is
 * also the answer to several ranges and to what cannot be read; `'none'` when the part lies outside of the file (416).
 */
export function byteRange(
  header: string | undefined,
  bytes: number
): ByteRange | 'none' | undefined {
  const [, first, last] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || first + last === '') return undefined
  if (first === '') {
    const length = Math.min(Number(last), bytes)
    return length === 0 ? 'none' : { start: bytes - length, length }
  }
  const start = Number(first)
  const end = last === '' ? bytes - 1 : Number(last)
  if (end < start && last !== '') return undefined
  return start >= bytes ? 'none' : { start, length: Math.min(end, bytes - 1) - start + 1 }
}
