import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { until } from '@scheduler-task/test-support/until'
import type { Test } from 'tap'

/** A connection on which anything can be sent; ended with the test. */
export type RawConnection = {
  socket: Socket
  send(bytes: string | Buffer): void
  /** Resolves with the next whole answer: status, head and body (by Content-Length). */
  answer(): Promise<{ status: number; head: string; body: string }>
  /** Resolves when the other side has closed. */
  closed: Promise<unknown>
}

export async function openRaw(t: Test, port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  const closed = once(socket, 'close').catch(() => undefined)
  await once(socket, 'connect')
  let received = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
  })
  return {
    socket,
    closed,
    send: (bytes) => {
      socket.write(bytes)
    },
    async answer() {
      let end = -1
      let length = 0
      await until('an answer came', () => {
        end = received.indexOf('\r\n\r\n')
        if (end < 0) return false
        length = Number(/content-length: (\d+)/i.exec(received.toString('latin1', 0, end))?.[1])
        return received.length >= end + 4 + length
      })
      const head = received.toString('latin1', 0, end)
      const body = received.toString('utf8', end + 4, end + 4 + length)
      received = received.subarray(end + 4 + length)
      return { status: Number(head.split(' ')[1]), head, body }
    }
  }
}
