import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { ByteRange } from '../domain/file-storage.ts'

/** Larger ones are hardly faster, and more of them lie about until they are collected. */
const CHUNK_BYTES = 64 * 1024

/**
 * A part of an open file as a stream that closes the file at its end, however that comes. A file that became shorter
 * meanwhile is an error: the receiver was promised a length, and would wait for the rest.
 */
export function streamBytes(handle: FileHandle, { start, length }: ByteRange): Readable {
  let position = start
  let left = length
  return new Readable({
    highWaterMark: CHUNK_BYTES,
    read() {
      if (left === 0) {
        this.push(null)
        return
      }
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, left))
      handle.read(buffer, 0, buffer.length, position).then(
        ({ bytesRead }) => {
          if (bytesRead === 0) {
            this.destroy(new Error('the file became shorter while it was read'))
            return
          }
          position += bytesRead
          left -= bytesRead
          this.push(buffer.subarray(0, bytesRead))
        },
        (error: Error) => this.destroy(error)
      )
    },
    destroy(error, callback) {
      handle.close().then(
        () => callback(error),
        (closing: Error) => callback(error ?? closing)
      )
    }
  })
}
