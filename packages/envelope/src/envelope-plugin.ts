import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { DocumentedFailure } from './codes.ts'
import { Refusal } from './errors.ts'
import { createMethodTable } from './method-table.ts'
import { answersProblems, PROBLEM_TYPE, type Problem, problemAnswer, toProblem } from './problem.ts'
import { type ErrorAnswer, refusalAnswer, toEnvelope } from './to-envelope.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The code that the interface document prints for a failure of this call; absent: the HTTP status speaks. */
    failure?: DocumentedFailure
    /** Codes that the call may answer besides, since an error may bring its own: a restart fails as a stop too. */
    alsoFails?: readonly DocumentedFailure[]
  }
  interface FastifyRequest {
    /** The envelope's code of the answer, for the log and the record of changes; 0 until it is known. */
    answeredCode: number
  }
}

/**
 * Makes every answer of an app an envelope: errors, unknown routes (404), wrong methods (405 with `Allow`); below /v2 of
 * the executor they are problem details. Puts the request id on every answer.
 */
export const envelopePlugin = fastifyPlugin(
  async (app: FastifyInstance) => {
    const methods = createMethodTable()
    app.decorateRequest('answeredCode', 0)

    const answerNotFound = (request: FastifyRequest, reply: FastifyReply) => {
      const allowed = methods.allowed(request.url)
      const refusal =
        allowed.length > 0
          ? new Refusal(405, `use ${allowed.join(' or ')} for this path`, {
              code: 'METHOD_NOT_ALLOWED',
              headers: { allow: allowed.join(', ') }
            })
          : new Refusal(404, 'there is no such call here', { code: 'NOT_FOUND' })
      const answerOf = answersProblems(request.url) ? problemAnswer : refusalAnswer
      return send(answerOf(refusal, request.id), request, reply)
    }

    app.addHook('onRoute', (route) => methods.add(route.url, route.method))

    app.addHook('onRequest', async (request, reply) => {
      reply.header('x-request-id', request.id)
      // At once: what is no call here has no body that were worth reading, nor a content type that could be wrong.
      if (request.is404 || methods.isShadowed(request.url, request.routeOptions.url)) {
        return answerNotFound(request, reply)
      }
    })

    app.addHook('preSerialization', async (request, _reply, payload) => {
      const code = (payload as { statusCode?: unknown } | null)?.statusCode
      if (typeof code === 'number') request.answeredCode = code
      return payload
    })

    app.setErrorHandler((error, request, reply) => {
      const toAnswer = answersProblems(request.url) ? toProblem : toEnvelope
      const answer = toAnswer(error, request)
      if (answer.fault) request.log.error({ err: error }, 'a request met an error of ours')
      return send(answer, request, reply)
    })

    app.setNotFoundHandler(answerNotFound)
  },
  { name: '@scheduler-task/envelope' }
)

/** Serialised here: the route's own schemas describe its success, and must not cut an error. */
function send(
  { httpStatus, headers, body }: ErrorAnswer | ErrorAnswer<Problem>,
  request: FastifyRequest,
  reply: FastifyReply
): FastifyReply {
  const isProblem = 'status' in body
  request.answeredCode = isProblem ? body.status : body.statusCode
  reply.code(httpStatus).headers(headers)
  return reply
    .type(isProblem ? PROBLEM_TYPE : 'application/json; charset=utf-8')
    .send(JSON.stringify(body))
}
