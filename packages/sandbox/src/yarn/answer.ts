import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { escapeXml, toJson, toXml, type Wire } from './wire.ts'

export type Header = readonly [string, string]

/** An answer as Jetty and Hadoop's filters send it; header order and case are the server's. */
export interface Answer {
  readonly status: number
  /** Where it is not the usual phrase. */
  readonly reason?: string
  /** Headers after the ones that every answer of the filter chain bears. */
  readonly headers: readonly Header[]
  /** Content type set by the first servlet filter, so that it comes before the security headers. */
  readonly earlyType?: string
  /** `jetty`: an error page of the server itself, without dates and cookie. `plain`: no X-Frame-Options. */
  readonly frame?: 'jetty' | 'plain'
  readonly body: Buffer
  readonly chunked: boolean
}

export const jsonType = 'application/json;charset=utf-8'
const xmlType = 'application/xml; charset=utf-8'
const textType = 'text/plain;charset=utf-8'
const vary: Header = ['Vary', 'Accept-Encoding']

export type Format = 'json' | 'xml'

export interface ValueOptions {
  readonly status?: number
  readonly location?: string
  readonly format?: Format
  readonly type?: string
  /** NodeManager resources repeat this header. */
  readonly nosniffAgain?: boolean
}

/** A resource object in the negotiated notation. */
export function valueAnswer(value: Wire, options: ValueOptions = {}): Answer {
  const { status = 200, format = 'json' } = options
  const again: Header[] = options.nosniffAgain ? [['X-Content-Type-Options', 'nosniff']] : []
  const location: Header[] = options.location === undefined ? [] : [['Location', options.location]]
  const body = Buffer.from(format === 'json' ? toJson(value) : toXml(value))
  const type: Header = ['Content-Type', options.type ?? (format === 'json' ? jsonType : xmlType)]
  return { status, headers: [...again, ...location, type, vary], body, chunked: format === 'json' }
}

/** Text under the content type of the resource, as a refused kill is answered. */
export function rawAnswer(status: number, text: string, type = jsonType): Answer {
  const headers: Header[] = [['Content-Type', type], vary]
  return { status, headers, body: Buffer.from(text), chunked: true }
}

/** Text written by a filter before any resource is reached. */
export function filterText(status: number, text: string, extra: readonly Header[] = []): Answer {
  const body = Buffer.from(text)
  return { status, headers: extra, earlyType: textType, body, chunked: false }
}

/** An answer of the NodeManager's log resource. */
export function logAnswer(status: number, body: Buffer, options: LogAnswerOptions): Answer {
  const again: Header[] = status === 200 ? [['X-Content-Type-Options', 'nosniff']] : []
  const { earlyType = textType, chunked } = options
  return { status, headers: [...again, vary], earlyType, body, chunked }
}

interface LogAnswerOptions {
  readonly earlyType?: string
  readonly chunked: boolean
}

/** A page for people. `body` is HTML, `title` text. */
export function pageAnswer(title: string, body: string): Answer {
  const name = escapeXml(title)
  const html = `<!DOCTYPE html>\n<html>\n<head><title>${name}</title></head>\n<body>\n<h1>${name}</h1>\n${body}\n</body>\n</html>\n`
  const earlyType = 'text/html;charset=utf-8'
  return { status: 200, headers: [vary], earlyType, body: Buffer.from(html), chunked: false }
}

/** A page of Jetty's own. */
export function jettyAnswer(options: JettyOptions): Answer {
  const { status, reason, type, body, close } = options
  const headers: Header[] = close ? [['Connection', 'close']] : []
  headers.push(['Cache-Control', 'must-revalidate,no-cache,no-store'])
  if (type !== undefined) headers.push(['Content-Type', type])
  const bytes = Buffer.from(body)
  const answer = { status, headers, frame: 'jetty' as const, body: bytes, chunked: false }
  return reason === undefined ? answer : { ...answer, reason }
}

interface JettyOptions {
  readonly status: number
  readonly reason?: string
  readonly type?: string
  readonly body: string
  readonly close?: boolean
}

export interface SendContext {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Epoch ms for the Date headers. */
  readonly now: number
  /** Value of Set-Cookie when the caller has just been authenticated. */
  readonly cookie?: string | undefined
}

/** The bytes to send: compressed where the client asked for it. */
export function encoded(answer: Answer, request: IncomingMessage): Answer {
  const asked = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  if (!asked || answer.body.length === 0 || !answer.headers.includes(vary)) return answer
  const headers: Header[] = [...answer.headers, ['Content-Encoding', 'gzip']]
  return { ...answer, headers, body: gzipSync(answer.body) }
}

/** Writes status line and headers, nothing of the body. */
export function sendHead(answer: Answer, context: SendContext): void {
  const { response } = context
  response.sendDate = false
  response.removeHeader('Connection')
  response.removeHeader('Transfer-Encoding')
  const list = headersOf(answer, context).flat()
  if (answer.reason === undefined) response.writeHead(answer.status, list)
  else response.writeHead(answer.status, answer.reason, list)
}

export function send(answer: Answer, context: SendContext): void {
  const ready = encoded(answer, context.request)
  sendHead(ready, context)
  context.response.end(context.request.method === 'HEAD' ? undefined : ready.body)
}

function headersOf(answer: Answer, context: SendContext): Header[] {
  const date = new Date(context.now).toUTCString()
  const security: Header[] = [
    ['X-Content-Type-Options', 'nosniff'],
    ['X-XSS-Protection', '1; mode=block']
  ]
  const sameOrigin: Header = ['X-Frame-Options', 'SAMEORIGIN']
  const length: Header = answer.chunked
    ? ['Transfer-Encoding', 'chunked']
    : ['Content-Length', String(answer.body.length)]
  if (answer.frame === 'jetty') {
    return [['Pragma', 'no-cache'], ...security, sameOrigin, ...answer.headers, length]
  }
  const early: Header[] = answer.earlyType === undefined ? [] : [['Content-Type', answer.earlyType]]
  const cookie: Header[] = context.cookie === undefined ? [] : [['Set-Cookie', context.cookie]]
  const frame: Header[] = answer.frame === 'plain' ? [] : [sameOrigin]
  const closed = answer.headers.some(([name]) => name === 'Connection')
  return [
    ['Date', date],
    ['Cache-Control', 'no-cache'],
    ['Expires', date],
    ['Date', date],
    ['Pragma', 'no-cache'],
    ...early,
    ...security,
    ...cookie,
    ...frame,
    ...answer.headers,
    ...(closed ? [] : [length])
  ]
}
