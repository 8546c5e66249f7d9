import { setTimeout as pause } from 'node:timers/promises'
import { isAlive } from '@scheduler-task/host-identity/process-identity'
import { createApplicationIdScan } from '../domain/application-id-scan.ts'
import type { Fence, LaunchEvent, LauncherExit, ProcessIdentity } from '../domain/launching.ts'
import { type AttemptDirectory, wasStarted, wasVoided } from './attempt-directory.ts'
import { watchDirectory } from './directory-watch.ts'
import { readExitStatus } from './exit-status.ts'
import { type LineReader, readLines } from './launcher-output.ts'

/** While the launcher is about to submit, then while it only lives on as a driver. */
const LOOK_EVERY_MS = { submitting: 150, running: 1000 } as const
/** Processes are looked for less often than files. */
const FENCE_EVERY_MS = 1000
/** A shim syncs a file and its directory, and ends. */
const SHIM_ENDS_MS = 5000
/** What a launcher leaves to end right after it. */
const SURVIVOR_ENDS_MS = 500
const SURVIVOR_LOOK_MS = 20

export type Watched = Readonly<{
  identity: ProcessIdentity | undefined
  directory: AttemptDirectory
  fence: () => Promise<Fence>
}>

/** See `Launching.watch`. */
export async function* watchAttempt(
  watched: Watched,
  signal: AbortSignal
): AsyncGenerator<LaunchEvent> {
  const { directory } = watched
  const scan = createApplicationIdScan()
  const readers = [readLines(directory.stdout), readLines(directory.stderr)]
  // A start is waited for: what the launcher says is to be seen at once.
  const news = watchDirectory(directory.path, signal)
  let fenceAt = 0
  try {
    while (!signal.aborted) {
      // Before the output: what stands in it by then was written before the end.
      let exit = await readExitStatus(directory.exitStatus)
      if (!exit && performance.now() >= fenceAt) {
        exit = await exitOfAttempt(watched)
        fenceAt = performance.now() + FENCE_EVERY_MS
      }
      for (const reader of readers) {
        for await (const line of scan.done ? [] : linesOf(reader, exit !== undefined)) {
          if (signal.aborted) return
          const found = scan.see(line)
          if (found) yield { kind: 'application-id', ...found }
          if (scan.done) break
        }
      }
      if (exit) return yield { kind: 'ended', exit: await withSurvivors(watched, exit) }
      if (scan.done) news.close()
      await news.within(scan.done ? LOOK_EVERY_MS.running : LOOK_EVERY_MS.submitting)
    }
  } finally {
    news.close()
    await Promise.all(readers.map((reader) => reader.close()))
  }
}

/** The exit status, or why there is none; undefined while somebody of the attempt lives. */
export async function exitOfAttempt({
  identity,
  directory,
  fence
}: Watched): Promise<LauncherExit | undefined> {
  const written = await readExitStatus(directory.exitStatus)
  if (written || (identity && isAlive(identity)) || (await fence()) !== 'free') return written
  // Of one with a process a missing output says nothing: somebody has removed its directory.
  if (!identity && !(await wasStarted(directory))) {
    const reason = (await wasVoided(directory))
      ? 'it was voided before it began'
      : 'it was never started'
    return { kind: 'not-started', reason }
  }
  // Once more: the status may have come between the first look and the end of the last process.
  const late = await readExitStatus(directory.exitStatus)
  return (
    late ?? { kind: 'unknown', reason: 'it left no exit status: killed, or the host went down' }
  )
}

/** The same exit, marked when processes of the attempt live on after its shim, which writes the exit status down. */
async function withSurvivors(
  { identity, fence }: Watched,
  exit: LauncherExit
): Promise<LauncherExit> {
  if (exit.kind !== 'exited' && exit.kind !== 'signalled') return exit
  const limit = performance.now() + SHIM_ENDS_MS
  while (performance.now() < limit && (!identity || isAlive(identity))) {
    if ((await fence()) !== 'held') return exit
    await pause(SURVIVOR_LOOK_MS)
  }
  for (const end = performance.now() + SURVIVOR_ENDS_MS; performance.now() < end; ) {
    if ((await fence()) !== 'held') return exit
    await pause(SURVIVOR_LOOK_MS)
  }
  return { ...exit, outlived: true }
}

async function* linesOf(reader: LineReader, isComplete: boolean): AsyncGenerator<string> {
  yield* reader.newLines()
  if (isComplete) yield reader.rest()
}
