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

/** How many calls a service gets at once, and how many more may wait for their turn. */
export type Room = Readonly<{ connections: number; queue: number }>

/** For calls, which end. */
function roomForCalls({ UPSTREAM_CONNECTIONS, UPSTREAM_QUEUE }: Config): Room {
  return { connections: UPSTREAM_CONNECTIONS, queue: UPSTREAM_QUEUE }
}

/** For streams, which last as long as somebody watches: who waited for one would wait for good. */
export function roomForStreams({ UPSTREAM_STREAMS }: Config): Room {
  return { connections: UPSTREAM_STREAMS, queue: 0 }
}

/** Connections to the service at `url` (`http://host:port` or `unix:/path`), made as they are needed. */
export function createUpstream(
  name: string,
  url: string,
  config: Config,
  room: Room = roomForCalls(config)
): Upstream {
  const socketPath = url.startsWith('unix:') ? url.slice('unix:'.length) : undefined
  const pool = new Pool(socketPath ? 'http://localhost' : url, {
    connections: room.connections,
    pipelining: 1,
    connect: { timeout: config.UPSTREAM_CONNECT_TIMEOUT_MS, ...(socketPath ? { socketPath } : {}) },
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    // An exchange has its own clock, which knows who is slow.
    headersTimeout: 0,
    bodyTimeout: 0
  })
  const most = room.connections + room.queue
  return {
    name,
    dispatch: (options, handler) => void pool.dispatch(options, handler),
    get: (path, signal) =>
      pool.request({ method: 'GET', path, headers: { accept: 'application/json' }, signal }),
    isFull: () => pool.stats.size >= most,
    destroy: () => pool.destroy()
  }
}
