import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { envelopePlugin } from '@scheduler-task/envelope/envelope-plugin'
import { BadParameters, Refusal } from '@scheduler-task/envelope/errors'
import { answersProblems, PROBLEM_TYPE, problemAnswer } from '@scheduler-task/envelope/problem'
import { refuseSocket } from '@scheduler-task/envelope/refuse-socket'
import { requestIdFrom } from '@scheduler-task/envelope/request-id'
import { refusalAnswer } from '@scheduler-task/envelope/to-envelope'
import Fastify, { type FastifyBaseLogger, type FastifyServerOptions, LogController } from 'fastify'
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider
} from 'fastify-type-provider-zod'
import type { BaseConfig } from './base-config.ts'
import { docsPlugin } from './docs-plugin.ts'
import { drainConnections } from './drain-connections.ts'
import { type Health, healthRoutes } from './health-routes.ts'
import { readLeftovers } from './leftover-body.ts'
import { createLogger, loggableUrl } from './logger.ts'
import { type CompleteDocument, openApiPlugin } from './openapi-plugin.ts'
import { whenAnswered } from './when-answered.ts'

const MAX_JSON_BYTES = 1024 * 1024
/** For the head of a request. Node's own limits are 60 s, looked at every 30 s: time for whoever sends slowly on purpose. */
const HEAD_TIMEOUT_MS = 15_000
const SLOW_CLIENT_CHECK_MS = 2000

/**
 * Given when an app is made and not set later, so that Fastify never loads its own compilers: 10 MB that nobody uses.
 * Its types know compilers of JSON Schema only.
 */
const ZOD_COMPILERS = {
  buildValidator: () => validatorCompiler,
  buildSerializer: () => serializerCompiler
} as unknown as NonNullable<
  NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']
>

export type AppOptions = {
  /** What the service is called in logs, `/version` and its OpenAPI document. */
  service: { name: string; version: string; title: string }
  config: BaseConfig
  /** Dependencies that `/ready` asks. */
  checks: Health['checks']
  logger?: FastifyBaseLogger
  serverFactory?: FastifyServerOptions['serverFactory']
  /** What `/openapi.json` shows, made from the app's own document. Default: that one. */
  completeDocument?: CompleteDocument
  /** For how long the app itself lets idle connections be when it closes (ms). Default: not at all. */
  idleGraceMs?: number
}

/**
 * A Fastify app as every service here starts it: zod schemas, envelopes for all errors, request ids, one log line a
 * request, limits, health routes, the OpenAPI document and its page. It does not listen.
 */
export async function createApp(options: AppOptions) {
  const { service, config } = options
  const app = Fastify({
    loggerInstance: options.logger ?? createLogger({ name: service.name, level: config.LOG_LEVEL }),
    ...(options.serverFactory ? { serverFactory: options.serverFactory } : {}),
    schemaController: { compilersFactory: ZOD_COMPILERS },
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => requestIdFrom(request.headers['x-request-id']),
    bodyLimit: MAX_JSON_BYTES,
    http: {
      headersTimeout: Math.min(HEAD_TIMEOUT_MS, config.REQUEST_TIMEOUT_MS),
      connectionsCheckingInterval: SLOW_CLIENT_CHECK_MS
    },
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    trustProxy: config.TRUST_PROXY,
    routerOptions: { maxParamLength: 16_384 },
    frameworkErrors: (_error, request, reply) => refuseBadUrl(request, reply.raw),
    clientErrorHandler
  }).withTypeProvider<ZodTypeProvider>()

  whenAnswered(app, (request, reply) => {
    request.log.info(
      {
        method: request.method,
        url: loggableUrl(request.url),
        status: reply.statusCode,
        code: request.answeredCode || undefined,
        ms: Math.round(reply.elapsedTime),
        cutOff: reply.raw.writableFinished ? undefined : true,
        ip: request.ip
      },
      'request'
    )
  })

  app.addHook('onRequest', async ({ raw }) => {
    // The router takes what is before it for the path; whoever stands in front may not.
    if (raw.url?.includes('#')) throw badUrl('a fragment has no place in a request')
  })
  drainConnections(app, config.SHUTDOWN_TIMEOUT_MS, options.idleGraceMs)
  readLeftovers(app)
  await app.register(envelopePlugin)
  if (config.DOCS === 'on') {
    const { completeDocument: complete } = options
    await app.register(openApiPlugin, { service, ...(complete && { complete }) })
    await app.register(docsPlugin, { title: service.title })
  }
  await app.register(healthRoutes, {
    health: { name: service.name, version: service.version, checks: options.checks }
  })
  return app
}

export type App = Awaited<ReturnType<typeof createApp>>

const badUrl = (message: string) => new BadParameters([{ path: '', message }])

/** Fastify calls this before routing: hooks and serializers do not run. */
function refuseBadUrl(
  { id, url }: Readonly<{ id: string; url: string }>,
  response: ServerResponse
): void {
  const refusal = badUrl('the path is not a valid URL path')
  const isProblem = answersProblems(url)
  const { httpStatus, body } = (isProblem ? problemAnswer : refusalAnswer)(refusal, id)
  response
    .writeHead(httpStatus, {
      'content-type': isProblem ? PROBLEM_TYPE : 'application/json; charset=utf-8',
      'x-request-id': id
    })
    .end(JSON.stringify(body))
}

/** A connection that sent no HTTP (or too much of it) still gets an envelope, then is closed. */
function clientErrorHandler(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  refuseSocket(socket, unreadable(error.code), requestIdFrom(undefined))
}

/** Why Node could not read a request, by its error's code. */
function unreadable(code: string | undefined): Refusal {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Refusal(408, 'the request did not come in time', { code: 'REQUEST_TIMEOUT' })
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Refusal(431, 'the head of the request is too large', { code: 'HEADERS_TOO_LARGE' })
  }
  const text =
    code === 'HPE_INVALID_URL'
      ? 'the URL holds characters that must be percent-encoded as UTF-8 (curl: -G --data-urlencode)'
      : 'the request is not valid HTTP'
  return new Refusal(400, text, { code: 'NOT_HTTP' })
}
