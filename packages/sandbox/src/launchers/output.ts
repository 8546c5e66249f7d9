import { writeSync } from 'node:fs'
import type { LauncherFaults } from './launcher-faults.ts'
import { replayRecording } from './replay.ts'

/**
 * The two output streams of a stand-in. Writes are synchronous, as those of a JVM's console
 * appender: what was printed is in the pipe when the process is killed a moment later.
 */
export type Output = {
  stdout(text: string): void
  stderr(text: string): void
  /** Prints what a fault holds back. To be called before the process exits. */
  flush(): void
}

const APPLICATION_ID = /application_\d+_\d{4,}/

/** Streams of this process, with the faults that concern printing applied to every line. */
export function openOutput(faults: LauncherFaults): Output {
  const held: (() => void)[] = []
  let holding = faults.idDelayMs !== undefined
  const flush = () => {
    holding = false
    for (const print of held.splice(0)) print()
  }
  if (faults.idDelayMs !== undefined) setTimeout(flush, faults.idDelayMs).unref()

  const printer = (fd: number) => (text: string) => {
    if (faults.hideId && APPLICATION_ID.test(text)) return
    const print = () =>
      faults.partialLines ? writePieces(fd, `${text}\n`) : write(fd, `${text}\n`)
    if (holding && APPLICATION_ID.test(text)) held.push(print)
    else print()
  }
  const output = { stdout: printer(1), stderr: printer(2), flush }
  return faults.replay === undefined ? output : replayRecording(faults.replay, output)
}

/** Writes all of it. A reader that went away is no error (a JVM's console does not notice). */
export function write(fd: number, data: string | Uint8Array): void {
  let rest = typeof data === 'string' ? Buffer.from(data) : data
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw error
      pause(5)
    }
  }
}

/** A line in pieces, with a fragment on the other stream in between. */
function writePieces(fd: number, text: string): void {
  const bytes = Buffer.from(text)
  const half = Math.ceil(bytes.length / 2)
  write(fd, bytes.subarray(0, half))
  write(fd === 1 ? 2 : 1, '~')
  pause(2)
  write(fd, bytes.subarray(half))
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
