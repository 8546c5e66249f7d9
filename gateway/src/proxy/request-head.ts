import type { IncomingMessage } from 'node:http'
import * as errors from '../errors.ts'
import { type RequestTarget, readRequestTarget } from './request-target.ts'

/** What Node is told to take of one head. */
export const MOST_HEADER_BYTES = 16 * 1024
const MOST_HEADERS = 200

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS)

/**
 * Looks at a request's head and reads its target. (Bare line feeds, folded lines, a space before a colon, lengths that
 * contradict each other and chunk sizes that are no numbers never come here: Node's parser refuses them.)
 * @throws Refusal for a head that this gateway and a service might read in two ways.
 */
export function readHead(incoming: IncomingMessage): RequestTarget {
  const { method = '', url = '', headers, rawHeaders, httpVersionMinor } = incoming
  if (!KNOWN_METHODS.has(method)) throw errors.methodNotAllowed(METHODS)
  if (rawHeaders.length > 2 * MOST_HEADERS) throw errors.tooManyHeaders(MOST_HEADERS)
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  if (hosts > 1 || (hosts === 0 && httpVersionMinor > 0)) {
    throw errors.badRequestHead('there must be one Host header')
  }
  const coding = headers['transfer-encoding']
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') throw errors.transferCodingNotSupported()
    // RFC 9112 §6.1: what stood between it and us may have taken its body for something else.
    if (httpVersionMinor === 0) throw errors.badRequestHead('HTTP/1.0 knows no transfer codings')
  }
  const target = readRequestTarget(url)
  if ('refused' in target) throw errors.badPath(target.refused)
  return target
}
