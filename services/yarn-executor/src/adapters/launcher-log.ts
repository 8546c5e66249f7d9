import { execFile } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { promisify } from 'node:util'
import { pause } from '@scheduler-task/yarn-client/time-limit'
import type { Launching } from '../domain/launching.ts'
import type { Log } from '../domain/log.ts'
import type { LauncherOutputFeed } from '../domain/log-feeds.ts'
import type { LogSpool } from '../domain/log-spool.ts'
import { type AttemptDirectory, attemptDirectory, exists, wasStarted } from './attempt-directory.ts'
import { attemptSecrets } from './attempt-secrets.ts'
import { watchDirectory } from './directory-watch.ts'
import { PIECE_BYTES, takeLines } from './launcher-lines.ts'
import { readBytes, undefinedIfMissing } from './log-file-parts.ts'

/** Where the system does not tell of changes. */
const LOOK_EVERY_MS = 500
/** While the launcher has left no exit status, whether it was killed; afterwards, whether something of it is left. */
const END_EVERY_MS = { running: 5000, ended: 500 } as const
/** Progress that is shown in one line is a line so often. */
const RETURNS_EVERY_MS = 1000
/** What of a launcher's own files stays on disk: its first words and its last ones are searched for failures. */
const KEPT_HEAD = 512 * 1024
const KEPT_TAIL = 1024 * 1024
/** Removed at once. */
const HOLE_BYTES = 8 * 1024 * 1024
const PUNCH_TIMEOUT_MS = 30_000

const run = promisify(execFile)

type Stream = {
  readonly source: string
  readonly origin: string
  readonly path: string
  /** Behind the last hole. */
  punched: number
  returnsAt: number
}

export type LauncherLogOptions = Readonly<{
  /** Each attempt of this process has a directory in it. */
  root: string
  launching: Pick<Launching, 'exitOf' | 'fence'>
  /** What every launcher gets; the secrets in it are masked. */
  environment: Readonly<Record<string, string>>
  /** Whoever is further behind, because a launcher prints faster than its output is taken, goes on at half of that. */
  maxBehindBytes: number
  signal: AbortSignal
  log: Log
  /** util-linux's, by name or path. */
  fallocate?: string
}>

/** Brings the output files of launchers into the logs of their jobs, and keeps the files small. */
export function createLauncherLog(options: LauncherLogOptions): LauncherOutputFeed {
  const { root, launching, environment, maxBehindBytes, signal, log } = options
  const { fallocate = 'fallocate' } = options
  const own = realOr(resolve(root))
  let punches = true

  return {
    isHere: ({ directory }) => dirname(directory) === own,

    feed: async (attempt, spool, isOver) => {
      const directory = attemptDirectory(attempt.directory)
      const ended = new AbortController()
      const news = watchDirectory(directory.path, AbortSignal.any([signal, ended.signal]))
      const streams = (['stdout', 'stderr'] as const).map((name) =>
        streamOf(attempt.attemptId, name, directory)
      )
      let secrets: readonly string[] | undefined
      let lookAt = 0
      let gone = 0
      try {
        for (;;) {
          signal.throwIfAborted()
          if (await wasStarted(directory)) {
            // They are there before anything runs.
            secrets ??= await attemptSecrets(directory, environment)
            const isLast = performance.now() >= lookAt && (await isGone())
            for (const stream of streams) await take(stream, spool, secrets, isLast)
            if (isLast) return
          } else if (isOver()) return
          await news.within(LOOK_EVERY_MS)
        }
      } finally {
        ended.abort()
        news.close()
      }

      /** The launcher, and all that it has left: what comes after that question is all that there is. */
      async function isGone(): Promise<boolean> {
        const hasEnded = await exists(directory.exitStatus)
        lookAt = performance.now() + END_EVERY_MS[hasEnded ? 'ended' : 'running']
        const isFree =
          (hasEnded || (await launching.exitOf(attempt)) !== undefined) &&
          (await launching.fence(attempt)) === 'free'
        // Nothing of it is there, too, between the opening of its output and its spawn.
        gone = isFree ? gone + 1 : 0
        return isFree && (hasEnded || gone > 1)
      }
    }
  }

  async function take(
    stream: Stream,
    spool: LogSpool,
    secrets: readonly string[],
    isLast: boolean
  ): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      const position = spool.positionOf(stream.origin)
      const size = (await stat(stream.path).catch(undefinedIfMissing))?.size ?? 0
      if (size <= position) return
      if (size - position > maxBehindBytes) {
        await leaveOut(stream, spool, position, size - Math.floor(maxBehindBytes / 2))
        continue
      }
      const from = Math.max(0, position - 1)
      const bytes = await readBytes(stream.path, from, PIECE_BYTES)
      if (!bytes) return
      const now = performance.now()
      const takesReturns = now >= stream.returnsAt
      const piece = { bytes, position, isLast, takesReturns }
      const { texts, position: taken } = takeLines(piece, secrets)
      if (taken === position) return
      if (takesReturns) stream.returnsAt = now + RETURNS_EVERY_MS
      const at = Date.now()
      const lines = texts.map((text) => ({ at, text }))
      await spool.append(stream.source, lines, taken, stream.origin)
      await keepSmall(stream, taken)
      // A launcher that prints without end does not keep others waiting.
      await pause(0, signal)
    }
  }

  /** More than a log keeps: the line that the place is in is left out as well. */
  async function leaveOut(
    stream: Stream,
    spool: LogSpool,
    position: number,
    until: number
  ): Promise<void> {
    const { source, origin } = stream
    const text = `about ${until - position} bytes of ${source} are left out here: more came than is kept`
    await spool.append('executor', [{ at: Date.now(), text }], until, origin)
    await keepSmall(stream, until)
  }

  /** What was taken is removed from the middle of the file, while the launcher goes on at its end. */
  async function keepSmall(stream: Stream, taken: number): Promise<void> {
    const until = taken - KEPT_TAIL
    if (!punches || until - stream.punched < HOLE_BYTES) return
    const range = ['--offset', `${stream.punched}`, '--length', `${until - stream.punched}`]
    try {
      await run(fallocate, ['--punch-hole', ...range, stream.path], {
        timeout: PUNCH_TIMEOUT_MS,
        signal
      })
      stream.punched = until
    } catch (err) {
      signal.throwIfAborted()
      punches = false
      log.warn({ err }, 'the output files of launchers cannot be kept small on this file system')
    }
  }
}

function streamOf(attemptId: string, name: 'stdout' | 'stderr', directory: AttemptDirectory) {
  const source = `launcher/${name}`
  return {
    source,
    origin: `${source}#${attemptId}`,
    path: directory[name],
    punched: KEPT_HEAD,
    returnsAt: 0
  }
}

function realOr(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
