import { writeSync } from 'node:fs'
import type { DestinationStream } from 'pino'

/** How long a reader that is slow may keep the process, and the pause between two tries. */
const PATIENCE_MS = 500
const PAUSE_MS = 10

/** PIPE_BUF of Linux: so much at a time goes into a pipe as a whole, whoever else writes to it (pipe(7)). */
const ATOMIC_BYTES = 4096
const NEWLINE = '\n'.charCodeAt(0)

const STANDARD_OUTPUT = 1

/**
 * Writes lines at once, to standard output unless another descriptor is given. What cannot be written (the disk is full,
 * the reader is gone, the terminal is closed) is lost, and the next line that can be written says how many were: a
 * service goes on without its log. pino's own destination repeats such a write for ever, which stops the whole process.
 * Processes that share a pipe tear no line of each other, up to 4 KiB.
 */
export function logOutput(fd: number = STANDARD_OUTPUT): DestinationStream {
  let lost = 0
  let inLine = false
  return {
    write(line) {
      const before = `${inLine ? '\n' : ''}${lost > 0 ? lostLines(lost) : ''}`
      const bytes = Buffer.from(before + line)
      // Waited for once only, not at every line.
      const written = writeWhole(fd, bytes, lost > 0 ? 0 : PATIENCE_MS)
      if (written > 0) inLine = bytes[written - 1] !== NEWLINE
      lost = written === bytes.length ? 0 : lost + line.split('\n').length - 1
    }
  }
}

/** Answers how many bytes got through. */
function writeWhole(fd: number, bytes: Buffer, patienceMs: number): number {
  const end = Date.now() + patienceMs
  let written = 0
  while (written < bytes.length) {
    try {
      written += writeSync(fd, bytes, written, pieceEnd(bytes, written) - written)
    } catch (error) {
      const busy = error instanceof Error && 'code' in error && error.code === 'EAGAIN'
      if (!busy || Date.now() >= end) break
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    }
  }
  return written
}

/** Where a piece that begins at `from` ends: with the last line that is whole in ATOMIC_BYTES, else there. */
function pieceEnd(bytes: Buffer, from: number): number {
  const most = from + ATOMIC_BYTES
  if (bytes.length <= most) return bytes.length
  const lineEnd = bytes.lastIndexOf(NEWLINE, most - 1)
  return lineEnd < from ? most : lineEnd + 1
}

function lostLines(count: number): string {
  const line = { level: 40, time: Date.now(), pid: process.pid, lost: count }
  return `${JSON.stringify({ ...line, msg: 'log lines before this one could not be written' })}\n`
}
