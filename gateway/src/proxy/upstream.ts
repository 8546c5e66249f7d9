import { type Dispatcher, Pool } from 'undici'
import type { Config } from '../config.ts'

const KEEP_ALIVE_MS = 30_000

/** A service behind the gateway. */
export type Upstream = {
  /** What messages call it. */
  name: string
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void
  /** Asks for a path of the service's own, for the gateway itself. */
  get(path: string, signal: AbortSignal): Promise<Dispatcher.ResponseData>
  /** True when one more call would wait behind more calls than UPSTREAM_QUEUE allows. */
  isFull(): boolean
  /** Breaks off what is under way. */
  destroy(): Promise<void>
}

/** Connections to the service at `url` (`http://host:port` or `unix:/path`), made as they are needed. */
export function createUpstream(name: string, url: string, config: Config): Upstream {
  const socketPath = url.startsWith('unix:') ? url.slice('unix:'.length) : undefined
  const pool = new Pool(socketPath ? 'http://localhost' : url, {
    connections: config.UPSTREAM_CONNECTIONS,
    pipelining: 1,
    connect: { timeout: config.UPSTREAM_CONNECT_TIMEOUT_MS, ...(socketPath ? { socketPath } : {}) },
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    // An exchange has its own clock, which knows who is slow.
    headersTimeout: 0,
    bodyTimeout: 0
  })
  const most = config.UPSTREAM_CONNECTIONS + config.UPSTREAM_QUEUE
  return {
    name,
    dispatch: (options, handler) => void pool.dispatch(options, handler),
    get: (path, signal) =>
      pool.request({ method: 'GET', path, headers: { accept: 'application/json' }, signal }),
    isFull: () => pool.stats.size >= most,
    destroy: () => pool.destroy()
  }
}
