import type { IncomingHttpHeaders } from 'node:http'

export type FoundToken = { token: string; from: 'header' | 'bearer' | 'cookie' }

/**
 * The token of a request: header `token`, then `Authorization: Bearer`, then cookie `token`; the first place that
 * holds one decides. A query string is never looked at: it ends up in logs and histories.
 */
export function findToken(headers: IncomingHttpHeaders): FoundToken | undefined {
  const header = headers.token
  if (typeof header === 'string' && header !== '') return { token: header, from: 'header' }
  if (header !== undefined && header.length > 0) {
    return { token: [header].flat().join(', '), from: 'header' }
  }
  const bearer = /^Bearer +(\S.*)$/i.exec(headers.authorization ?? '')?.[1]
  if (bearer) return { token: bearer.trim(), from: 'bearer' }
  const cookie = cookieValue(headers.cookie, 'token')
  return cookie ? { token: cookie, from: 'cookie' } : undefined
}

function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) {
      return pair
        .slice(at + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1')
    }
  }
  return undefined
}
