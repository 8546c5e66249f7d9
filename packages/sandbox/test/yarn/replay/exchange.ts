import { once } from 'node:events'
import { request } from 'node:http'
import type { RecordedAnswer, Recording } from './recording.ts'

/**
 * Sends a recorded request, byte for byte as to its path, headers and body.
 *
 * @param replaced values of headers that are not as recorded
 * @param localAddress from which it comes; default whatever the system takes
 */
export async function exchange(
  base: string,
  recording: Recording,
  replaced: Readonly<Record<string, string>> = {},
  localAddress?: string
): Promise<RecordedAnswer> {
  const { hostname, port } = new URL(base)
  const body = Buffer.from(recording.requestBody)
  const headers: Record<string, string> = {}
  for (const [name, value] of recording.headers) headers[name] = replaced[name] ?? value
  if (recording.method !== 'GET') headers['Content-Length'] = String(body.length)
  const sent = request({
    hostname,
    port,
    method: recording.method,
    path: recording.target,
    headers,
    setHost: false,
    agent: false,
    timeout: 5000,
    ...(localAddress !== undefined && { localAddress })
  })
  sent.end(recording.method === 'GET' ? undefined : body)
  const [response] = await once(sent, 'response')
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part)
  const raw: string[] = response.rawHeaders
  const list = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []))
  return {
    status: response.statusCode,
    reason: response.statusMessage,
    headers: list,
    body: Buffer.concat(parts).toString()
  }
}
