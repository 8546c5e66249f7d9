import type { Cluster, Role } from './cluster.ts'
import { createFaultBook, type FaultBook } from './faults.ts'
import { createRmHandler, type RmContext } from './rm-server.ts'
import { startWebServer } from './web-server.ts'

/** The other ResourceManager of a pair. */
export interface StandbyYarn {
  /** Base URL, without a slash at the end. */
  readonly url: string
  readonly role: Role
  /** Of this ResourceManager alone. */
  readonly faults: FaultBook
  setRole(role: Role, activeUrl?: string): void
  /** Stops listening until `up()`. */
  down(): Promise<void>
  up(): Promise<void>
  close(): Promise<void>
}

/**
 * Another web server on the cluster of `context`, as a state store shared by two ResourceManagers makes it: only its
 * role, its address and its faults are its own. Which of the two is active is the caller's to say, on both.
 */
export async function startStandby(
  context: RmContext,
  options: { readonly host: string; readonly port: number; readonly activeUrl: string }
): Promise<StandbyYarn> {
  const { host, port, activeUrl } = options
  // Whatever it has not set itself is read from the shared cluster, also what changes later.
  const own: Cluster = Object.assign(Object.create(context.resources.cluster), {
    role: 'standby',
    activeUrl
  })
  const faults = createFaultBook({
    forget() {
      throw new Error('a standby forgets nothing: ask the first ResourceManager')
    },
    down() {
      throw new Error('call down() and up()')
    }
  })
  const handle = createRmHandler({
    ...context,
    resources: { ...context.resources, cluster: own, faults }
  })
  const server = await startWebServer({ host, port, handle, spare: context.drivers.sockets })
  own.webAddress = `${host}:${server.port}`
  return {
    url: server.url,
    get role() {
      return own.role
    },
    faults,
    setRole(role, url) {
      own.role = role
      own.activeUrl = url ?? own.activeUrl
    },
    down: () => server.down(),
    up: () => server.up(),
    close: () => server.close()
  }
}
