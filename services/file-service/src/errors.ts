import { BadParameters, Failure, Refusal } from '@scheduler-task/envelope/errors'
import { FilePathError } from '@scheduler-task/file-root/file-path'
import { StorageError, type StorageErrorCode } from './domain/file-storage.ts'

/** The HTTP status where the call's own code does not come with 200, that is for downloads. */
const HTTP_STATUS: Readonly<Partial<Record<StorageErrorCode, number>>> = {
  MISSING: 404,
  NOT_A_DIRECTORY: 404,
  IS_A_DIRECTORY: 400,
  NOT_A_FILE: 400,
  LINK_LOOP: 400,
  DENIED: 403,
  ROOT_UNAVAILABLE: 503
}

/** What went wrong with the path in `parameter`, as the caller is told; what nobody foresaw stays as it is. */
export function explained(error: unknown, parameter: string): unknown {
  if (error instanceof FilePathError) return badParameter(parameter, error.reason)
  if (!(error instanceof StorageError)) return error
  // A path that leaves the root is a bad path, whichever way it does so.
  if (error.code === 'LEADS_OUT') return badParameter(parameter, error.message)
  return new Failure(error.message, {
    code: `FILE_SERVICE_${error.code}`,
    httpStatus: HTTP_STATUS[error.code] ?? 500,
    cause: error
  })
}

export const badParameter = (path: string, message: string) =>
  new BadParameters([{ path, message }])

export const notMultipart = () =>
  new Refusal(415, 'send the file as multipart/form-data, in a part named file', {
    code: 'FILE_SERVICE_NOT_MULTIPART'
  })

export const uploadTooLarge = (maxBytes: number) =>
  new Refusal(413, `a file may have at most ${maxBytes} bytes`, {
    code: 'FILE_SERVICE_UPLOAD_TOO_LARGE',
    fields: { maxBytes },
    chinese: '文件过大'
  })

export const uploadTooSlow = (timeoutMs: number) =>
  new Refusal(408, `the upload took longer than ${timeoutMs} ms`, {
    code: 'FILE_SERVICE_UPLOAD_TOO_SLOW'
  })

export const rangeNotSatisfiable = (bytes: number) =>
  new Failure(`the range lies outside of the file, which has ${bytes} bytes`, {
    code: 'FILE_SERVICE_RANGE_NOT_SATISFIABLE',
    httpStatus: 416,
    fields: { bytes }
  })

export const preconditionFailed = () =>
  new Failure('the file is not the one that If-Match or If-Unmodified-Since names', {
    code: 'FILE_SERVICE_PRECONDITION_FAILED',
    httpStatus: 412
  })
