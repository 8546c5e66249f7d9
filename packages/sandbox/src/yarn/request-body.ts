import type { IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'

export class BodyTooLarge extends Error {}

/** Reads a whole request body, unpacking gzip. Throws BodyTooLarge beyond `maxBytes`. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size > maxBytes) throw new BodyTooLarge(`more than ${maxBytes} bytes`)
    parts.push(part)
  }
  const body = Buffer.concat(parts)
  if (request.headers['content-encoding'] !== 'gzip') return body
  return gunzipSync(body, { maxOutputLength: maxBytes })
}
