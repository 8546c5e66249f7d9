import type { FastifyInstance } from 'fastify'

/** Members of the document's class: clients that send all of it are taken, whatever the call needs. */
const DOCUMENTED: ReadonlySet<string> = new Set([
  'sessionId',
  'applicationId',
  'execId',
  'username',
  'password',
  'project',
  'flow',
  'jobId',
  'offest',
  'offset',
  'length'
])
const LOGGED_KEYS = 20

/** Keys that the document does not know are ignored, and named in the log: a misspelt one would pass unseen. */
export function nameUnknownKeys(app: FastifyInstance): void {
  app.addHook('preHandler', async (request) => {
    const { body } = request
    if (typeof body !== 'object' || body === null) return
    const unknown = Object.keys(body).filter((key) => !DOCUMENTED.has(key))
    if (unknown.length === 0) return
    const keys = unknown.slice(0, LOGGED_KEYS).map((key) => key.slice(0, 100))
    request.log.info({ keys }, 'keys of the body that are not known were ignored')
  })
}
