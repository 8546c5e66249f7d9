import { isLoopback } from '@scheduler-task/service-base/base-config'
import { flag } from '@scheduler-task/service-base/load-config'
import { z } from 'zod'

const LEAST_SECRET_BYTES = 32

/** The variables of the token check, the same in every service. */
export const authEnvironment = {
  AUTH_MODE: z
    .enum(['session', 'jwt', 'off'])
    .default('session')
    .describe(
      '`session`: token and its login record in Redis; `jwt`: token alone, no revocation; `off`: no check, on a loopback address only'
    ),
  JWT_SECRET: z.string().optional().describe('Key that signs tokens (HS256), 32 bytes or more'),
  JWT_SECRET_PREVIOUS: z
    .string()
    .optional()
    .describe('A former JWT_SECRET that still verifies, while keys rotate'),
  JWT_SECRET_ENCODING: z
    .enum(['utf8', 'base64'])
    .default('utf8')
    .describe('How JWT_SECRET becomes bytes'),
  JWT_ISSUER: z
    .string()
    .optional()
    .describe('`iss` that tokens must have; tokens issued here have it, else `wdjs`'),
  SESSION_KEY_PREFIX: z
    .string()
    .default('')
    .describe('Put before `jti` to make the Redis key of a login record'),
  ALLOW_WEAK_JWT_SECRET: flag(false).describe('Take a JWT_SECRET under 32 bytes; warned at start'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// URL' })
    .optional()
    .describe('Redis with the login records; needed by AUTH_MODE=session')
}

export type AuthConfig = Readonly<z.output<z.ZodObject<typeof authEnvironment>>>

/** The bytes of a secret. */
export function secretBytes(secret: string, encoding: 'utf8' | 'base64'): Buffer {
  return Buffer.from(secret, encoding)
}

export type AuthCheckOptions = {
  /** Login records come from elsewhere (all-in-one, the gateway's embedded store), so REDIS_URL is not needed. */
  sessionsElsewhere?: boolean
  /** The signing key is kept elsewhere when JWT_SECRET is not set (a generated one). */
  secretElsewhere?: boolean
}

/** What schemas of single variables cannot say; for `superRefine` of a service's configuration. */
export function checkAuthConfig(options: AuthCheckOptions = {}) {
  return (config: AuthConfig & { HOST: string }, context: z.RefinementCtx): void => {
    const problem = (name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message })
    if (config.AUTH_MODE === 'off') {
      if (!isLoopback(config.HOST)) {
        problem('AUTH_MODE', `off is only for a loopback HOST, not ${config.HOST}`)
      }
      return
    }
    if (config.AUTH_MODE === 'session' && !config.REDIS_URL && !options.sessionsElsewhere) {
      problem(
        'REDIS_URL',
        'missing: AUTH_MODE=session looks sessions up in Redis; set REDIS_URL, or AUTH_MODE=jwt to check tokens alone'
      )
    }
    if (!config.JWT_SECRET && !options.secretElsewhere) {
      problem('JWT_SECRET', `missing: AUTH_MODE=${config.AUTH_MODE} verifies tokens with it`)
    }
    for (const name of ['JWT_SECRET', 'JWT_SECRET_PREVIOUS'] as const) {
      const secret = config[name]
      if (!secret) continue
      const { length } = secretBytes(secret, config.JWT_SECRET_ENCODING)
      if (length === 0) problem(name, `holds no bytes as ${config.JWT_SECRET_ENCODING}`)
      else if (length < LEAST_SECRET_BYTES && !config.ALLOW_WEAK_JWT_SECRET) {
        problem(
          name,
          `has ${length} bytes, ${LEAST_SECRET_BYTES} are needed (ALLOW_WEAK_JWT_SECRET=true takes it all the same)`
        )
      }
    }
  }
}

/** Warnings that a start log repeats: what was allowed although it is weak. */
export function authWarnings(config: AuthConfig): string[] {
  const warnings: string[] = []
  if (config.AUTH_MODE === 'off') warnings.push('AUTH_MODE=off: nobody is asked for a token')
  if (config.AUTH_MODE === 'jwt') {
    warnings.push('AUTH_MODE=jwt: tokens count until they expire, a log-out does not end them')
  }
  if (
    config.AUTH_MODE !== 'off' &&
    config.JWT_SECRET &&
    secretBytes(config.JWT_SECRET, config.JWT_SECRET_ENCODING).length < LEAST_SECRET_BYTES
  ) {
    warnings.push('ALLOW_WEAK_JWT_SECRET: the signing key is short enough to be guessed')
  }
  return warnings
}
