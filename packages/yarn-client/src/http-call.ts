import { type Dispatcher, errors, request } from 'undici'

/** Bodies of answers that are not the asked-for ones are kept up to here, the rest is cut off. */
export const ERROR_BODY_BYTES = 64 * 1024

export interface HttpQuestion {
  method: 'GET' | 'PUT'
  /** Address with path and query, as it goes out. */
  url: string
  headers: Record<string, string>
  body?: string | undefined
  /** A longer body of a 2xx answer is `TOO_LARGE`, found before or while it arrives. */
  maxBodyBytes: number
}

export interface HttpAnswer {
  status: number
  /** Values of a header in the order received; empty when it is missing. */
  header: (name: string) => string[]
  /** Whole for 2xx, at most 64 KiB of any other answer. */
  bytes: Buffer
}

/**
 * - `UNREACHABLE`: no whole answer: nothing listens, no such host, the connection broke.
 * - `NONSENSE`: what came is not HTTP.
 * - `TOO_LARGE`: more than was allowed.
 */
export type HttpCallFault = 'UNREACHABLE' | 'NONSENSE' | 'TOO_LARGE'

export class HttpCallError extends Error {
  override readonly name = 'HttpCallError'
  readonly fault: HttpCallFault

  /** `message` says what happened, never with the address it happened at. */
  constructor(fault: HttpCallFault, message: string, cause?: unknown) {
    super(message, { cause })
    this.fault = fault
  }
}

/**
 * One request, no redirect followed, no cookie kept, no compression asked for.
 *
 * Rejects with `HttpCallError`, whose message has no address in it, or with the signal's reason.
 */
export async function httpCall(
  dispatcher: Dispatcher,
  question: HttpQuestion,
  signal: AbortSignal
): Promise<HttpAnswer> {
  const { status, header, body } = await openAnswer(dispatcher, question, signal)
  const expected = status >= 200 && status < 300
  if (expected && Number(header('content-length')[0] ?? 0) > question.maxBodyBytes) {
    body.destroy()
    throw tooLarge(question.maxBodyBytes)
  }
  const limit = expected ? question.maxBodyBytes : ERROR_BODY_BYTES
  const { bytes, cut } = await readBounded(body, limit, signal)
  if (cut && expected) throw tooLarge(question.maxBodyBytes)
  return { status, header, bytes }
}

/**
 * The head of an answer. Whoever opens it reads the body to its end or destroys it; an error while
 * reading is for `connectionError`.
 *
 * A connection that breaks before anything was answered (a kept-alive one that the server has just
 * closed) is tried once more: every question asked here is safe to repeat.
 */
export async function openAnswer(
  dispatcher: Dispatcher,
  { method, url, headers, body: sent }: Omit<HttpQuestion, 'maxBodyBytes'>,
  signal: AbortSignal
): Promise<Omit<HttpAnswer, 'bytes'> & { body: Dispatcher.ResponseData['body'] }> {
  const once = () => request(url, { dispatcher, method, headers, body: sent ?? null, signal })
  const response = await firstOrSecond(once, signal)
  const { statusCode: status, headers: received, body } = response
  // Destroying a half-read body makes it emit an error nobody else waits for.
  body.on('error', () => {})
  return { status, header: (name) => [received[name] ?? []].flat(), body }
}

/** Names an error of a connection by its code. Throws what is no such error as it is. */
export function connectionError(error: unknown): HttpCallError {
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) {
    return new HttpCallError('NONSENSE', 'what it answers is not HTTP', error)
  }
  const code = codeOf(error)
  if (code === undefined) throw error
  return new HttpCallError('UNREACHABLE', CONNECTION_FAULTS[code] ?? code, error)
}

const CONNECTION_FAULTS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name could not be looked up',
  EHOSTUNREACH: 'no route to the host',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_SOCKET: 'connection broke off',
  UND_ERR_CLOSED: 'client is closed',
  UND_ERR_DESTROYED: 'client is closed'
}

async function firstOrSecond<T>(once: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await once()
  } catch (error) {
    signal.throwIfAborted()
    if (!brokeBeforeAnswer(error)) throw connectionError(error)
  }
  try {
    return await once()
  } catch (error) {
    signal.throwIfAborted()
    throw connectionError(error)
  }
}

function brokeBeforeAnswer(error: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '')
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** Reads at most `limit` bytes; `cut` says that there was more. */
export async function readBounded(
  body: AsyncIterable<Buffer>,
  limit: number,
  signal: AbortSignal
): Promise<{ bytes: Buffer; cut: boolean }> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    // Leaving the loop early destroys the body, and with it the connection.
    for await (const chunk of body) {
      const rest = limit - length
      chunks.push(chunk.subarray(0, rest))
      length += chunk.length
      if (length > limit) return { bytes: Buffer.concat(chunks), cut: true }
    }
  } catch (error) {
    signal.throwIfAborted()
    throw connectionError(error)
  }
  return { bytes: Buffer.concat(chunks), cut: false }
}

function tooLarge(maxBytes: number): HttpCallError {
  return new HttpCallError('TOO_LARGE', `the answer is larger than ${maxBytes} bytes`)
}
