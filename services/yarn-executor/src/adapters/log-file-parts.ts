import { open, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'

/** One file of a spool; its name is the logical offset that it begins at. */
export type FilePart = { readonly start: number; size: number }

const NAME = /^(\d{16})\.log$/

export function pathOf(directory: string, start: number): string {
  return join(directory, `${String(start).padStart(16, '0')}.log`)
}

/** The files of a spool in their order; none when it is not there. */
export async function startsIn(directory: string): Promise<number[]> {
  const names = await readdir(directory).catch(noneIfMissing)
  return names
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

/** `length` bytes from `offset` of a file on, fewer at its end; undefined when it has been removed. */
export async function readBytes(
  path: string,
  offset: number,
  length: number
): Promise<Buffer | undefined> {
  const file = await open(path, 'r').catch(undefinedIfMissing)
  if (!file) return undefined
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Writes all of it at this place, over what a write that failed may have left there. */
export async function writeBytes(path: string, bytes: Buffer, offset: number): Promise<void> {
  const file = await open(path, offset === 0 ? 'w' : 'r+', 0o600)
  try {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done)
      done += bytesWritten
    }
  } finally {
    await file.close()
  }
}

export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch(undefinedIfMissing)
}

export function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

function noneIfMissing(error: NodeJS.ErrnoException): string[] {
  undefinedIfMissing(error)
  return []
}
