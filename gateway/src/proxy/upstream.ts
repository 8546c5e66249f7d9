import { Client, type Dispatcher } from 'undici'
import type { Config } from '../config.ts'
import { type Connections, createConnections, type Room } from './connections.ts'

const KEEP_ALIVE_MS = 30_000

/** A service behind the gateway. */
export type Upstream = Connections & {
  /** What messages call it. */
  name: string
  /** Asks for a path of the service's own, for the gateway itself. */
  get(path: string, signal: AbortSignal): Promise<Dispatcher.ResponseData>
}

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
  const connect = () =>
    new Client(socketPath ? 'http://localhost' : url, {
      pipelining: 1,
      connect: {
        timeout: config.UPSTREAM_CONNECT_TIMEOUT_MS,
        ...(socketPath ? { socketPath } : {})
      },
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      // An exchange has its own clock, which knows who is slow.
      headersTimeout: 0,
      bodyTimeout: 0
    })
  const connections = createConnections(room, connect)
  /** Not one of those: the gateway's own question takes nothing of what calls need. */
  const ownConnection = connect()
  return {
    ...connections,
    name,
    get: (path, signal) =>
      ownConnection.request({
        method: 'GET',
        path,
        headers: { accept: 'application/json' },
        signal
      }),
    async destroy() {
      await Promise.all([connections.destroy(), ownConnection.destroy()])
    }
  }
}
