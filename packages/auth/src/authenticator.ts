import type { IncomingHttpHeaders } from 'node:http'
import type { AuthConfig } from './auth-config.ts'
import * as errors from './auth-errors.ts'
import { type Role, rolesOf } from './roles.ts'
import { comesFromForeignPage, isLoopbackHost } from './same-site.ts'
import type { SessionLookup } from './session-lookup.ts'
import { type FoundToken, findToken } from './token-source.ts'
import { createTokenVerifier } from './token-verifier.ts'
import type { User } from './user.ts'

/** Who makes a request, and how that is known. Token and expiry are `null` where nobody is asked for a token. */
export type Identity = {
  user: User
  tokenFrom: FoundToken['from'] | null
  expiresAt: Date | null
}

/** The token check as a function of a request's headers: for Fastify's hooks, and for requests that never see Fastify. */
export type Authenticator = {
  /** @throws Refusal 401 for no or no good token, 503 when sessions cannot be asked, 403 with AUTH_MODE=off. */
  identify(headers: IncomingHttpHeaders): Promise<Identity>
}

export type AuthenticatorOptions = {
  config: AuthConfig
  /** Needed by AUTH_MODE=session, not looked at otherwise. */
  sessions: SessionLookup | null
  /** Epoch milliseconds. Default: the clock. */
  now?: (() => number) | undefined
}

/** The check of public-api §2 for the configured AUTH_MODE. */
export function createAuthenticator({
  config,
  sessions,
  now
}: AuthenticatorOptions): Authenticator {
  if (config.AUTH_MODE === 'off') return { identify: async (headers) => anybody(headers) }
  const verify = createTokenVerifier(config, now)
  const asked = config.AUTH_MODE === 'session' ? sessions : null
  if (config.AUTH_MODE === 'session' && !asked) {
    throw new TypeError('AUTH_MODE=session needs a session store')
  }
  return {
    async identify(headers) {
      const found = findToken(headers)
      if (!found) throw errors.noToken()
      const claims = verify(found.token)
      const roles = asked ? await liveRoles(asked, claims.jti) : rolesOf(claims)
      return {
        user: { name: claims.sub ?? '', roles, sessionId: claims.jti },
        tokenFrom: found.from,
        expiresAt: new Date(claims.exp * 1000)
      }
    }
  }
}

function anybody(headers: IncomingHttpHeaders): Identity {
  if (!isLoopbackHost(headers.host)) throw errors.foreignHost()
  if (comesFromForeignPage(headers)) throw errors.foreignPage()
  return {
    user: { name: 'anonymous', roles: ['admin'], sessionId: '' },
    tokenFrom: null,
    expiresAt: null
  }
}

async function liveRoles(sessions: SessionLookup, sessionId: string): Promise<readonly Role[]> {
  const record = await sessions.find(sessionId).catch((error: unknown) => {
    throw errors.sessionsUnavailable(error)
  })
  if (!record) throw errors.endedSession()
  return record.roles
}
