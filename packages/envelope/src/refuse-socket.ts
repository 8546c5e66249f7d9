import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Refusal } from './errors.ts'
import { refusalAnswer } from './to-envelope.ts'

/** How long a client may take to read the answer and close its side. */
const LINGER_MS = 1000

/** Answers where Node gives the bare connection instead of a response; the connection ends with the answer. */
export function refuseSocket(socket: Duplex, refusal: Refusal, requestId: string): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const { httpStatus, headers, body } = refusalAnswer(refusal, requestId)
  const text = JSON.stringify(body)
  const fields = Object.entries({
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(text)),
    'x-request-id': requestId,
    connection: 'close'
  })
  const limit = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(limit))
  socket.on('error', () => socket.destroy())
  // Else its end is not seen.
  socket.resume()
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus] ?? ''}\r\n${head}\r\n${text}`)
}
