import { join } from 'node:path'
import { ConfigError, loadConfig } from '@scheduler-task/service-base/load-config'
import { createLogger } from '@scheduler-task/service-base/logger'
import type { FastifyListenOptions } from 'fastify'
import { type OpenedUsers, openUsers } from './adapters/user-file.ts'
import { buildApp } from './app.ts'
import { type Config, environment, keepsStateAlone } from './config.ts'
import {
  ALIVE_EVERY_MS,
  type FromWorker,
  type Settings,
  type ToWorker
} from './workers/messages.ts'

/** How long a connection without a request is still open once no more are accepted. */
const IDLE_GRACE_MS = 1000
/** Beyond SHUTDOWN_TIMEOUT_MS: for what is closed after the last connection. */
const END_LIMIT_MS = 2000
/** The primary waits longer than the worker itself does. */
const KILL_LIMIT_MS = END_LIMIT_MS + 1000

/**
 * One of the processes that serve: says `loaded`, listens on the socket that its primary sends, says `ready`. It leaves
 * (accepts no more, finishes what is under way, ends) when the primary asks it to or is gone, on SIGTERM, and after an
 * error that nobody caught.
 * @throws ConfigError when the configuration cannot be used
 */
export async function runWorker(
  id: number,
  variables: Readonly<Record<string, string | undefined>>
): Promise<void> {
  const config = loadConfig(environment, variables)
  const log = createLogger({ name: 'gateway', level: config.LOG_LEVEL }).child({ worker: id })
  let app: Awaited<ReturnType<typeof buildApp>> | undefined
  let isLeaving = false

  async function leave(reason: string, code = 0): Promise<void> {
    if (isLeaving) return
    isLeaving = true
    tell({ type: 'leaving' })
    log.info({ reason }, 'closing')
    setTimeout(() => process.exit(1), config.SHUTDOWN_TIMEOUT_MS + END_LIMIT_MS)
    await app?.close()
    process.exit(code)
  }
  function failed(err: unknown): void {
    log.fatal({ err }, 'ended by an error that nobody caught')
    leave('an error that nobody caught', 1).catch(() => process.exit(1))
  }
  function leaveFor(reason: string): void {
    leave(reason).catch(failed)
  }
  process.on('uncaughtException', failed)
  process.on('unhandledRejection', failed)
  process.on('disconnect', () => leaveFor('the primary is gone'))
  process.on('SIGTERM', () => leaveFor('SIGTERM'))
  // A terminal sends these to all; what they mean is decided by the primary.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
  const socket = new Promise<unknown>((resolve) => {
    process.on('message', ({ type }: ToWorker, handle: unknown) => {
      if (type === 'listen') resolve(handle)
      else leaveFor('the primary asks for it')
    })
  })
  if (!process.connected) return leaveFor('the primary is gone')

  const users =
    config.AUTH_MODE === 'off'
      ? undefined
      : await openUsers(config.DATA_DIR, config.ADMIN_PASSWORD).catch(asUnusable)
  tell({ type: 'loaded', settings: settingsOf(config) })
  const handle = await socket
  const idleGraceMs = Math.min(IDLE_GRACE_MS, config.SHUTDOWN_TIMEOUT_MS / 2)
  app = await buildApp(config, { logger: log, idleGraceMs, ...(users && { users }) })
  // Its name is known to the primary alone.
  const { LISTEN_SOCKET } = config
  if (LISTEN_SOCKET) app.server.address = () => LISTEN_SOCKET
  const place = { host: config.HOST === 'localhost' ? '127.0.0.1' : config.HOST, handle }
  const address = await app.listen(place as FastifyListenOptions)
  setInterval(() => tell({ type: 'alive' }), ALIVE_EVERY_MS)
  tell({ type: 'ready' })
  if (id === 1) tellPassword(config, users, address)
}

function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

function settingsOf(config: Config): Settings {
  const { HOST, PORT, LISTEN_SOCKET, LOG_LEVEL, WORKERS } = config
  return {
    HOST,
    PORT,
    ...(LISTEN_SOCKET ? { LISTEN_SOCKET } : {}),
    LOG_LEVEL,
    WORKERS,
    workerTimeoutMs: config.WORKER_TIMEOUT_MS,
    drainLimitMs: config.SHUTDOWN_TIMEOUT_MS + KILL_LIMIT_MS,
    isAlone: keepsStateAlone(config)
  }
}

function tellPassword(config: Config, users: OpenedUsers | undefined, address: string): void {
  if (users?.generatedAdminPassword === undefined) return
  // Beside the log, which must not hold secrets.
  process.stderr.write(
    `gateway: ${address} user admin, password ${users.generatedAdminPassword} (kept in ${join(config.DATA_DIR, 'admin-password')})\n`
  )
}

/** What the file system refuses is a matter of configuration. */
function asUnusable(error: Error): never {
  if ('syscall' in error) throw new ConfigError([`DATA_DIR: cannot be used: ${error.message}`])
  throw error
}
