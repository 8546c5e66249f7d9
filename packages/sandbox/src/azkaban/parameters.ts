import type { IncomingMessage } from 'node:http'
import { BodyTooLarge, readBody } from '../yarn/request-body.ts'
import { notANumber, ServerError, servletError } from './server-error.ts'

const maxFormBytes = 10 * 1024 * 1024

/** One request: query and form are one bag, the query first (§1.4). */
export interface Call {
  readonly request: IncomingMessage
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly parameters: URLSearchParams
  /** The request's body is multipart, whose fields are another bag. */
  readonly multipart: boolean
  readonly peer: string
}

export async function readCall(request: IncomingMessage): Promise<Call> {
  const [path = '/', queryText = ''] = (request.url ?? '/').split(/\?(.*)/s)
  const query = new URLSearchParams(queryText)
  const type = request.headers['content-type'] ?? ''
  const method = request.method ?? 'GET'
  const form = type.startsWith('application/x-www-form-urlencoded') && method === 'POST'
  const body = await bodyOf(request)
  const fields = form ? [...new URLSearchParams(body.toString())] : []
  const parameters = new URLSearchParams([...query, ...fields])
  const multipart = method === 'POST' && type.startsWith('multipart/form-data')
  const peer = request.socket.remoteAddress ?? ''
  return { request, method, path, query, parameters, multipart, peer }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  try {
    return await readBody(request, maxFormBytes)
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error
    const length = request.headers['content-length'] ?? maxFormBytes + 1
    const message = `Form too large${length}>${maxFormBytes}`
    throw new ServerError([{ javaClass: 'java.lang.IllegalStateException', message }])
  }
}

/** Throws the page of a missing parameter. */
export function required(call: Call, name: string): string {
  const value = call.parameters.get(name)
  if (value === null) throw servletError(`Missing required parameter '${name}'.`)
  return value
}

export function requiredInteger(call: Call, name: string): number {
  const text = required(call, name)
  const value = parseInteger(text)
  if (value === undefined) throw notANumber(text)
  return value
}

/** An optional integer that does not parse silently becomes its default. */
export function optionalInteger(call: Call, name: string): number | undefined {
  return parseInteger(call.parameters.get(name) ?? '')
}

/** `Integer.parseInt`. */
export function parseInteger(text: string): number | undefined {
  if (!/^[+-]?\d{1,100}$/.test(text)) return undefined
  const value = Number(text)
  return value >= -(2 ** 31) && value < 2 ** 31 ? value : undefined
}
