import { createServer } from 'node:net'

/** Distance of each service from the base port. */
const offsets = {
  resourceManagerScheduler: 30,
  resourceManagerTracker: 31,
  resourceManagerClient: 32,
  resourceManagerAdmin: 33,
  nodeManagerLocalizer: 40,
  nodeManager: 41,
  nodeManagerWeb: 42,
  historyServer: 50,
  historyServerAdmin: 51,
  historyServerWeb: 52,
  azkabanExecutor: 80,
  azkabanWeb: 81,
  resourceManagerWeb: 88
} as const

export type Ports = Readonly<Record<keyof typeof offsets, number>>

export function portsFrom(base: number): Ports {
  const { entries, fromEntries } = Object
  return fromEntries(entries(offsets).map(([name, offset]) => [name, base + offset])) as Ports
}

/**
 * The first base whose ports are all free on loopback, in steps of a hundred. All are below 32768:
 * above it the kernel may give a port away to an outgoing connection at any time. Throws when
 * nothing is free.
 */
export async function findFreeBase(from = 21_000): Promise<number> {
  for (let base = from; base + 100 <= 32_768; base += 100) {
    const free = await Promise.all(Object.values(portsFrom(base)).map(isFree))
    if (free.every(Boolean)) return base
  }
  throw new Error(`No hundred free ports between ${from} and 32768`)
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)))
  })
}
