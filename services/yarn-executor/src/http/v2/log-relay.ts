import type { FastifyReply, FastifyRequest } from 'fastify'
import { Agent, request as call, type Dispatcher } from 'undici'
import type { LogPlace } from '../../domain/job-logs.ts'
import { logElsewhere } from '../../errors.ts'

/** Answers a call for a log, or for what rests on one, with what an instance on the log's host says. Throws `Refusal`. */
export type LogRelay = (
  request: FastifyRequest,
  reply: FastifyReply,
  place: Extract<LogPlace, { kind: 'elsewhere' }>,
  signal: AbortSignal
) => Promise<FastifyReply>

/** What such an instance answers with 200; undefined when none does. */
export type TextRelay = (
  request: FastifyRequest,
  place: Extract<LogPlace, { kind: 'elsewhere' }>,
  signal: AbortSignal
) => Promise<string | undefined>

/** Says who has asked already: none asks a second one. */
const RELAYED = 'x-log-relayed'

const CONNECT_TIMEOUT_MS = 2000
const ANSWER_TIMEOUT_MS = 10_000
/** Streams show a sign of life more often. */
const SILENCE_MS = 60_000
/** The caller's own, so that the other one decides for itself who may read. */
const PASSED_ON = ['authorization', 'token', 'cookie', 'accept', 'last-event-id'] as const
const ANSWERED = [
  'content-type',
  'cache-control',
  'x-accel-buffering',
  'x-log-next',
  'x-log-size',
  'x-log-complete',
  'retry-after'
] as const

/** It came from another instance. */
export function isRelayed({ raw }: FastifyRequest): boolean {
  return raw.headers[RELAYED] !== undefined
}

export function createLogRelay(): Readonly<{
  relay: LogRelay
  relayForText: TextRelay
  close: () => Promise<void>
}> {
  const dispatcher = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: SILENCE_MS,
    // A stream each.
    pipelining: 0
  })

  const relay: LogRelay = async (request, reply, { hostId, urls }, signal) => {
    if (isRelayed(request)) throw logElsewhere(hostId, 'it is not this one')
    if (urls.length === 0) {
      throw logElsewhere(hostId, 'no instance there can be reached (INSTANCE_URL)')
    }
    const answer = await ask(request, urls, signal)
    if (!answer) throw logElsewhere(hostId, 'it does not answer')
    reply.code(answer.statusCode)
    for (const name of ANSWERED) {
      const value = answer.headers[name]
      if (value !== undefined) reply.header(name, value)
    }
    return reply.send(answer.body)
  }

  /** The first one that can say; undefined when none answers. */
  async function ask(
    request: FastifyRequest,
    urls: readonly string[],
    signal: AbortSignal
  ): Promise<Dispatcher.ResponseData | undefined> {
    for (const [at, url] of urls.entries()) {
      const answer = await call(sameCall(request.url, url), {
        dispatcher,
        signal,
        headers: { ...passedOn(request), [RELAYED]: '1', 'x-request-id': request.id }
      }).catch(() => undefined)
      if (signal.aborted) return undefined
      if (!answer) continue
      // Another one of that host, below another DATA_DIR.
      if (answer.statusCode === 503 && at < urls.length - 1) {
        await answer.body.dump().catch(() => {})
        continue
      }
      return answer
    }
    return undefined
  }

  const relayForText: TextRelay = async (request, { urls }, signal) => {
    try {
      const answer = await ask(request, urls, signal)
      if (answer?.statusCode === 200) return await answer.body.text()
      await answer?.body.dump()
    } catch {
      // It went away, or took too long.
    }
    return undefined
  }

  return { relay, relayForText, close: () => dispatcher.destroy() }
}

/** A caller may have named a host of its own choice: a request line may hold a whole URL. */
function sameCall(called: string, instance: string): URL {
  const { pathname, search } = new URL(called, instance)
  return new URL(`${pathname}${search}`, instance)
}

/** As they came: what was read of them by a schema may be a number. */
function passedOn({ raw: { headers } }: FastifyRequest): Record<string, string> {
  const given = PASSED_ON.map((name) => [name, headers[name]] as const)
  return Object.fromEntries(
    given.filter((one): one is [(typeof one)[0], string] => typeof one[1] === 'string')
  )
}
