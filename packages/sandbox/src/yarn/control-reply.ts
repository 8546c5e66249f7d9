import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { BodyTooLarge, readBody } from './request-body.ts'

export const maxControlBytes = 1024 * 1024

/** An answer of a stand-in's own paths below `/sandbox`. */
export interface Reply {
  readonly status: number
  readonly value: unknown
}

/** Faults as far as the control paths show and change them. */
export interface SwitchedFaults {
  /** Replaces all of them by a parsed JSON text; throws a ZodError for what is no list of faults. */
  replace(json: unknown): void
  clear(): void
  list(): ReadonlyArray<{ readonly fault: unknown; readonly hits: number }>
}

/** `GET`, `PUT` and `DELETE /sandbox/faults`. */
export async function faultsReply(request: IncomingMessage, book: SwitchedFaults): Promise<Reply> {
  if (request.method === 'PUT') {
    const body = await readBody(request, maxControlBytes)
    book.replace(JSON.parse(body.toString()))
  } else if (request.method === 'DELETE') {
    book.clear()
  } else if (request.method !== 'GET') {
    return { status: 405, value: { error: 'GET, PUT or DELETE it' } }
  }
  const list = book.list()
  const hits = list.map((one) => one.hits)
  return { status: 200, value: { faults: list.map((one) => one.fault), hits } }
}

/** Sends what `reply` gives; bad input is answered 400 with `{"error": …}`. */
export async function sendReply(reply: Promise<Reply>, response: ServerResponse): Promise<void> {
  const { status, value } = await reply.catch(failure)
  const body = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body)
  })
  response.end(body)
}

function failure(error: unknown): Reply {
  if (error instanceof z.ZodError) return { status: 400, value: { error: z.prettifyError(error) } }
  if (error instanceof SyntaxError) return { status: 400, value: { error: 'the body is not JSON' } }
  if (error instanceof BodyTooLarge) return { status: 413, value: { error: error.message } }
  throw error
}
