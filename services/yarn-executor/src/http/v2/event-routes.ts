import { Readable } from 'node:stream'
import { eventStreamHeaders } from '@scheduler-task/contracts/executor-v2'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { EventFeed } from '../../domain/event-feed.ts'
import { tooManyWatchers } from '../../errors.ts'
import { textOf } from './event-text.ts'
import { createSessionWatch } from './session-watch.ts'

export type EventRoutesOptions = {
  events: EventFeed
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

/** What a browser waits before it comes back. */
const RETRY_MS = 2000
/** While sessions cannot be asked for, streams go on for so long. */
const SESSION_PATIENCE_MS = 5000
/** How long the last bytes of a stream may take. */
const FAREWELL_MS = 1000

/** The stream of everything that happens to jobs. */
export const eventRoutes: FastifyPluginAsyncZod<EventRoutesOptions> = async (
  app,
  { events, ends, maxWatchers, heartbeatMs, stuckMs, sessionCheckMs }
) => {
  let watchers = 0
  const sessions = createSessionWatch(app.authenticator, {
    everyMs: sessionCheckMs,
    patienceMs: SESSION_PATIENCE_MS
  })

  /** Whoever takes the next piece has taken the one before: `stuck` is called when that takes too long. */
  async function* stream(after: number | undefined, signal: AbortSignal, stuck: () => void) {
    yield `retry: ${RETRY_MS}\n\n`
    for await (const part of events.follow(after, { idleMs: heartbeatMs, signal })) {
      const timer = setTimeout(stuck, stuckMs)
      try {
        yield part.length === 0 ? ': nothing new\n\n' : part.map(textOf).join('')
      } finally {
        clearTimeout(timer)
      }
    }
  }

  app.get(
    '/events',
    {
      schema: {
        summary: 'Everything that happens to jobs, as server-sent events',
        description:
          'Each event has an id; a client that comes back with it in `Last-Event-ID` misses nothing. Ends with the session. A client that does not read is cut off.',
        headers: eventStreamHeaders
      },
      config: { openApi: { responses: { 200: STREAM_ANSWER } } }
    },
    (request, reply) => {
      reply
        .type('text/event-stream; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
      const { raw } = reply
      // Without `close` to come: the client left while its session was looked up.
      if (request.method === 'HEAD' || raw.destroyed) return reply.send()
      if (watchers >= maxWatchers) throw tooManyWatchers()
      watchers += 1
      const over = new AbortController()
      const cutOff = () => void raw.destroy()
      const end = () => {
        if (over.signal.aborted) return
        over.abort()
        farewell = setTimeout(cutOff, FAREWELL_MS)
      }
      let farewell: NodeJS.Timeout | undefined
      const leave = request.identity?.expiresAt ? sessions.follow(request.headers, end) : undefined
      ends.addEventListener('abort', end, { once: true })
      raw.once('close', () => {
        watchers -= 1
        over.abort()
        clearTimeout(farewell)
        leave?.()
        ends.removeEventListener('abort', end)
      })
      if (ends.aborted) end()
      const lines = stream(request.headers['last-event-id'], over.signal, cutOff)
      // One piece at a time: what waits for a slow client waits in the store.
      return reply.send(Readable.from(lines, { objectMode: false, highWaterMark: 1 }))
    }
  )
}

const STREAM_ANSWER = {
  description: 'Server-sent events; the data of each is one JSON object',
  headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } },
  content: { 'text/event-stream': { schema: { type: 'string' } } }
}
