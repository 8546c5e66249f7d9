import {
  connectRaw,
  type RawAnswer,
  type RawConnection
} from '@scheduler-task/gateway/test-support/raw-connection'
import type { Test } from 'tap'

const ANSWER_LIMIT_MS = 30_000

export type Connection = Pick<RawConnection, 'send' | 'closed' | 'socket' | 'rest'> & {
  /** The next answer; nothing when the connection was closed without one. */
  next(): Promise<RawAnswer | undefined>
}

/** A connection of its own to a service, on which any bytes can be sent. */
export async function connectTo(t: Test, url: string): Promise<Connection> {
  const connection = await connectRaw(t, Number(new URL(url).port))
  return {
    ...connection,
    async next() {
      let limit: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        const error = new Error(`no answer within ${ANSWER_LIMIT_MS} ms`)
        limit = setTimeout(() => reject(error), ANSWER_LIMIT_MS)
      })
      const answered = connection.answer().catch((error: Error) => {
        if (/closed/.test(error.message)) return undefined
        throw error
      })
      return await Promise.race([answered, late]).finally(() => clearTimeout(limit))
    }
  }
}

/** A request's head as text, line for line as given. */
export function head(
  method: string,
  target: string,
  fields: Readonly<Record<string, string>> = {}
): string {
  const lines = Object.entries({ Host: 'localhost', ...fields }).map(
    ([name, value]) => `${name}: ${value}\r\n`
  )
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** Sends one request on a connection of its own; answers what came back. */
export async function sendAlone(
  t: Test,
  url: string,
  text: string | Buffer
): Promise<RawAnswer | undefined> {
  const connection = await connectTo(t, url)
  connection.send(text)
  const answer = await connection.next()
  connection.socket.destroy()
  return answer
}
