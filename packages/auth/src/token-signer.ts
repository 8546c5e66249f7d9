import { createSigner } from 'fast-jwt'
import { type AuthConfig, secretBytes } from './auth-config.ts'
import type { Role } from './roles.ts'

/** The issuer that the interface document's sample names. */
const DEFAULT_ISSUER = 'wdjs'

/** What a token of ours says. */
export type TokenContent = {
  sessionId: string
  name: string
  roles: readonly Role[]
  issuedAt: Date
  expiresAt: Date
}

/** Makes tokens like the interface document's sample: HS256, with the claims `jti iat iss sub exp`, and our `roles`. */
export function createTokenSigner(config: AuthConfig): (content: TokenContent) => string {
  const sign = createSigner({
    key: secretBytes(config.JWT_SECRET ?? '', config.JWT_SECRET_ENCODING),
    algorithm: 'HS256'
  })
  return ({ sessionId, name, roles, issuedAt, expiresAt }) =>
    sign({
      jti: sessionId,
      iat: epochSeconds(issuedAt),
      iss: config.JWT_ISSUER ?? DEFAULT_ISSUER,
      sub: name,
      exp: epochSeconds(expiresAt),
      roles
    })
}

function epochSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
