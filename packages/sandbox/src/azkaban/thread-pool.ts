import {
  createServer as createHttp,
  type Server as HttpServer,
  type RequestListener
} from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'

export interface ThreadPoolOptions {
  /** Of these, one accepts connections; each other one serves a connection until it closes. */
  readonly threads: number
  readonly tls: { readonly key: string; readonly cert: string } | undefined
  readonly handle: RequestListener
}

/** Jetty's limit for idle connections. */
const idleMs = 200_000

/**
 * A server that is not listening yet and that, as Jetty's blocking connector, gives a thread to each
 * open connection, idle ones included (§1.1). Connections beyond that wait unread, without bound.
 */
export function createThreadedServer({ threads, tls, handle }: ThreadPoolOptions): Server {
  const http: HttpServer = tls ? createHttps(tls, handle) : createHttp(handle)
  http.keepAliveTimeout = idleMs
  http.timeout = idleMs
  const waiting: Socket[] = []
  let busy = 0

  function serve(socket: Socket): void {
    busy++
    socket.once('close', () => {
      busy--
      const next = waiting.shift()
      if (next) serve(next)
    })
    if (socket.destroyed) return
    http.emit('connection', socket)
    socket.resume()
  }

  return createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    if (busy < threads - 1) return serve(socket)
    waiting.push(socket)
    socket.once('close', () => {
      const at = waiting.indexOf(socket)
      if (at >= 0) waiting.splice(at, 1)
    })
  })
}
