import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Test } from 'tap'

/** A real HTTP server on a free port that stands for a service; ended with the test. */
export async function startUpstream(
  t: Test,
  listener: RequestListener
): Promise<{ url: string; server: Server }> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: urlOf(server), server }
}

function urlOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}`
}
