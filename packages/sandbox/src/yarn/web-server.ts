import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'

export interface WebServer {
  readonly port: number
  readonly url: string
  /** Stops listening and drops all connections but those whose response must live on. */
  down(): Promise<void>
  /** Listens again on the same port. */
  up(): Promise<void>
  close(): Promise<void>
}

export type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export interface WebServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly handle: Handle
  /** Default: plain HTTP, as many connections as come. */
  readonly createServer?: (
    handle: (request: IncomingMessage, response: ServerResponse) => void
  ) => Server
  /** Default http. */
  readonly scheme?: 'http' | 'https'
  /** Sockets that `down()` leaves alone. */
  readonly spare?: ReadonlySet<Socket>
}

/** An HTTP server that can go away and come back on its port. */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const sockets = new Set<Socket>()
  let server = newServer(options, sockets)
  let port = options.port
  await listen()

  async function listen(): Promise<void> {
    server.listen({ port, host: options.host, exclusive: true })
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }

  async function stop(spare: ReadonlySet<Socket>): Promise<void> {
    if (!server.listening) return
    const closing = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of sockets) if (!spare.has(socket)) socket.destroy()
    if (spare.size === 0) await closing
  }

  return {
    get port() {
      return port
    },
    get url() {
      return `${options.scheme ?? 'http'}://${options.host}:${port}`
    },
    down: () => stop(options.spare ?? new Set()),
    async up() {
      if (server.listening) return
      server = newServer(options, sockets)
      await listen()
    },
    async close() {
      await stop(new Set())
      for (const socket of sockets) socket.destroy()
    }
  }
}

function newServer(options: WebServerOptions, sockets: Set<Socket>): Server {
  const create =
    options.createServer ?? ((handle) => createServer({ keepAliveTimeout: 60_000 }, handle))
  const server = create((request, response) => {
    options.handle(request, response).catch(() => request.socket.destroy())
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  return server
}
