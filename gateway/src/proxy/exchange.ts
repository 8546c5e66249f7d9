import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Refusal } from '@scheduler-task/envelope/errors'
import type { Client, Dispatcher } from 'undici'
import { bodyTooSlow, brokenAnswer, busy, noAnswerInTime, unreachable } from '../errors.ts'
import type { Access } from './access-log.ts'
import { endAfterBody, hasBody, isUnread, refuse } from './answer.ts'
import type { Call } from './connections.ts'
import { requestHeaders, responseHeaders } from './forwarded-headers.ts'
import { RequestBody } from './request-body.ts'
import type { TraceContext } from './trace-context.ts'
import type { Upstream } from './upstream.ts'

export type ExchangeOptions = {
  incoming: IncomingMessage
  response: ServerResponse
  upstream: Upstream
  /** Path and query as the service shall see them. */
  target: string
  trace: TraceContext
  /** Its id is passed on, what is carried is counted there. */
  access: Access
  trustProxy: boolean
  timeouts: ExchangeTimeouts
  /** No more requests are taken on this connection after this one. */
  isClosing: () => boolean
}

/** All in milliseconds. */
export type ExchangeTimeouts = {
  /** Between two pieces of the request's body. */
  clientIdleMs: number
  /** From the end of the request to the head of the answer. */
  answerMs: number
  /** Between two pieces of the answer. */
  streamIdleMs: number
}

/** Answers up to this size are sent with their head in one piece, when they have come in one. */
const SMALL_ANSWER_BYTES = 16 * 1024
const NOTHING = Buffer.alloc(0)

class GivenUp extends Error {}

/**
 * One request to a service and its answer, both carried as they come.
 *
 * sending ── body read ──> waiting ── head of the answer ──> answering ── last byte ──> ended
 * Each can end early: the client leaves, the service breaks off, or the time for it is over. A request without a body
 * begins in waiting; a service may answer while it is still being sent to.
 */
export class Exchange implements Dispatcher.DispatchHandler, Call {
  readonly #options: ExchangeOptions
  #state: 'sending' | 'waiting' | 'answering' | 'ended' = 'waiting'
  #connection: Client | undefined
  #controller: Dispatcher.DispatchController | undefined
  #timer: NodeJS.Timeout | undefined
  #body: RequestBody | null = null
  /** Bytes of the answer that are still to come; -1 when it does not say. */
  #left = -1
  /** Whether a client that reads again lets the service go on. */
  #resumes = false

  constructor(options: ExchangeOptions) {
    this.#options = options
  }

  /** Begins it, or refuses it when the service has too many calls. */
  start(): void {
    const { incoming, upstream } = this.#options
    if (hasBody(incoming)) this.#body = this.#readBody()
    else this.#enter('waiting')
    if (!upstream.admit(this)) this.#refuse(busy(upstream.name))
  }

  /** The client's connection is gone, or the answer is out. */
  clientIsGone(): void {
    if (this.#state === 'ended') return
    this.#leave()
    this.#abort()
  }

  /** Ends it now: by this refusal, or, when the answer has begun, in its middle. The service sees its caller leave. */
  breakOff(refusal: Refusal): void {
    if (this.#state === 'ended') return
    if (this.#state === 'answering') {
      this.#leave()
      this.#options.response.destroy()
    } else {
      this.#refuse(refusal)
    }
    this.#abort()
  }

  begin(connection: Client): void {
    const { incoming, target, access, trace, trustProxy } = this.#options
    this.#connection = connection
    const requestId = access.requestId
    const withBody = this.#body !== null
    connection.dispatch(
      {
        method: incoming.method ?? 'GET',
        path: target,
        headers: requestHeaders(incoming, { requestId, trace, trustProxy, hasBody: withBody }),
        body: this.#body,
        // Else undici closes the connection after each HEAD and each GET with a body.
        reset: false
      },
      this
    )
  }

  #readBody(): RequestBody {
    const { incoming, access } = this.#options
    const body = new RequestBody(incoming)
    this.#enter('sending')
    incoming.on('data', (chunk: Buffer) => {
      access.received += chunk.length
      if (this.#state === 'sending') this.#timer?.refresh()
    })
    incoming.once('end', () => {
      if (this.#state === 'sending') this.#enter('waiting')
    })
    // undici may destroy it with an error; that error comes here by onResponseError too.
    body.on('error', () => {})
    return body
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown, not aborted: an abort would cost the connection, on which nothing has been sent yet.
    if (this.#state === 'ended') throw new GivenUp('the client has left')
    this.#controller = controller
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200 || this.#state === 'ended') return
    const { incoming, response, access, isClosing } = this.#options
    const raw = controller.rawHeaders
    const headers = responseHeaders(Array.isArray(raw) ? raw : [], access.requestId)
    if (isUnread(incoming) || isClosing()) headers.push('connection', 'close')
    response.writeHead(status, headers)
    this.#enter('answering')
    if (incoming.method === 'HEAD' || status === 204 || status === 304) {
      // undici takes a 304 with a Content-Length for a broken answer: what it says after this does not count.
      this.#end()
      return
    }
    this.#left = contentLength(headers)
    if (this.#left === 0) this.#end()
    // Not flushHeaders(), which writes a head as UTF-8. A head that waits for a small body goes out with it.
    else if (this.#left < 0 || this.#left > SMALL_ANSWER_BYTES) response.write(NOTHING)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state !== 'answering') return
    const { response, access } = this.#options
    access.sent += chunk.length
    if (this.#left > 0) {
      this.#left -= chunk.length
      if (this.#left <= 0) {
        this.#end(chunk)
        return
      }
    }
    this.#timer?.refresh()
    if (response.write(chunk)) return
    controller.pause()
    if (this.#resumes) return
    this.#resumes = true
    response.on('drain', () => {
      this.#timer?.refresh()
      controller.resume()
    })
  }

  onResponseEnd(): void {
    if (this.#state === 'answering') this.#end()
    this.#release('reusable')
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const { upstream, response } = this.#options
    const wasSent = this.#controller !== undefined
    this.#release(wasSent || error instanceof GivenUp ? 'reusable' : 'unusable')
    if (this.#state === 'ended') return
    if (response.headersSent) {
      // Never end(): the client would take a part for the whole.
      this.#leave()
      response.destroy()
      return
    }
    const { name } = upstream
    this.#refuse(wasSent ? brokenAnswer(name, error) : unreachable(name, error))
  }

  #release(use: 'reusable' | 'unusable'): void {
    const connection = this.#connection
    if (!connection) return
    this.#connection = undefined
    this.#options.upstream.release(connection, use)
  }

  #enter(state: 'sending' | 'waiting' | 'answering'): void {
    const { clientIdleMs, answerMs, streamIdleMs } = this.#options.timeouts
    this.#state = state
    clearTimeout(this.#timer)
    const ms = state === 'sending' ? clientIdleMs : state === 'waiting' ? answerMs : streamIdleMs
    this.#timer = setTimeout(() => this.#timeIsOver(ms), ms)
  }

  #timeIsOver(ms: number): void {
    const { incoming, upstream } = this.#options
    if (!this.#controller) this.breakOff(busy(upstream.name))
    else if (this.#state === 'sending' && !incoming.isPaused()) this.breakOff(bodyTooSlow(ms))
    else this.breakOff(noAnswerInTime(upstream.name, ms))
  }

  #refuse(refusal: Refusal): void {
    const { incoming, response, access } = this.#options
    this.#leave()
    access.sent += refuse(incoming, response, refusal, access.requestId)
  }

  #end(chunk?: Buffer): void {
    const { incoming, response } = this.#options
    this.#leave()
    if (!isUnread(incoming)) {
      if (this.#body) incoming.resume()
      // As text of the same bytes it goes out in one write with the head.
      if (chunk && chunk.length <= SMALL_ANSWER_BYTES)
        response.end(chunk.toString('latin1'), 'latin1')
      else response.end(chunk)
      return
    }
    if (chunk) response.write(chunk)
    endAfterBody(incoming, response)
  }

  #leave(): void {
    this.#state = 'ended'
    clearTimeout(this.#timer)
    if (this.#controller) return
    this.#options.upstream.withdraw(this)
    // Nobody will read it: left alone it would stop the client once it is full.
    this.#body?.destroy()
  }

  #abort(): void {
    // One that waits for its connection is told when that is there.
    this.#controller?.abort(new GivenUp('given up by the gateway'))
  }
}

function contentLength(headers: readonly string[]): number {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? ''
    if (name.length === 14 && name.toLowerCase() === 'content-length')
      return Number(headers[at + 1])
  }
  return -1
}
