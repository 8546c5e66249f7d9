import { isUtf8 } from 'node:buffer'
import { connectionError, HttpCallError, readBounded } from '@scheduler-task/yarn-client/http-call'
import { TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import { Pool } from 'undici'
import { AzkabanError } from '../domain/azkaban.ts'
import type { AzkabanBase } from './azkaban-base-url.ts'
import { type CallKind, createConnectionSlots, NoSlot } from './connection-slots.ts'

/** Azkaban holds a thread, of 20 to 25, for each connection, idle ones included (azkaban.md §1.1). */
const CONNECTIONS = { total: 4, slow: 3, cancels: 2 }
const KEEP_ALIVE_MS = 4000
const CONNECT_TIMEOUT_MS = 5000
/** The message of an exception is the reason phrase of a 500 (§1.7). */
const MAX_HEAD_BYTES = 64 * 1024

export type ConnectionOptions = Readonly<{
  base: AzkabanBase
  maxWaiting: number
  /** PEM */
  ca?: string
  /** No certificate is checked. */
  insecure: boolean
}>

export type AzkabanQuestion = Readonly<{
  method: 'GET' | 'POST'
  /** Below the base path, with a query where there is one. */
  path: string
  form?: Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string>>
  kind: CallKind
  /** For a connection; then for the whole answer. */
  waitMs: number
  timeoutMs: number
  maxBytes: number
  signal?: AbortSignal | undefined
  /** Called when the request leaves. */
  onSent?: (() => void) | undefined
}>

export type RawAnswer = Readonly<{
  status: number
  text: string
  /** Of a redirect. */
  location?: string | undefined
}>

export interface AzkabanConnection {
  /** One request: no redirect followed, no cookie kept, nothing repeated. Rejects with `AzkabanError`, or the signal's reason. */
  ask: (question: AzkabanQuestion) => Promise<RawAnswer>
  close: () => Promise<void>
}

export function createAzkabanConnection(options: ConnectionOptions): AzkabanConnection {
  const { base, ca, insecure, maxWaiting } = options
  const slots = createConnectionSlots({ ...CONNECTIONS, maxWaiting })
  const pool = new Pool(base.origin, {
    connections: CONNECTIONS.total,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEAD_BYTES,
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      rejectUnauthorized: !insecure,
      ...(ca === undefined ? {} : { ca })
    },
    // A call has one limit for all of it.
    headersTimeout: 0,
    bodyTimeout: 0
  })

  async function exchange(question: AzkabanQuestion, signal: AbortSignal): Promise<RawAnswer> {
    const { method, path, form, headers, maxBytes } = question
    const {
      statusCode,
      headers: received,
      body
    } = await pool.request({
      method,
      path: base.path + path,
      headers: {
        accept: 'application/json',
        // Else a lost session is answered with a page in place of JSON (§2.3).
        'x-requested-with': 'XMLHttpRequest',
        ...(form && { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }),
        ...headers
      },
      body: form ? new URLSearchParams(form).toString() : null,
      signal
    })
    // Destroying a half-read body makes it emit an error nobody else waits for.
    body.on('error', () => {})
    const { bytes, cut } = await readBounded(body, maxBytes, signal)
    if (cut) {
      const text = `Azkaban's answer is larger than ${maxBytes} bytes`
      throw new AzkabanError('TOO_LARGE', text, { maybeDone: true })
    }
    const [location] = statusCode < 400 ? [received.location ?? []].flat() : []
    return { status: statusCode, text: decoded(bytes), location }
  }

  return {
    ask: async (question) => {
      const { kind, waitMs, timeoutMs, signal } = question
      const giveBack = await slots.take(kind, waitMs, signal).catch(noSlot)
      try {
        question.onSent?.()
        return await withinTime(timeoutMs, signal, (limit) => exchange(question, limit))
      } catch (error) {
        signal?.throwIfAborted()
        throw explained(error, timeoutMs)
      } finally {
        giveBack()
      }
    },
    close: () => pool.destroy()
  }
}

/** JSON comes as UTF-8, error pages as ISO-8859-1 (§1.5, §1.6). */
function decoded(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
}

function noSlot(error: unknown): never {
  if (!(error instanceof NoSlot)) throw error
  throw new AzkabanError('BUSY', error.message, { cause: error })
}

function explained(error: unknown, timeoutMs: number): unknown {
  if (error instanceof AzkabanError) return error
  if (error instanceof TimeLimitReached) {
    const text = `Azkaban gave no whole answer within ${timeoutMs} ms`
    return new AzkabanError('TIMEOUT', text, { maybeDone: true, cause: error })
  }
  const certificate = certificateFault(error)
  if (certificate) {
    return new AzkabanError(
      'UNREACHABLE',
      `Azkaban's certificate is not accepted: ${certificate}`,
      {
        cause: error
      }
    )
  }
  const fault = error instanceof HttpCallError ? error : connectionError(error)
  const text = `Azkaban cannot be asked: ${fault.message}`
  return new AzkabanError(fault.fault === 'NONSENSE' ? 'NONSENSE' : 'UNREACHABLE', text, {
    maybeDone: !NEVER_SENT.has(codeOf(fault.cause)),
    cause: fault
  })
}

/** With these there was no connection on which anything could have been sent. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'EPROTO',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG'
])

const CERTIFICATE_FAULTS: ReadonlyMap<string, string> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it is signed by itself; see AZKABAN_CA_FILE'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its authority is not known; see AZKABAN_CA_FILE'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its authority is not known; see AZKABAN_CA_FILE'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its authority is not known; see AZKABAN_CA_FILE'],
  ['CERT_HAS_EXPIRED', 'it has expired'],
  ['CERT_NOT_YET_VALID', 'it is not valid yet'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'it is for another host name']
])

function certificateFault(error: unknown): string | undefined {
  return CERTIFICATE_FAULTS.get(codeOf(error))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
