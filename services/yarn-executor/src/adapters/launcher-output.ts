import { type FileHandle, open } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'

const CHUNK_BYTES = 64 * 1024
/** What of a line is looked at; the rest of a longer one is skipped. */
export const MAX_LINE_CHARACTERS = 16 * 1024

/** Reads a growing file line by line, as far as it goes. Memory: one chunk and one line. */
export type LineReader = Readonly<{
  /** The whole lines that have come since the last call; a file that is not there yet has none. */
  newLines(): AsyncGenerator<string>
  /** What stands behind the last line end. */
  rest(): string
  close(): Promise<void>
}>

/** Begins at the file's first byte, so a reader that is made again sees everything again. */
export function readLines(path: string): LineReader {
  const decoder = new StringDecoder('utf8')
  const buffer = Buffer.alloc(CHUNK_BYTES)
  let file: FileHandle | undefined
  let offset = 0
  let line = ''

  async function* newLines(): AsyncGenerator<string> {
    file ??= await openIfThere(path)
    if (!file) return
    while (true) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, offset)
      if (bytesRead === 0) return
      offset += bytesRead
      const pieces = decoder.write(buffer.subarray(0, bytesRead)).split('\n')
      const last = pieces.pop() as string
      for (const piece of pieces) {
        yield withoutReturn(grown(line, piece))
        line = ''
      }
      line = grown(line, last)
    }
  }
  return {
    newLines,
    rest: () => line,
    close: async () => {
      await file?.close()
      file = undefined
    }
  }
}

/** The file's last `maxBytes`, from the beginning of a line on; '' when it is not there. */
export async function readTail(path: string, maxBytes: number): Promise<string> {
  return await withFile(path, async (file) => {
    const { size } = await file.stat()
    const start = Math.max(0, size - maxBytes)
    const text = await readAt(file, start, size - start)
    const firstEnd = text.indexOf('\n')
    return start === 0 || firstEnd < 0 ? text : text.slice(firstEnd + 1)
  })
}

/** The file's first and last `maxBytes`, each once; '' when it is not there. */
export async function readEnds(path: string, maxBytes: number): Promise<string> {
  return await withFile(path, async (file) => {
    const { size } = await file.stat()
    if (size <= 2 * maxBytes) return await readAt(file, 0, size)
    const head = await readAt(file, 0, maxBytes)
    return `${head}\n${await readAt(file, size - maxBytes, maxBytes)}`
  })
}

async function withFile(path: string, read: (file: FileHandle) => Promise<string>) {
  const file = await openIfThere(path)
  try {
    return file ? await read(file) : ''
  } finally {
    await file?.close()
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead).toString('utf8')
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

function grown(line: string, piece: string): string {
  return line.length >= MAX_LINE_CHARACTERS ? line : (line + piece).slice(0, MAX_LINE_CHARACTERS)
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
