import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

type Test = { teardown(end: () => Promise<void>): void }

export type TcpRelay = {
  port: number
  /** Connections stay open and nothing passes, as behind a firewall that drops; ends with `mend`. */
  silence(): void
  /** Every connection is reset, and new ones as well; ends with `mend`. */
  cut(): void
  mend(): void
}

/** Passes on what goes to a port of this host, as long as it is told to; ended with the test. */
export async function startRelay(t: Test, to: number): Promise<TcpRelay> {
  let state: 'open' | 'silent' | 'cut' = 'open'
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    if (state === 'cut') return void near.resetAndDestroy()
    const far = connect(to, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near]
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.on('data', (bytes) => {
        if (state === 'open') other.write(bytes)
      })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reset = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  t.teardown(async () => {
    reset()
    server.close()
    await once(server, 'close')
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return {
    port: address.port,
    silence: () => {
      state = 'silent'
    },
    cut: () => {
      state = 'cut'
      reset()
    },
    // What was swallowed meanwhile is gone: those connections are of no use any more, only new ones are.
    mend: () => {
      state = 'open'
    }
  }
}
