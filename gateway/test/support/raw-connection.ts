import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import type { Test } from 'tap'

export type RawAnswer = {
  status: number
  /** Names in small letters; repeated fields joined by `, `. */
  headers: Record<string, string>
  body: string
}

export type RawConnection = {
  socket: Socket
  /** Sends text as the bytes that its characters are (latin1). */
  send(text: string | Buffer): void
  /** The next answer; `toHead` when it has no body whatever its fields say. */
  answer(options?: { toHead?: boolean }): Promise<RawAnswer>
  /** Everything that has come and was not taken as an answer. */
  rest(): string
  /** Resolves when the other side has closed the connection. */
  closed: Promise<void>
}

/** A TCP connection that shows each byte; destroyed with the test. */
export async function connectRaw(t: Test, port: number): Promise<RawConnection> {
  const socket = createConnection(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  let received = Buffer.alloc(0)
  let ended = false
  let changed = () => {}
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    changed()
  })
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => {
    const end = () => {
      ended = true
      changed()
      resolve()
    }
    socket.once('end', end).once('close', end)
  })
  await once(socket, 'connect')

  const until = async <Value>(take: () => Value | undefined): Promise<Value> => {
    for (;;) {
      const value = take()
      if (value !== undefined) return value
      if (ended) throw new Error(`the connection was closed after ${JSON.stringify(text())}`)
      await new Promise<void>((resolve) => {
        changed = resolve
      })
    }
  }
  const text = () => received.toString('latin1')
  const takeBytes = (count: number) => {
    const taken = received.subarray(0, count).toString('latin1')
    received = received.subarray(count)
    return taken
  }

  return {
    socket,
    closed,
    rest: text,
    send: (data) => void socket.write(data, 'latin1'),
    async answer({ toHead = false } = {}) {
      const headEnd = await until(() => {
        const at = text().indexOf('\r\n\r\n')
        return at < 0 ? undefined : at
      })
      const [statusLine = '', ...lines] = takeBytes(headEnd + 4)
        .trimEnd()
        .split('\r\n')
      const headers: Record<string, string> = {}
      for (const line of lines) {
        const at = line.indexOf(':')
        const name = line.slice(0, at).toLowerCase()
        const value = line.slice(at + 1).trim()
        headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
      }
      const status = Number(statusLine.split(' ')[1])
      let body = ''
      if (toHead || status < 200 || status === 204 || status === 304) {
        return { status, headers, body }
      }
      if (headers['transfer-encoding'] === 'chunked') {
        for (;;) {
          const lineEnd = await until(() => {
            const at = text().indexOf('\r\n')
            return at < 0 ? undefined : at
          })
          const size = Number.parseInt(takeBytes(lineEnd + 2), 16)
          await until(() => (received.length >= size + 2 ? true : undefined))
          body += takeBytes(size)
          takeBytes(2)
          if (size === 0) break
        }
      } else if (headers['content-length'] !== undefined) {
        const size = Number(headers['content-length'])
        await until(() => (received.length >= size ? true : undefined))
        body = takeBytes(size)
      } else {
        await until(() => (ended ? true : undefined))
        body = takeBytes(received.length)
      }
      return { status, headers, body }
    }
  }
}

/** The error code in an answer of ours, after checking that it is an envelope. */
export function codeIn(answer: RawAnswer): string {
  const envelope = JSON.parse(answer.body)
  if (Object.keys(envelope).join() !== 'statusCode,message,data') throw new Error('no envelope')
  if (envelope.statusCode !== answer.status) throw new Error('another status in the envelope')
  return JSON.parse(envelope.data).code
}
