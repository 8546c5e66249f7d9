import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse
} from 'node:http'
import { endedSession, sessionsUnavailable } from '@scheduler-task/auth/auth-errors'
import type { Authenticator, Identity } from '@scheduler-task/auth/authenticator'
import { Refusal } from '@scheduler-task/envelope/errors'
import { refuseSocket } from '@scheduler-task/envelope/refuse-socket'
import { requestIdFrom } from '@scheduler-task/envelope/request-id'
import { type BatchedLog, createBatchedLog } from '@scheduler-task/service-base/batched-log'
import type { FastifyBaseLogger } from 'fastify'
import type { Config } from '../config.ts'
import * as errors from '../errors.ts'
import { type Access, logAccess } from './access-log.ts'
import { hasBody, refuse } from './answer.ts'
import { Exchange, type ExchangeTimeouts } from './exchange.ts'
import { isBelow } from './is-below.ts'
import { METHODS, MOST_HEADER_BYTES, readHead } from './request-head.ts'
import type { RequestTarget } from './request-target.ts'
import { traceContextFrom } from './trace-context.ts'
import type { Upstream } from './upstream.ts'
import { whenClosed } from './when-closed.ts'

/** Node looks for slow heads at this interval. */
const SLOW_HEAD_CHECK_MS = 2000
const KEEP_ALIVE_MS = 75_000
/** Answered however much there is to do: who asks wants to know whether this process is well. */
const HEALTH: ReadonlySet<string> = new Set(['/live', '/ready'])

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
type Parts = {
  authenticator: Authenticator
  log: FastifyBaseLogger
}
type Opened = Parts & { accessLog: BatchedLog }

export type FrontDoor = {
  /** For Fastify: its handler gets what is not below a prefix. */
  serverFactory(own: RequestListener): Server
  open(parts: Parts): void
  /** From now on each answer ends its connection. */
  close(): void
}

/** A request and what is known of it from its first bytes. */
type Received = {
  incoming: IncomingMessage
  response: ServerResponse
  requestId: string
  expectsContinue: boolean
}

/**
 * The gateway's HTTP server. Every request is first brought into a form that nobody can read in two ways, or refused;
 * then it goes to Fastify, or, below one of the prefixes and with a good token, straight to the service.
 */
export function createFrontDoor(config: Config, prefixes: readonly Prefix[]): FrontDoor {
  let opened: Opened | undefined
  let closing = false
  let underWay = 0
  const timeouts: ExchangeTimeouts = {
    clientIdleMs: config.CLIENT_IDLE_TIMEOUT_MS,
    answerMs: config.UPSTREAM_TIMEOUT_MS,
    streamIdleMs: config.STREAM_IDLE_TIMEOUT_MS
  }
  const isClosing = () => closing

  function receive(
    own: RequestListener,
    incoming: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean
  ): void {
    const requestId = idOf(incoming)
    const received: Received = { incoming, response, requestId, expectsContinue }
    try {
      if (closing) response.shouldKeepAlive = false
      const target = readHead(incoming)
      const prefix = prefixes.find(({ path }) => isBelow(path, target.path))
      if (prefix) {
        carry(prefix, target, received)
        return
      }
      underWay += 1
      whenClosed(incoming, response, leave)
      if (underWay > config.MAX_REQUESTS && !HEALTH.has(target.path)) throw errors.tooManyRequests()
      // Fastify reads the id and the path from here.
      incoming.headers['x-request-id'] = requestId
      incoming.url = target.path + target.query
      if (expectsContinue) response.writeContinue()
      boundBody(incoming, config.CLIENT_IDLE_TIMEOUT_MS)
      own(incoming, response)
    } catch (error) {
      refuseFor(received, error)
    }
  }

  function leave(): void {
    underWay -= 1
  }

  function refuseFor({ incoming, response, requestId }: Received, error: unknown): number {
    return refuse(incoming, response, asRefusal(error, opened?.log), requestId)
  }

  /** A request below a prefix: the token is looked at, then it is carried to its service. */
  function carry(prefix: Prefix, target: RequestTarget, received: Received): void {
    if (!opened) throw errors.starting()
    const { authenticator, log, accessLog } = opened
    const { incoming, response, requestId, expectsContinue } = received
    const { headers } = incoming
    const isOwnId = headers['x-request-id'] !== requestId
    const trace = traceContextFrom(headers, isOwnId ? requestId.replaceAll('-', '') : undefined)
    const access: Access = {
      requestId,
      traceId: trace.traceId,
      url: incoming.url ?? '',
      service: prefix.name,
      user: '',
      startedAt: performance.now(),
      received: 0,
      sent: 0
    }
    const ip = incoming.socket.remoteAddress
    underWay += 1
    let exchange: Exchange | undefined
    let giveUpWatch: (() => void) | undefined
    whenClosed(incoming, response, () => {
      leave()
      exchange?.clientIsGone()
      giveUpWatch?.()
      logAccess(accessLog, access, incoming, response, ip)
    })

    const goOn = (identity: Identity) => {
      access.user = identity.user.name
      if (underWay > config.MAX_REQUESTS) throw errors.tooManyRequests()
      const { stream } = prefix
      const upstream = stream?.path === target.path ? stream.upstream : prefix.upstream
      if (!upstream) throw errors.notConfigured(prefix.name, prefix.variable)
      if (response.destroyed || incoming.socket.destroyed) return
      if (expectsContinue) response.writeContinue()
      const { TRUST_PROXY: trustProxy } = config
      const path = target.path + target.query
      exchange = new Exchange({
        incoming,
        response,
        upstream,
        target: path,
        trace,
        access,
        trustProxy,
        timeouts,
        isClosing
      })
      exchange.start()
      giveUpWatch = authenticator.watch(identity, (end) => {
        log.info({ reqId: requestId, end }, 'broken off: the session has ended')
        exchange?.breakOff(end === 'ended' ? endedSession() : sessionsUnavailable())
      })
    }
    const refused = (error: unknown) => {
      access.sent += refuseFor(received, error)
    }
    const identity = authenticator.identifyNow(headers)
    if (!identity) {
      authenticator.identify(headers).then(goOn).catch(refused)
      return
    }
    // Known by memory: without a promise.
    try {
      goOn(identity)
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
        // Looked at in the head, so that its absence gets an envelope too.
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
      opened = { ...parts, accessLog: createBatchedLog(parts.log) }
    },
    close() {
      closing = true
      opened?.accessLog.close()
    }
  }
}

function idOf({ headers }: IncomingMessage): string {
  return requestIdFrom(headers['x-request-id'])
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
