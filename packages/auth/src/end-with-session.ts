import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Authenticator } from './authenticator.ts'

/** A gateway in front, which can still tell its client why, is given the first word. */
const AFTER_GATEWAY_MS = 200

/**
 * Breaks off what goes on being sent or received once its user's session has ended: streams, downloads, uploads. A call
 * that was received as a whole and has no answer yet is finished.
 */
export function endWithSession(
  request: FastifyRequest,
  reply: FastifyReply,
  authenticator: Authenticator
): void {
  const { identity } = request
  if (!identity) return
  let timer: NodeJS.Timeout | undefined
  const breakOff = () => {
    if (reply.raw.headersSent || !request.raw.complete) request.raw.socket.destroy()
    else timer = setTimeout(breakOff, AFTER_GATEWAY_MS)
  }
  const giveUp = authenticator.watch(identity, () => {
    request.log.info('broken off: the session has ended')
    timer = setTimeout(breakOff, AFTER_GATEWAY_MS)
  })
  reply.raw.once('close', () => {
    giveUp()
    clearTimeout(timer)
  })
}
