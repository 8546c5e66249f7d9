/** Why an operation below the root was not carried out. */
export type TreeErrorCode =
  | 'MISSING'
  | 'EXISTS'
  | 'IS_A_DIRECTORY'
  | 'NOT_A_DIRECTORY'
  | 'NOT_A_FILE'
  | 'LEADS_OUT'
  | 'LINK_LOOP'
  | 'TOO_LARGE'
  | 'DISK_FULL'
  | 'DENIED'
  | 'OTHER_DISK'
  | 'NAME_TOO_LONG'
  | 'ROOT_UNAVAILABLE'

const REASONS: Readonly<Record<TreeErrorCode, string>> = {
  MISSING: 'there is no such file or directory',
  EXISTS: 'it exists already',
  IS_A_DIRECTORY: 'it is a directory',
  NOT_A_DIRECTORY: 'a part of the path is a file, not a directory',
  NOT_A_FILE: 'it is neither a file nor a directory',
  LEADS_OUT: 'the path goes through a link that leads out of the root',
  LINK_LOOP: 'the path goes through too many links',
  TOO_LARGE: 'the file is too large',
  DISK_FULL: 'the disk is full',
  DENIED: 'the service has no permission to do that there',
  OTHER_DISK: 'it is a mount, or lies on another disk than the root',
  NAME_TOO_LONG: 'a name is longer than the disk takes',
  ROOT_UNAVAILABLE: 'the file root is not available'
}

/** An operation that was understood and could not be carried out; the message is plain English without any path. */
export class FileTreeError extends Error {
  readonly code: TreeErrorCode

  constructor(code: TreeErrorCode, options: { cause?: unknown; reason?: string } = {}) {
    super(options.reason ?? REASONS[code], { cause: options.cause })
    this.name = 'FileTreeError'
    this.code = code
  }
}

const BY_ERRNO: Readonly<Record<string, TreeErrorCode>> = {
  ENOENT: 'MISSING',
  EEXIST: 'EXISTS',
  ENOTEMPTY: 'EXISTS',
  EISDIR: 'IS_A_DIRECTORY',
  ENOTDIR: 'NOT_A_DIRECTORY',
  ENXIO: 'NOT_A_FILE',
  ELOOP: 'LINK_LOOP',
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EFBIG: 'DISK_FULL',
  EACCES: 'DENIED',
  EPERM: 'DENIED',
  EROFS: 'DENIED',
  EXDEV: 'OTHER_DISK',
  EBUSY: 'OTHER_DISK',
  ENAMETOOLONG: 'NAME_TOO_LONG'
}

/** The system's error code of `error`, or '' when it has none. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''
}

/** `error` as one of this package where its meaning is known; anything else as it is. */
export function toTreeError(error: unknown): unknown {
  if (error instanceof FileTreeError) return error
  const code = BY_ERRNO[errnoOf(error)]
  return code ? new FileTreeError(code, { cause: error }) : error
}
