import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** After an early answer: what is still read of a body, so that the client gets to read that answer. */
const LEFTOVER = { bytes: 64 * 1024 * 1024, ms: 10_000 }

/**
 * Lets clients read answers that came before the end of their bodies (too large, not allowed): a connection that is
 * closed while it is being sent to is reset, and the answer lost. What is left is read and thrown away, within limits.
 */
export function readLeftovers(app: FastifyInstance): void {
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onSend', async (request, reply) => {
    // Fastify asks for the end of the connection with its 413.
    if (!request.raw.complete && !closing) reply.removeHeader('connection')
  })
  app.addHook('onResponse', async (request) => discardLeftover(request.raw))
}

/**
 * Reads and throws away what has not been read of a request that was answered early: Node does so only for a body that
 * nobody has touched, and the connection would stand still. More than the limits: the connection is cut.
 */
export function discardLeftover(request: IncomingMessage, limits = LEFTOVER): void {
  if (request.complete || request.destroyed) {
    request.resume()
    return
  }
  let left = limits.bytes
  const cut = () => request.socket.destroy()
  const timer = setTimeout(cut, limits.ms)
  timer.unref()
  const done = () => clearTimeout(timer)
  request.unpipe()
  request.once('end', done).once('close', done)
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) cut()
  })
  request.resume()
}
