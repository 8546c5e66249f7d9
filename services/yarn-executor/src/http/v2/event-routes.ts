import { Readable } from 'node:stream'
import { eventStreamHeaders } from '@scheduler-task/contracts/executor-v2'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { EventFeed } from '../../domain/event-feed.ts'
import type { PositionedEvent } from '../../domain/submission.ts'
import { tooManyWatchers } from '../../errors.ts'
import { timeOf } from './job-view.ts'

export type EventRoutesOptions = {
  events: EventFeed
  /** Fires when the service begins to end. */
  ends: AbortSignal
  /** Between two signs of life of a stream on which nothing happens; each asks whether its session is alive. */
  heartbeatMs: number
}

const MAX_WATCHERS = 2000
const BUFFER_BYTES = 64 * 1024
/** What a browser waits before it comes back. */
const RETRY_MS = 2000

/** The stream of everything that happens to jobs. */
export const eventRoutes: FastifyPluginAsyncZod<EventRoutesOptions> = async (
  app,
  { events, ends, heartbeatMs }
) => {
  let watchers = 0

  async function* stream(request: FastifyRequest, after: number | undefined, signal: AbortSignal) {
    let known = performance.now()
    yield `retry: ${RETRY_MS}\n\n`
    for await (const part of events.follow(after, { idleMs: heartbeatMs, signal })) {
      if (performance.now() - known >= heartbeatMs) {
        if (!(await stillKnown(app, request))) return
        known = performance.now()
      }
      yield part.length === 0 ? ': nothing new\n\n' : part.map(toText).join('')
    }
  }

  app.get(
    '/events',
    {
      schema: {
        summary: 'Everything that happens to jobs, as server-sent events',
        description:
          'Each event has an id; a client that comes back with it in `Last-Event-ID` misses nothing. Ends with the session.',
        headers: eventStreamHeaders
      },
      config: { openApi: { responses: { 200: STREAM_ANSWER } } }
    },
    (request, reply) => {
      if (watchers >= MAX_WATCHERS) throw tooManyWatchers()
      watchers += 1
      const gone = new AbortController()
      reply.raw.once('close', () => {
        watchers -= 1
        gone.abort()
      })
      const signal = AbortSignal.any([ends, gone.signal])
      const lines = stream(request, request.headers['last-event-id'], signal)
      return reply
        .type('text/event-stream; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .send(Readable.from(lines, { objectMode: false, highWaterMark: BUFFER_BYTES }))
    }
  )
}

const STREAM_ANSWER = {
  description: 'Server-sent events; the data of each is one JSON object',
  headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } },
  content: { 'text/event-stream': { schema: { type: 'string' } } }
}

async function stillKnown(app: FastifyInstance, { headers }: FastifyRequest): Promise<boolean> {
  try {
    await app.authenticator.identify(headers)
    return true
  } catch {
    return false
  }
}

function toText({ position, submissionId, at, who, what, detail }: PositionedEvent): string {
  const data = JSON.stringify({ jobId: submissionId, at: timeOf(at), who, what, detail })
  return `id: ${position}\ndata: ${data}\n\n`
}
