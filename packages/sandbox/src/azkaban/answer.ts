import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Json, prettyJson } from './pretty-json.ts'

export type Header = readonly [string, string]

/** An answer as Jetty 6.1.26 sends it. */
export interface Answer {
  readonly status: number
  /** Default the usual phrase. */
  readonly reason?: string
  /** Before the length; `Server` follows it. */
  readonly headers: readonly Header[]
  readonly body: Buffer
  /** Without a length, in chunks. */
  readonly chunked?: boolean
}

const jsonType: Header = ['Content-Type', 'application/json']
const jsonUtf8Type: Header = ['Content-Type', 'application/json; charset=utf-8']
const noCacheExpiry: Header = ['Expires', 'Thu, 01-Jan-1970 00:00:00 GMT']

/** Jetty's buffer: what is larger goes out in chunks. */
const bufferBytes = 24 * 1024

/** What the servlets write for `ajax` calls (§1.5). */
export function jsonAnswer(value: Json, options: { utf8?: boolean } = {}): Answer {
  const body = Buffer.from(prettyJson(value))
  const headers = [options.utf8 ? jsonUtf8Type : jsonType]
  return { status: 200, headers, body, chunked: body.length > bufferBytes }
}

export function errorAnswer(text: string): Answer {
  return jsonAnswer({ error: text })
}

/** Text without a type, always in chunks (§1.6). */
export function bareAnswer(text: string): Answer {
  return { status: 200, headers: [], body: Buffer.from(text), chunked: true }
}

/** A cookie in front of an answer, with the expiry that Jetty adds to every cookie. */
export function withCookie(answer: Answer, cookie: string): Answer {
  const headers: Header[] = [noCacheExpiry, ['Set-Cookie', `${cookie};Path=/`], ...answer.headers]
  return { ...answer, headers }
}

/** @param path absolute path on this server */
export function redirectAnswer(request: IncomingMessage, scheme: string, path: string): Answer {
  const host = request.headers.host ?? 'localhost'
  return { ...emptyAnswer(302), headers: [['Location', `${scheme}://${host}${path}`]] }
}

export function emptyAnswer(status: number, reason?: string): Answer {
  const answer = { status, headers: [], body: Buffer.alloc(0) }
  return reason === undefined ? answer : { ...answer, reason }
}

export interface SendContext {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Writes status line and headers, nothing of the body. */
export function sendHead(answer: Answer, { response }: SendContext): void {
  response.sendDate = false
  response.removeHeader('Connection')
  response.removeHeader('Transfer-Encoding')
  const length: Header = answer.chunked
    ? ['Transfer-Encoding', 'chunked']
    : ['Content-Length', String(answer.body.length)]
  const list = [...answer.headers, length, ['Server', 'Jetty(6.1.26)']].flat()
  response.writeHead(answer.status, phrase(answer), list)
}

export function send(answer: Answer, context: SendContext): void {
  sendHead(answer, context)
  context.response.end(context.request.method === 'HEAD' ? undefined : answer.body)
}

const phrases: Readonly<Record<number, string>> = {
  200: 'OK',
  302: 'Found',
  405: 'Method Not Allowed',
  500: 'Internal Server Error'
}

/** The reason phrase on the wire: one byte a character, no line breaks (§1.7). */
function phrase(answer: Answer): string {
  const text = answer.reason ?? phrases[answer.status] ?? ''
  return [...text.replaceAll(/[\r\n]/g, ' ')]
    .map((one) => String.fromCharCode(one.charCodeAt(0) & 0xff))
    .join('')
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?')
}
