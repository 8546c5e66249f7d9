import type { IncomingMessage } from 'node:http'
import { LEFTOVER_BYTES, LEFTOVER_MS } from './upload-limits.ts'

/**
 * Reads and throws away what has not been read of a request that was answered early: Node does so only for a body that
 * nobody has touched, and the connection would stand still. More than the limits: the connection is cut.
 */
export function discardLeftover(
  request: IncomingMessage,
  limits = { bytes: LEFTOVER_BYTES, ms: LEFTOVER_MS }
): void {
  if (request.readableEnded || request.destroyed) return
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
