import { Readable } from 'node:stream'
import {
  type JobLog,
  jobLog,
  jobLogHeaders,
  jobLogQuery
} from '@scheduler-task/contracts/executor-log'
import { jobParams } from '@scheduler-task/contracts/executor-v2'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { JobLogs, LogPick } from '../../domain/job-logs.ts'
import type { LogPart } from '../../domain/log-spool.ts'
import { tooManyWatchers } from '../../errors.ts'
import { timeOf } from './job-view.ts'
import type { LogRelay } from './log-relay.ts'
import { createSessionWatch } from './session-watch.ts'

export type LogRoutesOptions = {
  logs: JobLogs
  relay: LogRelay
  /** Fires when the service begins to end. */
  ends: AbortSignal
  /** So many streams at once; more are refused. */
  maxWatchers: number
  /** Between two signs of life of a stream on which nothing happens. */
  heartbeatMs: number
  /** How long a client may take nothing of what is there for it. */
  stuckMs: number
  /** Between two looks at the session of a stream. */
  sessionCheckMs: number
}

const RETRY_MS = 1000
const SESSION_PATIENCE_MS = 5000
const FAREWELL_MS = 1000

/** The log of a job: a part of it, or as it comes. */
export const logRoutes: FastifyPluginAsyncZod<LogRoutesOptions> = async (app, options) => {
  const { logs, relay, ends, maxWatchers, heartbeatMs, stuckMs, sessionCheckMs } = options
  let watchers = 0
  const sessions = createSessionWatch(app.authenticator, {
    everyMs: sessionCheckMs,
    patienceMs: SESSION_PATIENCE_MS
  })

  /** Whoever takes the next piece has taken the one before: `stuck` is called when that takes too long. */
  async function* stream(id: string, pick: LogPick, signal: AbortSignal, stuck: () => void) {
    yield `retry: ${RETRY_MS}\n\n`
    for await (const part of logs.follow(id, pick, { idleMs: heartbeatMs, signal })) {
      const timer = setTimeout(stuck, stuckMs)
      try {
        yield eventsOf(part)
      } finally {
        clearTimeout(timer)
      }
    }
  }

  /** Counts it, and ends it with the session, the service, or the client. `cutOff` ends it at once. */
  function begin(request: FastifyRequest, reply: FastifyReply) {
    const { raw } = reply
    if (watchers >= maxWatchers) throw tooManyWatchers()
    watchers += 1
    const over = new AbortController()
    const cutOff = () => void raw.destroy()
    let farewell: NodeJS.Timeout | undefined
    const end = () => {
      if (over.signal.aborted) return
      over.abort()
      farewell = setTimeout(cutOff, FAREWELL_MS)
    }
    const leave = request.identity?.expiresAt ? sessions.follow(request.headers, end) : undefined
    ends.addEventListener('abort', end, { once: true })
    const close = () => {
      watchers -= 1
      over.abort()
      clearTimeout(farewell)
      leave?.()
      ends.removeEventListener('abort', end)
    }
    raw.once('close', close)
    if (ends.aborted) end()
    return { signal: over.signal, cutOff }
  }

  app.get(
    '/jobs/:id/log',
    {
      schema: {
        summary: 'The log of a job: launcher, driver and containers in one, as it was seen',
        description:
          'A part as JSON, the text alone with `Accept: text/plain`, or with `follow` server-sent events: each has the cursor behind its line as its id, so that a client which comes back with it in `Last-Event-ID` misses and repeats nothing; `event: end` says that the log is complete. Secrets are masked.',
        params: jobParams,
        querystring: jobLogQuery,
        headers: jobLogHeaders
      },
      config: { refusals: [404, 416, 503], openApi: { responses: { 200: LOG_ANSWER } } }
    },
    async (request, reply) => {
      const { id } = request.params
      const { from, tail, size, source, follow } = request.query
      const lastId = follow ? request.headers['last-event-id'] : undefined
      const start = lastId ?? from
      const pick: LogPick = {
        maxBytes: size,
        ...(start !== undefined && { from: start }),
        ...(tail !== undefined && lastId === undefined && { tail }),
        ...(source && { sources: source })
      }
      reply.header('cache-control', 'no-store')
      const place = await logs.placeOf(id)
      const { raw } = reply
      if (place.kind === 'elsewhere') {
        if (!follow)
          return await relay(request, reply, place, AbortSignal.timeout(relayLimitMs(ends)))
        const { signal } = begin(request, reply)
        return await relay(request, reply, place, signal)
      }
      if (!follow) {
        const part = await logs.read(id, pick)
        return wantsText(request) ? sendText(reply, part) : reply.send(viewOf(part))
      }
      // What cannot be had is refused as long as it can be.
      if (lastId === undefined && start !== undefined) await logs.read(id, { ...pick, maxBytes: 1 })
      reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no')
      // Without `close` to come: the client left while its session was looked up.
      if (request.method === 'HEAD' || raw.destroyed) return reply.send()
      const { signal, cutOff } = begin(request, reply)
      const events = stream(id, pick, signal, cutOff)
      // One piece at a time: what waits for a slow client waits on the disk.
      return reply.send(Readable.from(events, { objectMode: false, highWaterMark: 1 }))
    }
  )
}

const RELAY_LIMIT_MS = 30_000
const relayLimitMs = (ends: AbortSignal) => (ends.aborted ? 1 : RELAY_LIMIT_MS)

/** Of parts that many follow; they go with the parts. */
const texts = new WeakMap<LogPart, string>()

function eventsOf(part: LogPart): string {
  const known = texts.get(part)
  if (known !== undefined) return known
  const lines = part.lines.map(({ cursor, at, source, text }) => {
    const data = JSON.stringify({ cursor, at: timeOf(at), source, text })
    return `id: ${cursor}\ndata: ${data}\n\n`
  })
  if (part.complete && part.next >= part.size)
    lines.push(`id: ${part.next}\nevent: end\ndata: {}\n\n`)
  const text = lines.length === 0 ? ': nothing new\n\n' : lines.join('')
  texts.set(part, text)
  return text
}

function viewOf({ lines, from, next, size, complete }: LogPart): JobLog {
  const items = lines.map(({ cursor, at, source, text }) => ({
    cursor,
    at: timeOf(at),
    source,
    text
  }))
  return jobLog.parse({ items, from, next, size, complete })
}

/** Where it goes on, and whether that is all, stand in headers. */
function sendText(reply: FastifyReply, { lines, next, size, complete }: LogPart) {
  return reply
    .type('text/plain; charset=utf-8')
    .header('x-log-next', String(next))
    .header('x-log-size', String(size))
    .header('x-log-complete', String(complete))
    .send(lines.map(({ text }) => `${text}\n`).join(''))
}

/** JSON, unless text is asked for by name. */
function wantsText({ headers }: FastifyRequest): boolean {
  const accepted = (headers.accept ?? '').split(',').map((one) => one.split(';')[0]?.trim())
  const text = accepted.indexOf('text/plain')
  const json = accepted.indexOf('application/json')
  return text >= 0 && (json < 0 || text < json)
}

const LOG_ANSWER = {
  description: 'A part of the log; with `follow` a stream, one line an event',
  headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } },
  content: {
    'application/json': { schema: { type: 'object' } },
    'text/plain': { schema: { type: 'string' } },
    'text/event-stream': { schema: { type: 'string' } }
  }
}
