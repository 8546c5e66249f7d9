import type { FastifyInstance } from 'fastify'

const SWEEP_EVERY_MS = 50

/**
 * Bounds what closing an app may take. Node closes the connections that are idle when it begins; those whose request
 * ends later are closed here, and after `timeoutMs` all that are left, whatever is under way on them.
 */
export function drainConnections(app: FastifyInstance, timeoutMs: number): void {
  app.addHook('preClose', async () => {
    const { server } = app
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_EVERY_MS)
    const limit = setTimeout(() => server.closeAllConnections(), timeoutMs)
    const stop = () => {
      clearInterval(sweep)
      clearTimeout(limit)
    }
    if (server.listening) server.once('close', stop)
    else stop()
  })
}
