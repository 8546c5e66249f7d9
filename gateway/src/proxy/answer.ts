import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Refusal } from '@scheduler-task/envelope/errors'
import { answersProblems, PROBLEM_TYPE, problemAnswer } from '@scheduler-task/envelope/problem'
import { refusalAnswer } from '@scheduler-task/envelope/to-envelope'
import { readRequestTarget } from './request-target.ts'

/** Bodies up to this size are read to their end, so that the connection can go on. */
const SMALL_BODY_BYTES = 64 * 1024
/** How long a body is still read and thrown away after an answer that came before its end. */
const LINGER_MS = 5000

/** True while there is more of the request's body to come. */
export function isUnread(incoming: IncomingMessage): boolean {
  return !incoming.complete && hasBody(incoming)
}

/** True when the request has a body, of whatever method. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Whether the rest of the request's body can be waited for, instead of giving the connection up. */
function canGoOn(incoming: IncomingMessage): boolean {
  if (!isUnread(incoming)) return true
  const { headers } = incoming
  const length = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY)
  return length <= SMALL_BODY_BYTES && headers.expect === undefined
}

/**
 * Answers a request with a refusal, as the service behind its path would: an envelope, or problem details. The
 * connection goes on where the body allows it. Answers how many bytes its body has.
 */
export function refuse(
  incoming: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
  requestId: string
): number {
  const { url = '' } = incoming
  const target = readRequestTarget(url)
  // One that is refused itself, too: what is said of it follows its beginning.
  const isProblem = answersProblems('path' in target ? target.path : url)
  const answerOf = isProblem ? problemAnswer : refusalAnswer
  const { httpStatus, headers, body } = answerOf(refusal, requestId)
  const text = Buffer.from(JSON.stringify(body))
  const goesOn = canGoOn(incoming)
  response.writeHead(httpStatus, {
    ...headers,
    'content-type': isProblem ? PROBLEM_TYPE : 'application/json; charset=utf-8',
    'content-length': text.length,
    'x-request-id': requestId,
    ...(goesOn ? {} : { connection: 'close' })
  })
  if (incoming.method === 'HEAD') response.flushHeaders()
  else response.write(text)
  endAfterBody(incoming, response)
  return incoming.method === 'HEAD' ? 0 : text.length
}

/**
 * Ends an answer whose last byte has been written. A connection closed while the client still sends is reset, and the
 * client may lose the answer: so what it sends is read and thrown away first, for a while.
 */
export function endAfterBody(incoming: IncomingMessage, response: ServerResponse): void {
  // Also when all has come: a request that is left paused stops the connection for the next one.
  incoming.resume()
  if (!isUnread(incoming)) {
    response.end()
    return
  }
  const end = () => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(() => {
    response.end(() => incoming.socket.destroy())
  }, LINGER_MS)
  incoming.once('end', end).once('close', end)
}
