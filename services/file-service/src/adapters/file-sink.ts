import type { FileHandle } from 'node:fs/promises'

const BUFFER_BYTES = 256 * 1024

export type FileSink = { write(chunk: Buffer): Promise<void>; flush(): Promise<void> }

/**
 * Writes pieces of any size to a file by way of one buffer. A piece is done with when `write` returns, so that pieces
 * die young: held during a write of their own, many would live until the next full garbage collection.
 */
export function createFileSink(handle: FileHandle): FileSink {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  let used = 0

  async function flush(): Promise<void> {
    // A disk that is nearly full takes a part of a write without an error.
    for (let done = 0; done < used; ) {
      const { bytesWritten } = await handle.write(buffer, done, used - done)
      done += bytesWritten
    }
    used = 0
  }

  return {
    flush,
    async write(chunk) {
      for (let done = 0; done < chunk.length; ) {
        const taken = chunk.copy(buffer, used, done)
        used += taken
        done += taken
        if (used === buffer.length) await flush()
      }
    }
  }
}
