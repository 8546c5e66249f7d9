import { randomUUID } from 'node:crypto'

/**
 * A multipart form with one file in its part `file`, as bytes: with tap loaded, Node 24 never sends to its end what undici
 * makes of a FormData.
 */
export function multipartFile(
  content: string | Uint8Array,
  fileName = 'part.txt'
): { headers: { 'content-type': string }; body: Buffer } {
  const boundary = `form-${randomUUID()}`
  const head =
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\n` +
    'Content-Type: application/octet-stream\r\n\r\n'
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([
      Buffer.from(head),
      Buffer.from(content),
      Buffer.from(`\r\n--${boundary}--\r\n`)
    ])
  }
}
