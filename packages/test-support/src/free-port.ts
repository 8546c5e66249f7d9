import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** Below the range from which outgoing connections get theirs: nothing takes it while its server is being restarted. */
const LEAST = 15_000
const MOST = 31_000

/** A port of 127.0.0.1 on which nothing listens now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LEAST + Math.floor(Math.random() * (MOST - LEAST))
    const server = createServer()
    try {
      server.listen({ port, host: '127.0.0.1', exclusive: true })
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    } catch {
      // It is taken.
    } finally {
      server.close()
    }
  }
}
