import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/**
 * Calls `report` once for each request that was answered: when the answer is out, or when it came too late for a client
 * that had left. Fastify's own `onResponse` says nothing of the latter, though what they asked for was done.
 */
export function whenAnswered(
  app: FastifyInstance,
  report: (request: FastifyRequest, reply: FastifyReply) => void
): void {
  app.addHook('onSend', async (request, reply) => {
    const { raw } = reply
    if (raw.destroyed || raw.writableFinished) report(request, reply)
    else raw.once('close', () => report(request, reply))
  })
}
