import { access, mkdir, opendir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../domain/log.ts'
import type { LogPart, LogSpool, LogSpools } from '../domain/log-spool.ts'
import { undefinedIfMissing } from './log-file-parts.ts'
import { openSpoolFile, type SpoolFile } from './log-spool-file.ts'
import { readSpool, readSpoolTail } from './log-spool-reader.ts'

export type LogSpoolsOptions = Readonly<{
  /** Holds `spools/<submission id>/` and `open/<submission id>`; this process's alone. Made when it is needed. */
  root: string
  /** More of one log is not kept; its beginning and its end are. */
  maxBytes: number
  bootId: string
  log: Log
  /** Fires when the service ends: what waits for a disk gives up. */
  signal: AbortSignal
  /** Where the offsets of a log begin that is not there yet. */
  startAt?: (submissionId: string) => Promise<number>
  now?: () => number
}>

/** How many logs are known that nobody uses at the moment. */
const REMEMBERED = 500
const ID = /^[A-Za-z0-9_-]{1,100}$/

type Known = { opening: Promise<SpoolFile>; listeners: Set<() => void>; writes: boolean }

/** The logs of the submissions that were launched on this host, below one directory. */
export function createLogSpools(options: LogSpoolsOptions): LogSpools {
  const { root, maxBytes, bootId, log, signal, startAt = async () => 0, now = Date.now } = options
  const known = new Map<string, Known>()
  const spools = join(root, 'spools')

  function directoryOf(submissionId: string): string {
    if (!ID.test(submissionId)) throw new TypeError('not a submission id')
    return join(spools, submissionId)
  }

  function use(submissionId: string): Known {
    const before = known.get(submissionId)
    // The latest one is the last one.
    if (before) known.delete(submissionId)
    const one = before ?? begin(submissionId)
    known.set(submissionId, one)
    if (known.size > REMEMBERED) forgetOne()
    return one
  }

  function begin(submissionId: string): Known {
    const listeners = new Set<() => void>()
    const opening = openSpoolFile({
      submissionId,
      directory: directoryOf(submissionId),
      openMark: join(root, 'open', submissionId),
      maxBytes,
      bootId,
      startAt: () => startAt(submissionId),
      signal,
      log,
      now
    }).then((file) => {
      file.onChange = () => {
        for (const tell of [...listeners]) tell()
      }
      return file
    })
    // Whoever comes next tries anew.
    opening.catch(() => known.delete(submissionId))
    return { opening, listeners, writes: false }
  }

  function forgetOne(): void {
    for (const [id, { listeners, writes }] of known) {
      if (!writes && listeners.size === 0) return void known.delete(id)
    }
  }

  const withFile = async (
    submissionId: string,
    read: (directory: string, file: SpoolFile) => Promise<LogPart>
  ) => await read(directoryOf(submissionId), await use(submissionId).opening)

  return {
    open: async (submissionId): Promise<LogSpool> => {
      const one = use(submissionId)
      one.writes = true
      const file = await one.opening
      const end = async () => {
        await file.end()
        one.writes = false
      }
      return { append: file.append, positionOf: file.positionOf, end }
    },

    expect: async (submissionId) => {
      directoryOf(submissionId)
      await mkdir(join(root, 'open'), { recursive: true, mode: 0o700 })
      await writeFile(join(root, 'open', submissionId), '', { mode: 0o600 })
    },

    read: (submissionId, range) =>
      withFile(submissionId, (directory, file) => readSpool(directory, file, range)),

    tail: (submissionId, range) =>
      withFile(submissionId, (directory, file) => readSpoolTail(directory, file, range)),

    onChange: (submissionId, listener) => {
      const { listeners } = use(submissionId)
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },

    has: async (submissionId) =>
      await access(directoryOf(submissionId)).then(
        () => true,
        () => false
      ),

    unended: async () => {
      const names = await readdir(join(root, 'open')).catch(undefinedIfMissing)
      return (names ?? []).filter((name) => ID.test(name))
    },

    unchangedSince: async function* (time) {
      await mkdir(spools, { recursive: true, mode: 0o700 })
      for await (const { name } of await opendir(spools)) {
        if (ID.test(name) && (await lastChange(join(spools, name))) < time) yield name
      }
    },

    remove: async (submissionId) => {
      const directory = directoryOf(submissionId)
      known.delete(submissionId)
      await rm(join(root, 'open', submissionId), { force: true })
      await rm(directory, { recursive: true, force: true })
    }
  }
}

async function lastChange(directory: string): Promise<number> {
  const names = (await readdir(directory).catch(undefinedIfMissing)) ?? []
  const paths = [directory, ...names.map((name) => join(directory, name))]
  const stats = await Promise.all(paths.map((path) => stat(path).catch(undefinedIfMissing)))
  return Math.max(...stats.map((one) => one?.mtimeMs ?? 0))
}
