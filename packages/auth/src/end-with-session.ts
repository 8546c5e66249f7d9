import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Identity } from './authenticator.ts'
import { CLOCK_LEEWAY_S } from './claims.ts'
import type { SessionEnd, SessionLookup } from './session-lookup.ts'

/** A gateway in front, which can still tell its client why, is given the first word. */
const AFTER_GATEWAY_MS = 200
/** The longest that a timer takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Calls `onEnd` once when what `identity` is known by no longer counts: its session has ended; without sessions, its
 * token has expired. Answers the function that gives the watch up.
 */
export function watchIdentity(
  { user, expiresAt }: Identity,
  sessions: SessionLookup | null,
  onEnd: (end: SessionEnd) => void
): () => void {
  if (sessions) return sessions.watch(user.sessionId, onEnd)
  if (!expiresAt) return () => {}
  const leftMs = expiresAt.getTime() + 1000 * CLOCK_LEEWAY_S - Date.now()
  const timer = setTimeout(() => onEnd('ended'), Math.min(Math.max(leftMs, 0), LONGEST_TIMER_MS))
  timer.unref()
  return () => clearTimeout(timer)
}

/**
 * Breaks off what goes on being sent or received once its user's session has ended: streams, downloads, uploads. A call
 * that was received as a whole and has no answer yet is finished.
 */
export function endWithSession(
  request: FastifyRequest,
  reply: FastifyReply,
  sessions: SessionLookup | null
): void {
  const { identity } = request
  if (!identity) return
  let timer: NodeJS.Timeout | undefined
  const breakOff = () => {
    if (reply.raw.headersSent || !request.raw.complete) request.raw.socket.destroy()
    else timer = setTimeout(breakOff, AFTER_GATEWAY_MS)
  }
  const giveUp = watchIdentity(identity, sessions, () => {
    request.log.info('broken off: the session has ended')
    timer = setTimeout(breakOff, AFTER_GATEWAY_MS)
  })
  reply.raw.once('close', () => {
    giveUp()
    clearTimeout(timer)
  })
}
