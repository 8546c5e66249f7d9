import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'

/** A TCP relay in front of a server, on a port of its own, that can misbehave like a network. */
export type Relay = {
  port: number
  /** Breaks all connections; new ones are made again. */
  cut(): void
  /** From now on nothing passes on the connections that are there nor on new ones; they stay open. */
  swallow(): void
  /** Everything is passed on, this much later, both ways. */
  delay(ms: number): void
  /** New connections pass again; the ones that have swallowed something stay dead, as a forgotten NAT entry does. */
  pass(): void
}

/** Hands each piece on after its delay, but none before an earlier one: a connection never mixes up its bytes. */
function inOrder(handOn: (chunk: Buffer) => void): (chunk: Buffer, delayMs: number) => void {
  let before = Promise.resolve()
  let waiting = 0
  return (chunk, delayMs) => {
    if (waiting === 0 && delayMs === 0) {
      handOn(chunk)
      return
    }
    waiting += 1
    const due = pause(delayMs)
    before = before
      .then(() => due)
      .then(() => {
        waiting -= 1
        handOn(chunk)
      })
  }
}

/** Ended with the test. */
export async function startRelay(t: Test, targetPort: number): Promise<Relay> {
  let swallows = false
  let delayMs = 0
  const dead = new WeakSet<Socket>()
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near]
    ] as const) {
      open.add(from)
      from.setNoDelay()
      from.on('error', () => {})
      from.on('close', () => {
        open.delete(from)
        to.destroy()
      })
      const pass = inOrder((chunk) => to.write(chunk))
      from.on('data', (chunk) => {
        if (swallows) dead.add(near)
        if (!dead.has(near)) pass(chunk, delayMs)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of open) socket.destroy()
  }
  t.teardown(() => {
    server.close()
    cut()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    cut,
    swallow: () => {
      swallows = true
    },
    delay: (ms) => {
      delayMs = ms
    },
    pass: () => {
      swallows = false
      delayMs = 0
    }
  }
}
