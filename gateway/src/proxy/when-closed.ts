import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** By connection: what is to be told to requests whose turn to be answered had not come. */
const behind = new WeakMap<Socket, Set<() => void>>()

/**
 * Calls `listener` once when an answer is out, or the client's connection is gone. Of a request that was sent behind
 * another one (pipelined) Node tells the latter only once its answer has had its turn: it would go on for nobody.
 */
export function whenClosed(
  { socket }: IncomingMessage,
  response: ServerResponse,
  listener: () => void
): void {
  if (response.socket !== null) {
    response.on('close', listener)
    return
  }
  const listeners = behind.get(socket) ?? listenTo(socket)
  const once = () => {
    if (listeners.delete(once)) listener()
  }
  listeners.add(once)
  response.on('close', once)
}

/** One listener a connection, however many requests are sent on it. */
function listenTo(socket: Socket): Set<() => void> {
  const listeners = new Set<() => void>()
  behind.set(socket, listeners)
  socket.once('close', () => {
    for (const listener of listeners) listener()
  })
  return listeners
}
