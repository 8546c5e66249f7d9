import type { FastifyInstance } from 'fastify'

const SWEEP_EVERY_MS = 50

/**
 * Bounds what closing an app may take. Node closes the connections that are idle when it begins; those whose request
 * ends later are closed here, and after `timeoutMs` all that are left, whatever is under way on them. Where the app
 * itself lets idle connections be for a while, that takes `idleGraceMs`.
 */
export function drainConnections(app: FastifyInstance, timeoutMs: number, idleGraceMs = 0): void {
  app.addHook('preClose', async () => {
    const { server } = app
    let sweep: NodeJS.Timeout | undefined
    const begin = setTimeout(() => {
      sweep = setInterval(() => server.closeIdleConnections(), SWEEP_EVERY_MS)
    }, idleGraceMs)
    const limit = setTimeout(() => server.closeAllConnections(), timeoutMs)
    const stop = () => {
      clearTimeout(begin)
      clearInterval(sweep)
      clearTimeout(limit)
    }
    if (server.listening) server.once('close', stop)
    else stop()
  })
}
