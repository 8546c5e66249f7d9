import { connect, type Socket } from 'node:net'
import type { Test } from 'tap'

/** Made at once at most, so that none is lost in the queue of those not yet accepted. */
const AT_ONCE = 100

export type Crowd = {
  sockets: readonly Socket[]
  /** How many the other side has closed so far. */
  closed(): number
  /** How many could not be made at all. */
  refused(): number
  /** What came on each, cut at 1000 characters. */
  received: readonly string[]
  end(): void
}

/**
 * Opens many connections, sends a beginning on each, and leaves them so; ended with the test. What comes is read, but not
 * on those of which `reads` says no.
 */
export async function crowd(
  t: Test,
  url: string,
  beginnings: readonly string[],
  reads: (at: number) => boolean = () => true
): Promise<Crowd> {
  const port = Number(new URL(url).port)
  const sockets: Socket[] = []
  const received: string[] = beginnings.map(() => '')
  let closed = 0
  let refused = 0
  let ending = false
  const end = () => {
    ending = true
    for (const socket of sockets) socket.destroy()
  }
  t.teardown(end)
  const open = (text: string, at: number) =>
    new Promise<void>((done) => {
      const socket = connect(port, '127.0.0.1')
      sockets[at] = socket
      let isConnected = false
      socket.setNoDelay()
      socket.once('connect', () => {
        isConnected = true
        socket.write(text, 'latin1')
        if (!reads(at)) socket.pause()
        done()
      })
      socket.on('error', () => {})
      socket.once('close', () => {
        if (!ending && isConnected) closed += 1
        if (!isConnected) refused += 1
        done()
      })
      if (reads(at)) {
        socket.on('data', (chunk) => {
          if ((received[at] ?? '').length < 1000) received[at] += chunk.toString('latin1')
        })
      }
    })
  for (let from = 0; from < beginnings.length; from += AT_ONCE) {
    const some = beginnings.slice(from, from + AT_ONCE)
    await Promise.all(some.map((text, at) => open(text, from + at)))
  }
  return { sockets, closed: () => closed, refused: () => refused, received, end }
}
