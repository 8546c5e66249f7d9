import type { FastifyPluginAsync } from 'fastify'

/** What a service needs to work: answers nothing when it is there, throws when it is not. */
export type ReadinessChecks = Readonly<Record<string, (signal: AbortSignal) => Promise<void>>>

export type Health = { name: string; version: string; checks: ReadinessChecks }

const CHECK_TIMEOUT_MS = 2000

/**
 * `/live` checks nothing but the process, `/ready` each dependency, `/version` says what runs. Open to everybody:
 * they tell names of dependencies, never addresses.
 */
export const healthRoutes: FastifyPluginAsync<{ health: Health }> = async (app, { health }) => {
  app.get('/live', { schema: { hide: true }, logLevel: 'warn' }, async () => ({ status: 'live' }))

  app.get('/version', { schema: { hide: true }, logLevel: 'warn' }, async () => ({
    name: health.name,
    version: health.version,
    node: process.version
  }))

  app.get('/ready', { schema: { hide: true }, logLevel: 'warn' }, async (_request, reply) => {
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
