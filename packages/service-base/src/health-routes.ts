import type { FastifyPluginAsync } from 'fastify'
import { z } from 'zod'

/** What a service needs to work: answers nothing when it is there, throws when it is not. */
export type ReadinessChecks = Readonly<Record<string, (signal: AbortSignal) => Promise<void>>>

export type Health = { name: string; version: string; checks: ReadinessChecks }

const CHECK_TIMEOUT_MS = 2000

const liveView = z.object({ status: z.literal('live') })
const versionView = z.object({ name: z.string(), version: z.string(), node: z.string() })
const readyView = z.object({
  status: z.enum(['ready', 'not ready']),
  checks: z.record(z.string(), z.enum(['ok', 'unavailable'])).describe('By dependency')
})
const open = { tags: ['health'], security: [] } as const

/**
 * `/live` checks nothing but the process, `/ready` each dependency, `/version` says what runs. Open to everybody:
 * they tell names of dependencies, never addresses.
 */
export const healthRoutes: FastifyPluginAsync<{ health: Health }> = async (app, { health }) => {
  const live = { ...open, summary: 'The process lives', response: { 200: liveView } }
  app.get('/live', { schema: live, logLevel: 'warn' }, async () => ({ status: 'live' }))

  const version = { ...open, summary: 'What runs here', response: { 200: versionView } }
  app.get('/version', { schema: version, logLevel: 'warn' }, async () => ({
    name: health.name,
    version: health.version,
    node: process.version
  }))

  const readiness = {
    ...open,
    summary: 'All that is needed is there',
    response: { 200: readyView, 503: readyView }
  }
  app.get('/ready', { schema: readiness, logLevel: 'warn' }, async (_request, reply) => {
    const results = await Promise.all(
      Object.entries(health.checks).map(
        async ([name, check]) => [name, await outcome(check)] as const
      )
    )
    const ready = results.every(([, result]) => result === 'ok')
    if (!ready) reply.code(503).header('retry-after', '1')
    return { status: ready ? 'ready' : 'not ready', checks: Object.fromEntries(results) }
  })
}

async function outcome(check: (signal: AbortSignal) => Promise<void>): Promise<string> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS)
  const tooLate = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true })
  })
  try {
    await Promise.race([check(signal), tooLate])
    return 'ok'
  } catch {
    return 'unavailable'
  }
}
