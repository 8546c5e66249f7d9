import { isatty } from 'node:tty'
import { ListenProblem, openListeningSocket } from './workers/listening-socket.ts'
import { createPrimaryLog } from './workers/primary-log.ts'
import { createWorkerPool, type WorkerPool } from './workers/worker-pool.ts'
import { spawnWorker } from './workers/worker-process.ts'

const EXIT_BAD_CONFIG = 2

/**
 * The process that is started: it binds the port, keeps WORKERS workers running on it, and carries no request itself.
 * It ends with the first worker when that one does not get ready, which has said why.
 *
 * SIGHUP: the workers are replaced by new ones, which run what is on disk now; when the terminal is closed: as SIGTERM.
 * SIGTERM, SIGINT: requests under way finish, for SHUTDOWN_TIMEOUT_MS, then it ends with 0. A second one: at once.
 *
 * @param entry what was started, as it was named: behind a symbolic link there may be another release one day
 */
export async function runPrimary(entry: string): Promise<void> {
  const log = createPrimaryLog()
  const wasAtTerminal = isAtTerminal()
  let lastId = 0
  const start = () => {
    lastId += 1
    return spawnWorker(entry, lastId)
  }
  const first = start()
  let pool: WorkerPool | undefined
  let isOpen = false
  let isEnding = false

  async function end(signal: string): Promise<void> {
    if (isEnding) {
      pool?.kill()
      first.kill()
      process.exit(1)
    }
    isEnding = true
    log.info({ signal }, 'closing')
    if (!pool) first.kill()
    process.exit((await pool?.close()) === false ? 1 : 0)
  }
  process.on('SIGTERM', (signal) => void end(signal))
  process.on('SIGINT', (signal) => void end(signal))
  process.on('SIGHUP', (signal) => {
    if (wasAtTerminal && !isAtTerminal()) {
      // The terminal says so more than once.
      if (!isEnding) void end(signal)
    } else if (isOpen && !isEnding) {
      void pool?.replaceAll()
    }
  })

  const settings = await first.loaded
  if (settings) {
    log.setLevel(settings.LOG_LEVEL)
    try {
      const socket = await openListeningSocket(settings)
      pool = createWorkerPool({ start, socket, settings, log })
      isOpen = await pool.open(first)
    } catch (error) {
      first.kill()
      if (!(error instanceof ListenProblem)) throw error
      process.stderr.write(`gateway: the configuration is not usable:\n  ${error.message}\n`)
      process.exit(EXIT_BAD_CONFIG)
    }
  }
  if (isOpen || isEnding) return
  const { code, signal, reason } = await first.ended
  if (code === null) log.error({ signal, reason }, 'the first worker did not get ready')
  process.exit(code ?? 1)
}

/** False also when there was one and it is gone. */
function isAtTerminal(): boolean {
  return isatty(0) || isatty(1) || isatty(2)
}
