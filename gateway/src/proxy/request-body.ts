import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

const BUFFERED_BYTES = 64 * 1024

/**
 * A request's body as a stream of its own. undici destroys the body it was given when an answer comes early; were that
 * the request itself, the client's connection would go with it, before the client has read that answer.
 */
export class RequestBody extends Readable {
  readonly #incoming: IncomingMessage
  readonly #onData = (chunk: Buffer) => {
    if (!this.push(chunk)) this.#incoming.pause()
  }
  readonly #onEnd = () => {
    this.push(null)
  }

  constructor(incoming: IncomingMessage) {
    super({ highWaterMark: BUFFERED_BYTES })
    this.#incoming = incoming
    incoming.on('data', this.#onData).on('end', this.#onEnd).pause()
  }

  override _read(): void {
    this.#incoming.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Left paused, what is still to come would stop the client, and with it the answer's end.
    this.#incoming.off('data', this.#onData).off('end', this.#onEnd).resume()
    callback(error)
  }
}
