import type { IncomingHttpHeaders } from 'node:http'
import { isLoopback } from '@scheduler-task/service-base/base-config'

/** A page of another site can make a browser send cookies, but neither of these two. */
export function provesSameSite(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-site'] === 'same-origin' || headers['x-requested-with'] !== undefined
}

/** The host name of a `Host` header, without port and brackets. */
export function hostName(host: string | undefined): string {
  const name = /^\[([^\]]*)\](?::\d*)?$/.exec(host ?? '')?.[1] ?? (host ?? '').replace(/:\d*$/, '')
  return name.toLowerCase()
}

/** Without a token check only names of this machine count, else a page could reach us by a name of its own. */
export function isLoopbackHost(host: string | undefined): boolean {
  const name = hostName(host)
  return isLoopback(name) || name.endsWith('.localhost')
}

/** True when a browser says that the request comes from another place than this very service. */
export function comesFromForeignPage(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return true
  const origin = headers.origin
  return origin !== undefined && !isSameOrigin(origin, headers.host)
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  try {
    const { protocol, host: originHost } = new URL(origin)
    return (protocol === 'http:' || protocol === 'https:') && originHost === host?.toLowerCase()
  } catch {
    return false
  }
}
