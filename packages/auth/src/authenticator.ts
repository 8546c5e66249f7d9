import type { IncomingHttpHeaders } from 'node:http'
import type { AuthConfig } from './auth-config.ts'
import * as errors from './auth-errors.ts'
import type { TokenClaims } from './claims.ts'
import { createExpiryWatches } from './expiry-watches.ts'
import { type Role, rolesOf } from './roles.ts'
import { comesFromForeignPage, isLoopbackHost } from './same-site.ts'
import type { SessionEnd, SessionLookup } from './session-lookup.ts'
import { createTokenCache } from './token-cache.ts'
import { type FoundToken, findToken } from './token-source.ts'
import { assertInTime, createTokenVerifier, endOfToken, isInTime } from './token-verifier.ts'
import type { User } from './user.ts'

/**
 * Who makes a request, and how that is known. Token and expiry are `null` where nobody is asked for a token. Several
 * requests share one of these.
 */
export type Identity = Readonly<{
  user: User
  tokenFrom: FoundToken['from'] | null
  expiresAt: Date | null
}>

/** The token check as a function of a request's headers: for Fastify's hooks, and for requests that never see Fastify. */
export type Authenticator = {
  /** @throws Refusal 401 for no or no good token, 503 when sessions cannot be asked, 403 with AUTH_MODE=off. */
  identify(headers: IncomingHttpHeaders): Promise<Identity>
  /**
   * What `identify` would answer, when that is known without asking anybody: the token was verified before, and its
   * session is remembered. `undefined` says nothing: `identify` then tells, and tells why not.
   */
  identifyNow(headers: IncomingHttpHeaders): Identity | undefined
  /**
   * Calls `onEnd` once when what an identity is known by no longer counts: its session has ended, or its token has
   * expired. Answers the function that gives the watch up.
   */
  watch(identity: Identity, onEnd: (end: SessionEnd) => void): () => void
}

export type AuthenticatorOptions = {
  config: AuthConfig
  /** Needed by AUTH_MODE=session, not looked at otherwise. */
  sessions: SessionLookup | null
  /** Epoch milliseconds. Default: the clock. */
  now?: (() => number) | undefined
}

/** A token whose signature has been verified, and who its bearer was taken for last. */
type Verified = { claims: TokenClaims; identity: Identity | null }

/** The check of public-api §2 for the configured AUTH_MODE. */
export function createAuthenticator({
  config,
  sessions,
  now = Date.now
}: AuthenticatorOptions): Authenticator {
  if (config.AUTH_MODE === 'off') return letAnybodyIn()
  const asked = config.AUTH_MODE === 'session' ? sessions : null
  if (config.AUTH_MODE === 'session' && !asked) {
    throw new TypeError('AUTH_MODE=session needs a session store')
  }
  const verify = createTokenVerifier(config, now)
  const tokens = createTokenCache<Verified>()
  const expiries = createExpiryWatches(now)

  function verified(token: string): Verified {
    const known = tokens.get(token)
    if (known) {
      assertInTime(known.claims, now())
      return known
    }
    const fresh: Verified = { claims: verify(token), identity: null }
    tokens.set(token, fresh)
    return fresh
  }

  return {
    async identify(headers) {
      const found = findToken(headers)
      if (!found) throw errors.noToken()
      const token = verified(found.token)
      if (!asked) return identityOf(token, found.from)
      const record = await asked.find(token.claims.jti).catch((error: unknown) => {
        throw errors.sessionsUnavailable(error)
      })
      if (!record) {
        tokens.delete(found.token)
        throw errors.endedSession()
      }
      return identityOf(token, found.from, record.roles)
    },
    identifyNow(headers) {
      const found = findToken(headers)
      const token = found && tokens.get(found.token)
      if (!token || !isInTime(token.claims, now())) return undefined
      if (!asked) return identityOf(token, found.from)
      const record = asked.findNow(token.claims.jti)
      return record && identityOf(token, found.from, record.roles)
    },
    watch({ user, expiresAt }, onEnd) {
      if (!expiresAt) return () => {}
      let giveUpSession = () => {}
      const giveUpToken = expiries.add(endOfToken({ exp: expiresAt.getTime() / 1000 }), () => {
        giveUpSession()
        onEnd('ended')
      })
      if (!asked) return giveUpToken
      giveUpSession = asked.watch(user.sessionId, (end) => {
        giveUpToken()
        onEnd(end)
      })
      return () => {
        giveUpToken()
        giveUpSession()
      }
    }
  }
}

/** The one of the last request with this token, while nothing of it has changed. */
function identityOf(
  token: Verified,
  tokenFrom: FoundToken['from'],
  rolesNow?: readonly Role[]
): Identity {
  const { claims, identity: last } = token
  if (last?.tokenFrom === tokenFrom && (!rolesNow || last.user.roles === rolesNow)) return last
  const user = Object.freeze({
    name: claims.sub ?? '',
    roles: rolesNow ?? rolesOf(claims),
    sessionId: claims.jti
  })
  const expiresAt = new Date(claims.exp * 1000)
  token.identity = Object.freeze({ user, tokenFrom, expiresAt })
  return token.identity
}

/** AUTH_MODE=off: whoever comes from this machine, and is no page of another place. */
function letAnybodyIn(): Authenticator {
  const anybody: Identity = Object.freeze({
    user: Object.freeze({ name: 'anonymous', roles: ['admin'], sessionId: '' } as const),
    tokenFrom: null,
    expiresAt: null
  })
  return {
    async identify(headers) {
      if (!isLoopbackHost(headers.host)) throw errors.foreignHost()
      if (comesFromForeignPage(headers)) throw errors.foreignPage()
      return anybody
    },
    identifyNow: (headers) =>
      isLoopbackHost(headers.host) && !comesFromForeignPage(headers) ? anybody : undefined,
    watch: () => () => {}
  }
}
