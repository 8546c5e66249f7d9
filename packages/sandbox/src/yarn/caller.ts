import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Caller {
  readonly user: string
  /** False for `dr.who`, as whom Hadoop's static user filter lets anonymous requests in. */
  readonly authenticated: boolean
  /** Set-Cookie to send: present when the user came from `user.name` and not from a cookie. */
  readonly cookie: string | undefined
}

export type Authenticator = (
  request: IncomingMessage,
  query: URLSearchParams,
  now: number
) => Caller

const cookieLifeMs = 36_000_000

/**
 * Hadoop's `simple` authentication with anonymous callers allowed (§1.1): a valid `hadoop.auth`
 * cookie wins over `user.name` in the query.
 *
 * @param type `simple-dt` for the ResourceManager, `simple` for the NodeManager
 */
export function createAuthenticator(type: 'simple-dt' | 'simple'): Authenticator {
  const secret = randomBytes(32)
  const sign = (text: string) => createHmac('sha256', secret).update(text).digest('base64')

  function userOfCookie(request: IncomingMessage, now: number): string | undefined {
    const found = /(?:^|;\s*)hadoop\.auth="?([^";]+)"?/.exec(request.headers.cookie ?? '')?.[1]
    const end = found?.lastIndexOf('&s=') ?? -1
    if (!found || end < 0 || sign(found.slice(0, end)) !== found.slice(end + 3)) return undefined
    const fields = new URLSearchParams(found.slice(0, end))
    return Number(fields.get('e')) > now ? (fields.get('u') ?? undefined) : undefined
  }

  return (request, query, now) => {
    const known = userOfCookie(request, now)
    if (known !== undefined) return { user: known, authenticated: true, cookie: undefined }
    const name = query.get('user.name') ?? ''
    if (name === '') return { user: 'dr.who', authenticated: false, cookie: undefined }
    const token = `u=${encodeURIComponent(name)}&p=${encodeURIComponent(name)}&t=${type}&e=${now + cookieLifeMs}`
    const cookie = `hadoop.auth="${token}&s=${sign(token)}"; Path=/; HttpOnly`
    return { user: name, authenticated: true, cookie }
  }
}
