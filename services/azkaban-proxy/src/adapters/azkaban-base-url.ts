/** Where Azkaban is. */
export type AzkabanBase = Readonly<{
  /** Scheme, host and port. */
  origin: string
  /** What stands before `/executor`, for one behind another server; without a slash at its end. */
  path: string
}>

/**
 * Checks a configured address: http or https, no password, query or hash.
 * @throws TypeError that says why, without the address
 */
export function azkabanBaseUrl(text: string): AzkabanBase {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) throw new TypeError('is not an address; it looks like https://azkaban.example:8443')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError('is neither http nor https')
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('must not hold a user or password: callers log in with their own')
  }
  if (url.search !== '' || url.hash !== '') throw new TypeError('must not have a query or hash')
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') }
}
