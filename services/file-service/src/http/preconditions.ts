import type { IncomingHttpHeaders } from 'node:http'

/** What is compared: a strong `ETag`, and the time of the last change. */
export type Validators = { etag: string; modifiedAt: Date }

/** Whether a file is sent, is known to the client (304), or is not the one that it means (412): RFC 9110 §13.2.2. */
export function precondition(
  headers: IncomingHttpHeaders,
  { etag, modifiedAt }: Validators
): 'send' | 'not-modified' | 'failed' {
  const modified = wholeSeconds(modifiedAt)
  const match = headers['if-match']
  if (match !== undefined) {
    if (!listed(match, etag)) return 'failed'
  } else if (modified > httpDate(headers['if-unmodified-since'])) return 'failed'

  const noneMatch = headers['if-none-match']
  if (noneMatch !== undefined) {
    return listed(noneMatch.replaceAll('W/"', '"'), etag) ? 'not-modified' : 'send'
  }
  return modified <= httpDate(headers['if-modified-since']) ? 'not-modified' : 'send'
}

/** Whether `If-Range` lets a range be sent: the client's part must be of this very file. */
export function rangeStillFits(
  header: string | string[] | undefined,
  { etag, modifiedAt }: Validators
): boolean {
  if (header === undefined) return true
  const value = String(header).trim()
  if (value.startsWith('"') || value.startsWith('W/')) return value === etag
  // Within its second a file may have changed twice.
  return httpDate(value) === wholeSeconds(modifiedAt) && Date.now() - modifiedAt.getTime() > 2000
}

function listed(header: string, etag: string): boolean {
  return header.split(',').some((tag) => tag.trim() === etag || tag.trim() === '*')
}

/** Epoch milliseconds; NaN, which is neither before nor after anything, for what is no HTTP date. */
function httpDate(text: string | undefined): number {
  return text?.endsWith(' GMT') ? Date.parse(text) : Number.NaN
}

function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000
}
