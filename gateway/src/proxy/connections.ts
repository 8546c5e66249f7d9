import type { Client } from 'undici'

/** One that needs a connection of its own for a while. */
export type Call = {
  /** It has one now, and gives it back. */
  begin(connection: Client): void
}

/** How many calls a service gets at once, and how many more may wait for their turn. */
export type Room = Readonly<{ connections: number; queue: number }>

/** The connections to one service, each for one call at a time; calls beyond them wait in the order in which they came. */
export type Connections = {
  /** Begins `call`, now or when its turn has come. False: as many wait already as may. */
  admit(call: Call): boolean
  /** The call waits no longer. */
  withdraw(call: Call): void
  /** The call that had `connection` is over. One that could not be made (`unusable`) is not tried again. */
  release(connection: Client, use: 'reusable' | 'unusable'): void
  /** True when one more call would be refused. */
  isFull(): boolean
  /** Breaks off what is under way. */
  destroy(): Promise<void>
}

/**
 * In place of undici's Pool, which looks through its connections for a free one and through all of them to say how many
 * wait, and in whose queue a call whose client has left keeps its place.
 */
export function createConnections(room: Room, connect: () => Client): Connections {
  const all = new Set<Client>()
  /** The one used last comes first: what is not needed becomes idle and is closed. */
  const free: Client[] = []
  const waiting = new Set<Call>()
  let destroyed = false

  function takeFree(): Client | undefined {
    const connection = free.pop()
    if (connection || all.size >= room.connections) return connection
    const made = connect()
    all.add(made)
    return made
  }

  function beginWaiting(): void {
    for (const call of waiting) {
      const connection = takeFree()
      if (!connection) return
      waiting.delete(call)
      call.begin(connection)
    }
  }

  return {
    admit(call) {
      const connection = destroyed ? undefined : takeFree()
      if (connection) call.begin(connection)
      else if (waiting.size < room.queue && !destroyed) waiting.add(call)
      else return false
      return true
    },
    withdraw: (call) => void waiting.delete(call),
    release(connection, use) {
      if (destroyed) return
      if (use === 'reusable') free.push(connection)
      else all.delete(connection)
      if (waiting.size > 0) beginWaiting()
    },
    isFull: () => free.length === 0 && all.size >= room.connections && waiting.size >= room.queue,
    async destroy() {
      destroyed = true
      waiting.clear()
      await Promise.all([...all].map((connection) => connection.destroy()))
    }
  }
}
