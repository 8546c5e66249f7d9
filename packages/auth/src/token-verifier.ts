import { createVerifier } from 'fast-jwt'
import { type AuthConfig, secretBytes } from './auth-config.ts'
import { badToken, expiredToken } from './auth-errors.ts'
import { CLOCK_LEEWAY_S, type TokenClaims, tokenClaims } from './claims.ts'

/**
 * Three parts in base64url, the last one the 32 bytes of an HS256 signature. Its last character holds four bits: of the
 * four characters that decode to the same ones only the canonical counts, so that a token has one spelling.
 */
const WELL_FORMED = /^[\w-]+\.[\w-]+\.[\w-]{42}[AEIMQUYcgkosw048]$/

/** @throws Refusal 401 that says whether the token has expired or was never good. */
export type TokenVerifier = (token: string) => TokenClaims

/**
 * Checks tokens as public-api §2 says: HS256 and nothing else, with JWT_SECRET or JWT_SECRET_PREVIOUS; `exp` in the
 * future, `jti` not empty, `iss` as configured. Only the signature is left to fast-jwt: times are compared here, with
 * `now` (epoch milliseconds), so that each use of a token that was verified before can compare them again.
 */
export function createTokenVerifier(
  config: AuthConfig,
  now: () => number = Date.now
): TokenVerifier {
  const verifySignature = [config.JWT_SECRET, config.JWT_SECRET_PREVIOUS]
    .filter((secret) => secret !== undefined)
    .map((secret) =>
      createVerifier({
        key: secretBytes(secret, config.JWT_SECRET_ENCODING),
        algorithms: ['HS256'],
        ignoreExpiration: true,
        ignoreNotBefore: true,
        ...(config.JWT_ISSUER ? { allowedIss: config.JWT_ISSUER, requiredClaims: ['iss'] } : {})
      })
    )
  return (token) => {
    if (!WELL_FORMED.test(token)) throw badToken()
    for (const verify of verifySignature) {
      const claims = tokenClaims.safeParse(attempt(verify, token))
      if (!claims.success) continue
      assertInTime(claims.data, now())
      return claims.data
    }
    throw badToken()
  }
}

function attempt(verify: (token: string) => unknown, token: string): unknown {
  try {
    return verify(token)
  } catch {
    return undefined
  }
}

/**
 * For each use of a token, however often its signature has been verified before.
 * @throws Refusal 401
 */
export function assertInTime(claims: TokenClaims, nowMs: number): void {
  if (isInTime(claims, nowMs)) return
  throw nowMs >= endOfToken(claims) ? expiredToken() : badToken()
}

/** The same as an answer. */
export function isInTime(claims: TokenClaims, nowMs: number): boolean {
  if (nowMs >= endOfToken(claims)) return false
  return claims.nbf === undefined || nowMs >= (claims.nbf - CLOCK_LEEWAY_S) * 1000
}

/** The first moment (epoch ms) at which a token counts no more. */
export function endOfToken({ exp }: Pick<TokenClaims, 'exp'>): number {
  return (exp + CLOCK_LEEWAY_S) * 1000
}
