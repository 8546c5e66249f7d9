import { Agent } from 'undici'
import { CONTAINER_ID_PATTERN, isOfApplication } from './container-logs-address.ts'
import { type LogAdvance, readAdvance } from './log-advance.ts'
import { type AggregatedFile, LOG_DIALECTS, type LogDialect } from './log-dialects.ts'
import { createNmCalls } from './nm-calls.ts'
import { NmError } from './nm-errors.ts'
import { isReadableLog } from './nm-responses.ts'
import { checkPlace, type ReadFromOptions } from './node-manager-logs.ts'

export type { AggregatedFile } from './log-dialects.ts'

export interface LogServersOptions {
  /** JobHistoryServers or Timeline servers: `http://jhs:19888`, `http://ahs:8188`; asked in this order. */
  urls: readonly string[]
  /** Sent as `user.name` with every call. */
  user: string
  /** 5 000 */
  connectTimeoutMs?: number
  /** Wall limit of a call; 30 000. */
  timeoutMs?: number
  /** Largest piece of a log that may be asked for; 16 MiB. */
  maxPieceBytes?: number
}

/** A container whose logs were aggregated. */
export type EndedContainer = Readonly<{
  containerId: string
  /** host:port of its node, for pages of servers before 3.3; `''` when it is not known. */
  nodeId: string
  /** Who the application belonged to. */
  owner: string
}>

/**
 * Logs of ended applications, which YARN has put together in HDFS. Calls reject with `NmError`, or with the reason of
 * the caller's signal; `NM_NOT_FOUND`: no server has them (yet).
 */
export interface LogServers {
  /** Files of the application's containers. `known`: those to be asked for where there is no list of all. */
  filesOf: (
    applicationId: string,
    known: readonly EndedContainer[],
    signal?: AbortSignal
  ) => Promise<AggregatedFile[]>
  /** What is behind `from`. */
  readFrom: (
    container: EndedContainer,
    file: string,
    options: ReadFromOptions
  ) => Promise<LogAdvance>
  close: () => Promise<void>
}

/** Addresses of log servers; throws `TypeError` that says which one is wrong. */
export function logServerUrls(urls: readonly string[]): string[] {
  return urls.map((text, index) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    const isPlain = url && url.username === '' && url.search === '' && url.hash === ''
    if (!isPlain || !/^https?:$/.test(url.protocol)) {
      throw new TypeError(
        `Log server address ${index + 1} is not one as in http://jhs.example:19888`
      )
    }
    const path = url.pathname.replace(/\/+$/, '').replace(/\/(jobhistory\/logs|ws\/v1\/\w+)$/, '')
    return url.origin + path
  })
}

export function createLogServers(options: LogServersOptions): LogServers {
  const { user, connectTimeoutMs = 5000, timeoutMs = 30_000 } = options
  const { maxPieceBytes = 16 * 1024 * 1024 } = options
  const urls = logServerUrls(options.urls)
  const agent = new Agent({
    connections: 2,
    connect: { timeout: connectTimeoutMs },
    headersTimeout: 0,
    bodyTimeout: 0
  })
  const calls = createNmCalls({ agent, user, timeoutMs, who: 'log server' })
  const dialects = new Map<string, LogDialect>()

  /** What a server speaks is found out once. */
  async function dialectOf(url: string, signal: AbortSignal | undefined): Promise<LogDialect> {
    const known = dialects.get(url)
    if (known) return known
    for (const dialect of LOG_DIALECTS) {
      if (!(await dialect.isSpoken(url, calls.ask, signal))) continue
      dialects.set(url, dialect)
      return dialect
    }
    throw new NmError(
      'NM_NONSENSE',
      'log server is neither a JobHistoryServer nor a Timeline server'
    )
  }

  /** The first server that has it; else what the first one said that is more than "not found". */
  async function first<T>(
    signal: AbortSignal | undefined,
    ask: (url: string, dialect: LogDialect) => Promise<T>
  ): Promise<T> {
    let fault: unknown
    for (const url of urls) {
      try {
        return await ask(url, await dialectOf(url, signal))
      } catch (error) {
        signal?.throwIfAborted()
        if (!(error instanceof NmError)) throw error
        if (!fault || isNotFound(fault)) fault = error
      }
    }
    throw fault ?? new NmError('NM_NOT_FOUND', 'no log server is configured')
  }

  return {
    filesOf: async (applicationId, known, signal) => {
      const containers = known.filter((one) => isOfApplication(one.containerId, applicationId))
      const files = await first(signal, async (url, dialect) => {
        const found = await dialect.filesOf({ url, applicationId, containers }, calls.ask, signal)
        if (found.length === 0) throw new NmError('NM_NOT_FOUND', 'log server has no such log')
        return found
      })
      return files.filter((one) => isOfApplication(one.containerId, applicationId))
    },
    readFrom: async (container, file, { from, maxBytes = 1024 * 1024, signal, ...known }) => {
      if (!CONTAINER_ID_PATTERN.test(container.containerId))
        throw new TypeError('Not a container id')
      if (!isReadableLog(file)) throw new NmError('NM_NOT_FOUND', 'log server has no such log')
      checkPlace({ from, maxBytes, maxPieceBytes })
      const { containerId } = container
      return await first(signal, (url, dialect) =>
        readAdvance({ containerId, file, from, maxBytes, ...known }, (size, take) =>
          dialect.read({ url, container, file, size }, take, calls.ask, signal)
        )
      )
    },
    close: () => agent.destroy()
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof NmError && error.reason === 'NM_NOT_FOUND'
}
