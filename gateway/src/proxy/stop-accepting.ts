import { once } from 'node:events'
import { Server } from 'node:net'

/**
 * Takes no more connections, and waits until those that there are have ended, at most `graceMs`. http's own close()
 * would also cut the idle ones, on which a request may be on its way.
 */
export async function stopAccepting(server: Server, graceMs: number): Promise<void> {
  const signal = AbortSignal.timeout(graceMs)
  const closed = once(server, 'close', { signal }).catch(() => {})
  Server.prototype.close.call(server)
  await closed
}
