import type { Readable } from 'node:stream'

/** Names from the root down, as `parseFilePath` answers them: none is empty, `.` or `..`. */
export type FilePath = readonly string[]

/** Why a storage did not do what it was asked to. */
export type StorageErrorCode =
  | 'MISSING'
  | 'EXISTS'
  | 'IS_A_DIRECTORY'
  | 'NOT_A_DIRECTORY'
  | 'NOT_A_FILE'
  | 'LEADS_OUT'
  | 'LINK_LOOP'
  | 'TOO_LARGE'
  | 'CUT_OFF'
  | 'DISK_FULL'
  | 'DENIED'
  | 'OTHER_DISK'
  | 'NAME_TOO_LONG'
  | 'ROOT_UNAVAILABLE'

/** The message is plain English for the caller and names no path of the storage's own. */
export class StorageError extends Error {
  readonly code: StorageErrorCode

  constructor(code: StorageErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'StorageError'
    this.code = code
  }
}

/** Bytes that have arrived whole and have no name yet. */
export type ReceivedFile = {
  bytes: number
  /**
   * Gives them their name in one step, parents included: readers see the old file or the new one, whole. Without
   * `replace` an existing file is left alone (`EXISTS`). Nothing is left behind when it fails.
   */
  publish(path: FilePath, options: { replace: boolean }): Promise<void>
  /** Gives them up; does nothing after `publish` or a first `discard`. */
  discard(): Promise<void>
}

/** A part of a file: `length` bytes from `start`. */
export type ByteRange = { start: number; length: number }

/** A file that is open for reading; either its stream ends or `close` is called. */
export type StoredFile = {
  name: string
  bytes: number
  modifiedAt: Date
  /** Changes whenever the content may have changed; letters, digits and `-`. */
  version: string
  /** The bytes of a part; to be called once. The file is closed when the stream ends or is destroyed. */
  read(range: ByteRange): Readable
  close(): Promise<void>
}

export type CleanUpReport = {
  /** Deleted things whose time in the trash was over. */
  trashRemoved: number
  /** Unfinished uploads of processes that have ended. */
  uploadsRemoved: number
  failures: readonly unknown[]
}

/**
 * Bytes below one root. Every operation throws `StorageError` for what is a matter of the storage; none leaves the root,
 * and none reaches what was deleted or is not finished.
 */
export type FileStorage = {
  /** Makes a directory and its parents; one that is there already is fine. */
  makeDirectory(path: FilePath): Promise<void>
  /** Makes an empty file and its parents; whatever is there already is left alone (`EXISTS`). */
  createEmpty(path: FilePath): Promise<void>
  /** Takes away a file, or a directory with what is in it; it can be got back for a while, by a person. */
  remove(path: FilePath): Promise<void>
  /**
   * Takes bytes in, with back-pressure. Nothing is left when the source breaks off (`CUT_OFF`), has more than `maxBytes`
   * (`TOO_LARGE`, said as soon as it is known), or `signal` aborts (its reason is thrown).
   */
  receive(
    source: Readable,
    options: { maxBytes: number; signal: AbortSignal }
  ): Promise<ReceivedFile>
  open(path: FilePath): Promise<StoredFile>
  /** Deletes for good what has been in the trash long enough, and what was never finished. */
  cleanUp(signal: AbortSignal): Promise<CleanUpReport>
  /** Throws unless the root is there and can be written to. */
  check(): Promise<void>
}
