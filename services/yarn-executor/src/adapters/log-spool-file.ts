import { mkdir, stat, truncate, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pause } from '@scheduler-task/yarn-client/time-limit'
import type { Log } from '../domain/log.ts'
import type { LogSpool } from '../domain/log-spool.ts'
import {
  type FilePart,
  pathOf,
  readBytes,
  removeFile,
  startsIn,
  syncPath,
  writeBytes
} from './log-file-parts.ts'
import { endRecord, headRecord, lineRecord, positionRecord, scanFile } from './log-records.ts'

/** What is left out of the offsets when the host was started anew: lines that were seen may be gone from the disk. */
export const NEW_BOOT_LEAP = 2 ** 32
/** The same for each earlier attempt, which another host may have the log of. */
export const OTHER_HOST_LEAP = 2 ** 40

const SMALLEST_PART = 64 * 1024
const LARGEST_PART = 4 * 1024 * 1024
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5000

export type SpoolFileOptions = Readonly<{
  submissionId: string
  directory: string
  /** Is there from before the first line until after the end. */
  openMark: string
  maxBytes: number
  bootId: string
  /** Where the offsets of a new one begin. */
  startAt: () => Promise<number>
  signal: AbortSignal
  log: Log
  now: () => number
}>

/** A spool on disk. Of its state only this is in memory: its files, its positions, no line and no descriptor. */
export type SpoolFile = LogSpool & {
  /** Of readers; the writer changes them. */
  readonly parts: readonly FilePart[]
  readonly size: number
  readonly ended: boolean
  onChange: ((added: Readonly<{ start: number; bytes: Buffer }> | undefined) => void) | undefined
}

/**
 * Opens what is there, and mends it: what a killed process had not written to its end is cut off, positions of its lines
 * with it. Nothing is made before the first line.
 */
export async function openSpoolFile(options: SpoolFileOptions): Promise<SpoolFile> {
  const { submissionId, directory, openMark, maxBytes, bootId, signal, log, now } = options
  const partBytes = Math.min(LARGEST_PART, Math.max(SMALLEST_PART, Math.floor(maxBytes / 16)))
  const headParts = Math.max(1, Math.floor(maxBytes / 4 / partBytes))
  const { parts, positions, ended: endedBefore, boot } = await mended(directory)
  let ended = endedBefore
  let leap = boot !== undefined && boot !== bootId ? NEW_BOOT_LEAP : 0
  let last: Promise<unknown> = Promise.resolve()
  /** Has its head and nothing else: a write that failed is repeated there, however large it is. */
  let bare: FilePart | undefined

  const spool: SpoolFile = {
    parts,
    get size() {
      return endOf(parts.at(-1))
    },
    get ended() {
      return ended
    },
    onChange: undefined,
    positionOf: (origin) => positions.get(origin) ?? 0,
    append: (source, lines, position, origin = source) =>
      inTurn(async () => {
        if (ended) throw new Error(`the log of ${submissionId} has ended`)
        if (lines.length === 0 && positions.get(origin) === position) return
        const records = lines.map((line) => lineRecord({ ...line, source })).join('')
        const read = positionRecord(origin, position)
        await insist(() => add(records + read))
        positions.set(origin, position)
      }),
    end: () =>
      inTurn(async () => {
        // A former process may have ended it, and no more.
        if (ended) return await removeFile(openMark)
        await insist(() => add(endRecord(now())))
        await insist(() => syncPath(pathOf(directory, parts.at(-1)?.start ?? 0)))
        await insist(() => syncPath(directory))
        ended = true
        await removeFile(openMark)
        spool.onChange?.(undefined)
      })
  }
  return spool

  /** One write after the other. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }

  async function add(records: string): Promise<void> {
    const bytes = Buffer.from(records)
    const part = await partFor(bytes.length)
    await writeBytes(pathOf(directory, part.start), bytes, part.size)
    const start = endOf(part)
    // From here on readers see it.
    part.size += bytes.length
    bare = undefined
    spool.onChange?.({ start, bytes })
  }

  /** The last file, or a new one when that is full. */
  async function partFor(bytes: number): Promise<FilePart> {
    const current = parts.at(-1)
    const hasRoom = current && (current === bare || current.size + bytes <= partBytes)
    if (hasRoom && leap === 0) return current
    if (!current) await mkdir(directory, { recursive: true, mode: 0o700 })
    if (!current) await mkdir(dirname(openMark), { recursive: true, mode: 0o700 })
    await writeFile(openMark, '', { mode: 0o600 })
    const start = current ? endOf(current) + leap : await options.startAt()
    const head = Buffer.from(headRecord({ boot: bootId, positions: Object.fromEntries(positions) }))
    await writeBytes(pathOf(directory, start), head, 0)
    const part = { start, size: head.length }
    parts.push(part)
    bare = part
    leap = 0
    await keepWithinBounds(bytes)
    return part
  }

  /** What is neither head nor tail goes, the oldest first. */
  async function keepWithinBounds(coming: number): Promise<void> {
    const room = maxBytes - Math.max(partBytes, coming)
    while (parts.length > headParts + 1 && parts.reduce((sum, one) => sum + one.size, 0) > room) {
      const [gone] = parts.splice(headParts, 1)
      if (gone) await removeFile(pathOf(directory, gone.start))
    }
  }

  /** A disk that is full, or does not answer, harms no job: its output waits where it is. */
  async function insist(work: () => Promise<void>): Promise<void> {
    let since: number | undefined
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      signal.throwIfAborted()
      try {
        await work()
        if (since !== undefined) log.info({ submissionId, ms: now() - since }, 'the log goes on')
        return
      } catch (err) {
        if (since === undefined)
          log.warn({ submissionId, err }, 'the log cannot be written for now')
        since ??= now()
      }
      await pause(pauseMs, signal)
    }
  }
}

function endOf(part: FilePart | undefined): number {
  return part ? part.start + part.size : 0
}

type Found = {
  parts: FilePart[]
  positions: Map<string, number>
  ended: boolean
  /** In which its last line was written; undefined when there is none, or nothing more comes. */
  boot: string | undefined
}

async function mended(directory: string): Promise<Found> {
  const parts: FilePart[] = []
  for (const start of await startsIn(directory)) {
    const { size } = await stat(pathOf(directory, start))
    parts.push({ start, size })
  }
  for (;;) {
    const last = parts.at(-1)
    if (!last) return { parts, positions: new Map(), ended: false, boot: undefined }
    const path = pathOf(directory, last.start)
    const scan = scanFile((await readBytes(path, 0, last.size)) ?? Buffer.alloc(0))
    if (!scan.head) {
      await removeFile(path)
      parts.pop()
      continue
    }
    if (scan.valid < last.size) await truncate(path, scan.valid)
    last.size = scan.valid
    const { head, ended } = scan
    return { parts, positions: new Map(scan.positions), ended, boot: ended ? undefined : head.boot }
  }
}
