/** Where one ResourceManager is. */
export interface RmBase {
  /** Scheme, host and port. */
  origin: string
  /** Host and port as a redirect would name them. */
  host: string
  /** What stands before `/ws/v1/cluster`, for one behind a proxy; without a slash at its end. */
  path: string
}

/**
 * Checks configured addresses: http or https, no password, query or hash; `/ws/v1/cluster` at the
 * end is dropped.
 *
 * Throws `TypeError` that says which one (by position) and why.
 */
export function rmBaseUrls(urls: readonly string[]): RmBase[] {
  if (urls.length === 0) throw new TypeError('No ResourceManager address is given')
  return urls.map((text, index) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    const fault = url ? faultOf(url) : 'is not an address'
    if (!url || fault) throw new TypeError(`ResourceManager address ${index + 1} ${fault}`)
    const path = url.pathname.replace(/\/+$/, '').replace(/\/ws\/v1\/cluster$/, '')
    return { origin: url.origin, host: url.host, path }
  })
}

function faultOf(url: URL): string | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'is neither http nor https'
  if (url.username !== '' || url.password !== '') return 'must not hold a user or password'
  if (url.search !== '' || url.hash !== '') return 'must not have a query or hash'
  return undefined
}
