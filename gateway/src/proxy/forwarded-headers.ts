import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { TraceContext } from './trace-context.ts'

/** Fields that concern one connection only (RFC 9110 §7.6.1), and those that this gateway answers itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
])

/** Fields of a request that are written anew. */
const REQUEST_OWN = new Set([
  ...HOP_BY_HOP,
  'content-length',
  'host',
  'traceparent',
  'tracestate',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id'
])

/** Fields of an answer that are written anew. */
const RESPONSE_OWN = new Set([...HOP_BY_HOP, 'x-request-id'])

export type RequestHeaderOptions = {
  requestId: string
  trace: TraceContext
  /** Whether the peer's X-Forwarded-Host and -Proto are kept. */
  trustProxy: boolean
  /** Whether a body follows; its length is passed on when it is known. */
  hasBody: boolean
}

/** The header fields that go to the service: `[name, value, name, value, …]`. */
export function requestHeaders(incoming: IncomingMessage, options: RequestHeaderOptions): string[] {
  const { headers, rawHeaders, socket } = incoming
  const result = passedOn(rawHeaders, REQUEST_OWN, namedIn(headers.connection))
  const address = socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown'
  const before = headers['x-forwarded-for']
  const host = headers.host ?? ''
  const scheme = (socket as TLSSocket).encrypted === true ? 'https' : 'http'
  result.push(
    'x-request-id',
    options.requestId,
    'traceparent',
    options.trace.traceparent,
    'x-forwarded-for',
    before ? `${before}, ${address}` : address,
    'x-forwarded-host',
    (options.trustProxy && first(headers['x-forwarded-host'])) || host,
    'x-forwarded-proto',
    (options.trustProxy && first(headers['x-forwarded-proto'])) || scheme,
    // The name that the client used: services that check it must not see one that always passes.
    'host',
    host
  )
  if (options.trace.tracestate) result.push('tracestate', options.trace.tracestate)
  const length = headers['content-length']
  if (options.hasBody && length !== undefined) result.push('content-length', length)
  return result
}

/** The header fields that go to the client, from those of the service as it sent them (bytes, or text). */
export function responseHeaders(
  rawHeaders: readonly (Buffer | string)[],
  requestId: string
): string[] {
  const fields: string[] = []
  let connection = ''
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = String(rawHeaders[at])
    const value = rawHeaders[at + 1] ?? ''
    // Bytes above ASCII stay the bytes that they are.
    fields.push(name, typeof value === 'string' ? value : value.toString('latin1'))
    if (name.length === 10 && name.toLowerCase() === 'connection') connection += `,${fields.at(-1)}`
  }
  const result = passedOn(fields, RESPONSE_OWN, namedIn(connection))
  result.push('x-request-id', requestId)
  return result
}

function passedOn(
  fields: readonly string[],
  own: ReadonlySet<string>,
  named: ReadonlySet<string> | undefined
): string[] {
  const result: string[] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] ?? ''
    const lower = name.toLowerCase()
    if (own.has(lower) || named?.has(lower) || lower.startsWith('proxy-')) continue
    result.push(name, fields[at + 1] ?? '')
  }
  return result
}

/** Never given away, whoever names it: framing, and what the token check has looked at, so that the service sees it too. */
const NEVER_DROPPED = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'token',
  'authorization',
  'cookie',
  'origin',
  'sec-fetch-site',
  'x-requested-with'
])

/** The fields that a Connection header names, besides the usual `keep-alive` and `close`. */
function namedIn(connection: string | undefined): ReadonlySet<string> | undefined {
  if (!connection || connection === 'keep-alive' || connection === 'close') return undefined
  const names = connection.toLowerCase().split(',')
  return new Set(names.map((name) => name.trim()).filter((name) => !NEVER_DROPPED.has(name)))
}

function first(header: string | string[] | undefined): string | undefined {
  return [header].flat()[0]?.split(',', 1)[0]?.trim()
}
