import fastifyRedis from '@fastify/redis'
import fastifyPlugin from 'fastify-plugin'
import { Redis } from 'ioredis'

const COMMAND_TIMEOUT_MS = 1000
const LONGEST_RECONNECT_PAUSE_MS = 1000

/** A client that fails fast instead of queueing, and comes back by itself. */
export function connectRedis(url: string): Redis {
  return new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: COMMAND_TIMEOUT_MS,
    // A connection on which commands stay unanswered is given up, so that a new one is made.
    socketTimeout: 3 * COMMAND_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(attempt * 50, LONGEST_RECONNECT_PAUSE_MS)
  })
}

/**
 * `app.redis`, by @fastify/redis. Its own start waits until Redis answers; here the service starts without it and says
 * 503 until then, so that a restart of both in any order ends well.
 */
export const redisPlugin = fastifyPlugin(
  async (app, { url }: { url: string }) => {
    const client = connectRedis(url)
    let reachable: boolean | undefined
    const note = (now: boolean, error?: Error) => {
      if (now === reachable) return
      reachable = now
      if (now) app.log.info('Redis answers')
      else app.log.warn({ reason: error?.message }, 'Redis is away; calls are answered 503')
    }
    client.on('ready', () => note(true))
    client.on('error', (error: Error) => note(false, error))
    client.on('close', () => note(false))
    fastifyRedis(app, { client }, (error) => {
      if (error) app.log.error({ err: error }, 'Redis refuses this client')
    })
    // Not quit(): it waits for a server that may be away.
    app.addHook('onClose', async () => client.disconnect())
  },
  { name: '@scheduler-task/redis' }
)
