import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse
} from 'node:http'
import { endedSession, sessionsUnavailable } from '@scheduler-task/auth/auth-errors'
import type { Authenticator } from '@scheduler-task/auth/authenticator'
import { Refusal } from '@scheduler-task/envelope/errors'
import { refuseSocket } from '@scheduler-task/envelope/refuse-socket'
import { requestIdFrom } from '@scheduler-task/envelope/request-id'
import { loggableUrl } from '@scheduler-task/service-base/logger'
import type { FastifyBaseLogger } from 'fastify'
import type { Config } from '../config.ts'
import * as errors from '../errors.ts'
import { hasBody, refuse } from './answer.ts'
import { type ExchangeTimeouts, forward } from './exchange.ts'
import { isBelow } from './is-below.ts'
import { readRequestTarget } from './request-target.ts'
import type { Upstream } from './upstream.ts'

const MOST_HEADER_BYTES = 16 * 1024
const MOST_HEADERS = 200
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS)
/** Node looks for slow heads at this interval. */
const SLOW_HEAD_CHECK_MS = 2000
const KEEP_ALIVE_MS = 75_000

/** What is served below a prefix: a service, or nothing yet because `variable` is missing. */
export type Prefix = {
  path: string
  name: string
  variable: string
  upstream: Upstream | null
  /** A path below it whose answers do not end: they take nothing of what the others need. */
  stream?: { path: string; upstream: Upstream }
}

/** What requests need that is only there once the app is made. */
type Opened = {
  authenticator: Authenticator
  log: FastifyBaseLogger
}

export type FrontDoor = {
  /** For Fastify: its handler gets what is not below a prefix. */
  serverFactory(own: RequestListener): Server
  open(parts: Opened): void
  /** From now on each answer ends its connection. */
  close(): void
}

/**
 * The gateway's HTTP server. Every request is first brought into a form that nobody can read in two ways, or refused;
 * then it goes to Fastify, or, below one of the prefixes and with a good token, straight to the service.
 */
export function createFrontDoor(config: Config, prefixes: readonly Prefix[]): FrontDoor {
  let opened: Opened | undefined
  let closing = false
  const timeouts: ExchangeTimeouts = {
    clientIdleMs: config.CLIENT_IDLE_TIMEOUT_MS,
    answerMs: config.UPSTREAM_TIMEOUT_MS,
    streamIdleMs: config.STREAM_IDLE_TIMEOUT_MS
  }

  function receive(
    own: RequestListener,
    incoming: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean
  ): void {
    const requestId = idOf(incoming)
    const refused = (error: unknown) =>
      refuse(incoming, response, asRefusal(error, opened?.log), requestId)
    try {
      if (closing) response.shouldKeepAlive = false
      const target = readHead(incoming)
      const prefix = prefixes.find(({ path }) => isBelow(path, target.path))
      if (!prefix) {
        // Fastify reads the id and the path from here.
        incoming.headers['x-request-id'] = requestId
        incoming.url = target.path + target.query
        if (expectsContinue) response.writeContinue()
        boundBody(incoming, config.CLIENT_IDLE_TIMEOUT_MS)
        own(incoming, response)
        return
      }
      if (!opened) throw errors.starting()
      const { authenticator, log } = opened
      const logged = { reqId: requestId, url: incoming.url ?? '', service: prefix.name, user: '' }
      logWhenAnswered(incoming, response, log, logged)
      authenticator
        .identify(incoming.headers)
        .then((identity) => {
          logged.user = identity.user.name
          const { stream } = prefix
          const upstream = stream?.path === target.path ? stream.upstream : prefix.upstream
          if (!upstream) throw errors.notConfigured(prefix.name, prefix.variable)
          if (response.destroyed) return
          if (expectsContinue) response.writeContinue()
          const forwarded = forward({
            incoming,
            response,
            upstream,
            target: target.path + target.query,
            requestId,
            trustProxy: config.TRUST_PROXY,
            timeouts,
            isClosing: () => closing
          })
          const giveUp = authenticator.watch(identity, (end) => {
            log.info({ reqId: requestId, end }, 'broken off: the session has ended')
            forwarded.breakOff(end === 'ended' ? endedSession() : sessionsUnavailable())
          })
          response.once('close', giveUp)
        })
        .catch(refused)
    } catch (error) {
      refused(error)
    }
  }

  return {
    serverFactory(own) {
      const server = createServer({
        maxHeaderSize: MOST_HEADER_BYTES,
        headersTimeout: config.HEAD_TIMEOUT_MS,
        // A whole upload may take any time; pauses in it may not (CLIENT_IDLE_TIMEOUT_MS).
        requestTimeout: 0,
        connectionsCheckingInterval: Math.min(SLOW_HEAD_CHECK_MS, config.HEAD_TIMEOUT_MS),
        keepAliveTimeout: KEEP_ALIVE_MS,
        // Looked at below, so that its absence gets an envelope too.
        requireHostHeader: false
      })
      server.maxConnections = config.MAX_CONNECTIONS
      server.on('request', (incoming, response) => receive(own, incoming, response, false))
      server.on('checkContinue', (incoming, response) => receive(own, incoming, response, true))
      server.on('checkExpectation', (incoming, response) =>
        refuse(incoming, response, errors.expectationFailed(), idOf(incoming))
      )
      server.on('upgrade', (incoming, socket) =>
        refuseSocket(socket, errors.upgradeNotSupported(), idOf(incoming))
      )
      server.on('connect', (incoming, socket) =>
        refuseSocket(socket, errors.methodNotAllowed(METHODS), idOf(incoming))
      )
      return server
    },
    open(parts) {
      opened = parts
    },
    close() {
      closing = true
    }
  }
}

function idOf({ headers }: IncomingMessage): string {
  return requestIdFrom(headers['x-request-id'])
}

/** @throws Refusal for a head that this gateway and a service might read in two ways. */
function readHead(incoming: IncomingMessage) {
  const { method = '', url = '', headers, rawHeaders, httpVersionMinor } = incoming
  if (!KNOWN_METHODS.has(method)) throw errors.methodNotAllowed(METHODS)
  if (rawHeaders.length > 2 * MOST_HEADERS) throw errors.tooManyHeaders(MOST_HEADERS)
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  if (hosts > 1 || (hosts === 0 && httpVersionMinor > 0)) {
    throw errors.badRequestHead('there must be one Host header')
  }
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    throw errors.transferCodingNotSupported()
  }
  const target = readRequestTarget(url)
  if ('refused' in target) throw errors.badPath(target.refused)
  return target
}

function asRefusal(error: unknown, log: FastifyBaseLogger | undefined): Refusal {
  if (error instanceof Refusal) return error
  log?.error({ err: error }, 'a request met an error of ours')
  return new Refusal(500, 'the gateway met an error of its own', { code: 'INTERNAL_ERROR' })
}

/** A body for this gateway itself is small: all of it must come within this time. */
function boundBody(incoming: IncomingMessage, timeoutMs: number): void {
  if (!hasBody(incoming)) return
  const timer = setTimeout(() => {
    if (!incoming.complete) incoming.socket.destroy()
  }, timeoutMs)
  // Not for its own sake does the process live on.
  timer.unref()
  incoming.once('close', () => clearTimeout(timer))
}

/** One line a request, like that of the services. */
function logWhenAnswered(
  incoming: IncomingMessage,
  response: ServerResponse,
  log: FastifyBaseLogger,
  logged: { reqId: string; url: string; service: string; user: string }
): void {
  const startedAt = performance.now()
  const ip = incoming.socket.remoteAddress
  response.once('close', () => {
    log.info(
      {
        ...logged,
        url: loggableUrl(logged.url),
        method: incoming.method,
        status: response.statusCode,
        cutOff: response.writableFinished ? undefined : true,
        ms: Math.round(performance.now() - startedAt),
        ip
      },
      'request'
    )
  })
}
