import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Refusal } from '@scheduler-task/envelope/errors'
import type { Dispatcher } from 'undici'
import { bodyTooSlow, brokenAnswer, busy, noAnswerInTime, unreachable } from '../errors.ts'
import { endAfterBody, hasBody, isUnread, refuse } from './answer.ts'
import { requestHeaders, responseHeaders } from './forwarded-headers.ts'
import { RequestBody } from './request-body.ts'
import type { Upstream } from './upstream.ts'

export type ExchangeOptions = {
  incoming: IncomingMessage
  response: ServerResponse
  upstream: Upstream
  /** Path and query as the service shall see them. */
  target: string
  requestId: string
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

/** A request that is being carried. */
export type Forwarded = {
  /** Ends it now: by this refusal, or, when the answer has begun, in its middle. The service sees its caller leave. */
  breakOff(refusal: Refusal): void
}

/** Sends a request to a service and its answer back, both as they come. */
export function forward(options: ExchangeOptions): Forwarded {
  const { incoming, upstream, response } = options
  if (upstream.isFull()) {
    refuse(incoming, response, busy(upstream.name), options.requestId)
    return { breakOff: () => {} }
  }
  const exchange = new Exchange(options)
  exchange.start()
  return exchange
}

const NOTHING = Buffer.alloc(0)

class GivenUp extends Error {}

/**
 * One request and its answer.
 *
 * sending ── body read ──> waiting ── head of the answer ──> answering ── last byte ──> ended
 * Each can end early: the client leaves, the service breaks off, or the time for it is over. A request without a body
 * begins in waiting; a service may answer while it is still being sent to.
 */
class Exchange implements Dispatcher.DispatchHandler, Forwarded {
  readonly #options: ExchangeOptions
  #state: 'sending' | 'waiting' | 'answering' | 'ended' = 'waiting'
  #controller: Dispatcher.DispatchController | undefined
  #timer: NodeJS.Timeout | undefined
  /** Bytes of the answer that are still to come; -1 when it does not say. */
  #left = -1

  constructor(options: ExchangeOptions) {
    this.#options = options
  }

  start(): void {
    const { incoming, response, upstream, target, requestId, trustProxy } = this.#options
    response.once('close', () => this.#clientIsGone())
    const withBody = hasBody(incoming)
    const body = withBody ? this.#readBody() : null
    if (!withBody) this.#enter('waiting')
    upstream.dispatch(
      {
        method: incoming.method ?? 'GET',
        path: target,
        headers: requestHeaders(incoming, { requestId, trustProxy, hasBody: withBody }),
        body,
        // Else undici closes the connection after each HEAD and each GET with a body.
        reset: false
      },
      this
    )
  }

  #readBody(): RequestBody {
    const { incoming } = this.#options
    const body = new RequestBody(incoming)
    this.#enter('sending')
    incoming.on('data', () => {
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
    const { incoming, response, requestId, isClosing } = this.#options
    const raw = controller.rawHeaders
    const headers = responseHeaders(Array.isArray(raw) ? raw : [], requestId)
    if (isUnread(incoming) || isClosing()) headers.push('connection', 'close')
    response.writeHead(status, headers)
    this.#enter('answering')
    if (incoming.method === 'HEAD' || status === 204 || status === 304) {
      // undici takes a 304 with a Content-Length for a broken answer: what it says after this does not count.
      this.#end()
      return
    }
    this.#left = contentLength(headers)
    response.on('drain', () => {
      this.#timer?.refresh()
      controller.resume()
    })
    if (this.#left === 0) this.#end()
    // Not flushHeaders(), which writes a head as UTF-8. Both are sent with the first piece when that is here already.
    else response.write(NOTHING)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state !== 'answering') return
    const { response } = this.#options
    this.#timer?.refresh()
    if (this.#left > 0) {
      this.#left -= chunk.length
      if (this.#left <= 0) {
        this.#end(chunk)
        return
      }
    }
    if (!response.write(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    if (this.#state === 'answering') this.#end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const { upstream, response } = this.#options
    if (this.#state === 'ended') return
    if (response.headersSent) {
      // Never end(): the client would take a part for the whole.
      this.#leave()
      response.destroy()
      return
    }
    const { name } = upstream
    this.#refuse(this.#controller ? brokenAnswer(name, error) : unreachable(name, error))
  }

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
    const { incoming, response, requestId } = this.#options
    this.#leave()
    refuse(incoming, response, refusal, requestId)
  }

  #end(chunk?: Buffer): void {
    const { incoming, response } = this.#options
    this.#leave()
    if (!isUnread(incoming)) {
      incoming.resume()
      response.end(chunk)
      return
    }
    if (chunk) response.write(chunk)
    endAfterBody(incoming, response)
  }

  #clientIsGone(): void {
    if (this.#state === 'ended') return
    this.#leave()
    this.#abort()
  }

  #leave(): void {
    this.#state = 'ended'
    clearTimeout(this.#timer)
  }

  #abort(): void {
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
