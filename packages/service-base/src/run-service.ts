import closeWithGrace from 'close-with-grace'
import type { FastifyBaseLogger } from 'fastify'
import type { BaseConfig } from './base-config.ts'
import { listenProblem } from './listen-problem.ts'
import { ConfigError } from './load-config.ts'

/** The part of an app that running it needs; a gateway of another make has it too. */
export type Runnable = {
  listen(options: { host?: string; port?: number; path?: string }): Promise<string>
  close(): PromiseLike<unknown>
  log: FastifyBaseLogger
}

/**
 * What the system says of a crash in native code. JavaScript that listens for it never gets its turn: the process would
 * repeat the crash for ever (https://nodejs.org/api/process.html#signal-events).
 */
const CRASHES = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const

/**
 * Listens, and ends on SIGTERM or SIGINT: stops taking requests, lets those under way finish for
 * SHUTDOWN_TIMEOUT_MS, closes what the app holds. A second signal ends at once. SIGHUP ends as well, however often it
 * comes: a terminal that is closed tells npm, and npm tells it again.
 * Answers the address it listens on.
 */
export async function runService(app: Runnable, config: BaseConfig): Promise<string> {
  // `delay` must be a number: a string silently means no limit. Above the app's own limit, so that it ends by itself.
  let closing = false
  const grace = closeWithGrace(
    {
      delay: config.SHUTDOWN_TIMEOUT_MS + 2000,
      logger: { error: (text) => app.log.error(text) },
      skip: [...CRASHES, 'SIGHUP']
    },
    async ({ err, signal }) => {
      closing = true
      if (err) app.log.fatal({ err }, 'ended by an error that nobody caught')
      else app.log.info({ signal }, 'closing')
      await app.close()
    }
  )
  const onHangUp = () => {
    if (!closing) grace.close()
  }
  process.on('SIGHUP', onHangUp)
  try {
    return config.LISTEN_SOCKET
      ? await app.listen({ path: config.LISTEN_SOCKET })
      : await app.listen({ host: config.HOST, port: config.PORT })
  } catch (error) {
    grace.uninstall()
    process.removeListener('SIGHUP', onHangUp)
    await app.close()
    throw explained(error, config)
  }
}

/** An address that cannot be listened on is a matter of configuration. */
function explained(error: unknown, config: BaseConfig): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const problem = listenProblem(code, config)
  return problem === undefined ? error : new ConfigError([problem])
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
