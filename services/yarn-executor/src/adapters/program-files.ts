import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { NotStarted, type Program } from '../domain/launching.ts'

const CHUNK_BYTES = 1024 * 1024
/** How every jar begins: the first local file header of a zip. */
const JAR_START = Buffer.from('PK\u0003\u0004', 'latin1')
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
/** The file is not what it was, for good. */
const GONE: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EISDIR'])

type Seen = Readonly<{ digest: string; bytes: number; isJar: boolean }>

/** Reads a file to its end, a piece at a time; `each` gets the pieces in turn. */
export async function seeProgram(
  handle: FileHandle,
  each: (piece: Buffer) => Promise<void> = async () => {}
): Promise<Seen> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  let bytes = 0
  let isJar = false
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, bytes)
    if (bytesRead === 0) break
    const piece = buffer.subarray(0, bytesRead)
    if (bytes === 0) isJar = piece.subarray(0, JAR_START.length).equals(JAR_START)
    hash.update(piece)
    await each(piece)
    bytes += bytesRead
  }
  return { digest: `sha256:${hash.digest('hex')}`, bytes, isJar }
}

/**
 * Copies a program durably, and sees to it that it is the one that was accepted: what is copied is what is compared.
 * @throws NotStarted when it is not there any more, or not what it was; what the disk throws
 */
export async function copyProgram(program: Program, target: string): Promise<void> {
  const source = await openSource(program)
  try {
    const copy = await open(target, 'w', 0o600)
    try {
      const seen = await seeProgram(source, async (piece) => {
        await copy.writeFile(piece)
      })
      if (seen.digest !== program.digest) {
        throw new NotStarted(
          `${program.path} has changed since the job was accepted: it was ${program.digest} (${program.bytes} bytes), and is ${seen.digest} (${seen.bytes} bytes)`
        )
      }
      await copy.sync()
    } finally {
      await copy.close()
    }
  } finally {
    await source.close()
  }
}

async function openSource({ path }: Program): Promise<FileHandle> {
  try {
    return await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (!GONE.has(code)) throw cause
    throw new NotStarted(`${path} cannot be read any more (${code})`, { cause })
  }
}
