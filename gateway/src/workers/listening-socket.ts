import { lookup } from 'node:dns/promises'
import * as net from 'node:net'
import { getSystemErrorName } from 'node:util'
import { type ListenPlace, listenProblem } from '@scheduler-task/service-base/listen-problem'

/**
 * A socket that is bound and on which nobody accepts here: as long as it is open, connections wait for a worker instead
 * of being refused. A net.Server would accept some of them itself.
 */
export type ListeningSocket = {
  /** For a message to a worker, which listens on it. */
  handle: unknown
  close(): void
}

type Handle = {
  close(): void
  /** Fills in the address; answers an error's number, 0 for none. Sockets with a path have none. */
  getsockname?(address: object): number
}

declare module 'node:net' {
  /** What node:cluster makes its sockets with (`lib/net.js`); not documented. Answers a negative number for an error. */
  export function _createServerHandle(
    address: string,
    port: number,
    addressType: number
  ): Handle | number
}

/** A place that cannot be listened on. */
export class ListenProblem extends Error {}

/** @throws ListenProblem when the place is taken, forbidden, or not of this machine */
export async function openListeningSocket(place: ListenPlace): Promise<ListeningSocket> {
  const refuse = (code: unknown): never => {
    throw new ListenProblem(listenProblem(code, place) ?? `cannot listen: ${code}`)
  }
  const { LISTEN_SOCKET, PORT } = place
  const target = LISTEN_SOCKET
    ? { address: LISTEN_SOCKET, port: -1, family: -1 }
    : { ...(await lookup(place.HOST).catch(({ code }) => refuse(code))), port: PORT }
  const handle = net._createServerHandle(target.address, target.port, target.family)
  if (typeof handle === 'number') return refuse(getSystemErrorName(handle))
  // That an address is in use is said only now; to listen all the same would be on a port by chance.
  const late = handle.getsockname?.({}) ?? 0
  if (late !== 0) {
    handle.close()
    return refuse(getSystemErrorName(late))
  }
  return { handle, close: () => handle.close() }
}
