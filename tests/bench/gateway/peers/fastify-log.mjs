import Fastify, { LogController } from 'fastify'

/** Fastify with its logger on standard output; of the two lines that it writes a request only the second. */
export function oneLineARequest() {
  const app = Fastify({
    logger: true,
    logController: new LogController({ disableRequestLogging: true })
  })
  app.addHook('onResponse', async (request, reply) => {
    const { method, url, ip } = request
    const ms = Math.round(reply.elapsedTime)
    request.log.info({ method, url, status: reply.statusCode, ms, ip }, 'request')
  })
  return app
}
