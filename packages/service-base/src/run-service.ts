import closeWithGrace from 'close-with-grace'
import type { FastifyBaseLogger } from 'fastify'
import type { BaseConfig } from './base-config.ts'
import { ConfigError } from './load-config.ts'

/** The part of an app that running it needs; a gateway of another make has it too. */
export type Runnable = {
  listen(options: { host?: string; port?: number; path?: string }): Promise<string>
  close(): PromiseLike<unknown>
  log: FastifyBaseLogger
}

/**
 * Listens, and ends on SIGTERM or SIGINT: stops taking requests, lets those under way finish for
 * SHUTDOWN_TIMEOUT_MS, closes what the app holds. A second signal ends at once.
 * Answers the address it listens on.
 */
export async function runService(app: Runnable, config: BaseConfig): Promise<string> {
  // `delay` must be a number: a string silently means no limit. Above the app's own limit, so that it ends by itself.
  closeWithGrace(
    { delay: config.SHUTDOWN_TIMEOUT_MS + 2000, logger: { error: (text) => app.log.error(text) } },
    async ({ err, signal }) => {
      if (err) app.log.fatal({ err }, 'ended by an error that nobody caught')
      else app.log.info({ signal }, 'closing')
      await app.close()
    }
  )
  return config.LISTEN_SOCKET
    ? app.listen({ path: config.LISTEN_SOCKET })
    : app.listen({ host: config.HOST, port: config.PORT })
}

/** Runs a service's start; a configuration that cannot be used is explained on standard error, with exit code 2. */
export async function startOrExplain(name: string, start: () => Promise<void>): Promise<void> {
  try {
    await start()
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${name}: ${error.message}\n`)
      process.exitCode = 2
      return
    }
    throw error
  }
}
