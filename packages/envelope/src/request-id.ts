import { randomUUID } from 'node:crypto'

/** Letters, digits and `._:-`, up to 128: an id that can go into a log line and a header as it is. */
const SANE_REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/

/** The caller's request id when it is a sane one, else a new one. */
export function requestIdFrom(header: string | string[] | undefined): string {
  return typeof header === 'string' && SANE_REQUEST_ID.test(header) ? header : randomUUID()
}
