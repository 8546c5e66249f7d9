import fastifyJwt from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { type AuthConfig, authWarnings, secretBytes } from './auth-config.ts'
import * as errors from './auth-errors.ts'
import { CLOCK_LEEWAY_S, type TokenClaims, tokenClaims } from './claims.ts'
import { type ChangeRecorder, logChange, recordChange } from './record-change.ts'
import { redisPlugin } from './redis-plugin.ts'
import { createRedisSessionLookup } from './redis-session-lookup.ts'
import { mayChange, type Role, rolesOf } from './roles.ts'
import { comesFromForeignPage, isLoopbackHost, provesSameSite } from './same-site.ts'
import type { SessionLookup } from './session-lookup.ts'
import { type FoundToken, findToken } from './token-source.ts'

/** Who makes a request. */
export type User = { name: string; roles: readonly Role[]; sessionId: string }

declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: User
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    /** For `onRequest` of a scope: lets only known users in, and sets `request.user`. */
    authenticate(request: FastifyRequest): Promise<void>
    /** The store that `authenticate` asks; `null` where no sessions are looked up. */
    sessions: SessionLookup | null
  }
}

export type AuthOptions = {
  config: AuthConfig
  /** Used in place of Redis: an embedded store, or a cached one. */
  sessions?: SessionLookup
  recordChange?: ChangeRecorder
}

/**
 * The token check of every service (public-api §2): adds `app.authenticate`, `app.sessions`, `request.user`, and
 * reports every change once it is answered. Routes are protected by scope:
 * `scope.addHook('onRequest', scope.authenticate)`.
 */
export const authPlugin = fastifyPlugin(
  async (app: FastifyInstance, options: AuthOptions) => {
    const { config } = options
    const record = options.recordChange ?? logChange
    for (const warning of authWarnings(config)) app.log.warn(warning)

    const verify = config.AUTH_MODE === 'off' ? null : await registerVerifier(app, config)
    const sessions =
      config.AUTH_MODE === 'session'
        ? (options.sessions ?? (await redisSessions(app, config)))
        : null
    app.decorate('sessions', sessions)
    app.decorateRequest('changed', null)
    if (!app.hasRequestDecorator('user')) app.decorateRequest('user')

    app.decorate('authenticate', async (request: FastifyRequest) => {
      const changes = request.routeOptions.config.change !== undefined || !isRead(request.method)
      if (!verify) {
        request.user = anybody(request)
        return
      }
      const found = findToken(request.headers)
      if (!found) throw errors.noToken()
      const claims = verify(found.token)
      const roles = sessions ? await liveRoles(sessions, claims.jti) : rolesOf(claims)
      request.user = { name: claims.sub ?? '', roles, sessionId: claims.jti }
      if (changes) assertMayChange(request, found, roles)
    })

    app.addHook('onResponse', async (request, reply) =>
      recordChange(request, reply.statusCode, record)
    )
  },
  { name: '@scheduler-task/auth' }
)

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

function assertMayChange(request: FastifyRequest, found: FoundToken, roles: readonly Role[]): void {
  if (found.from === 'cookie' && !provesSameSite(request.headers)) throw errors.cookieAlone()
  if (!mayChange(roles) && request.routeOptions.config.change !== undefined)
    throw errors.roleMissing()
}

function anybody(request: FastifyRequest): User {
  if (!isLoopbackHost(request.headers.host)) throw errors.foreignHost()
  if (comesFromForeignPage(request.headers)) throw errors.foreignPage()
  return { name: 'anonymous', roles: ['admin'], sessionId: '' }
}

async function liveRoles(sessions: SessionLookup, sessionId: string): Promise<readonly Role[]> {
  const record = await sessions.find(sessionId).catch((error: unknown) => {
    throw errors.sessionsUnavailable(error)
  })
  if (!record) throw errors.endedSession()
  return record.roles
}

async function redisSessions(app: FastifyInstance, config: AuthConfig): Promise<SessionLookup> {
  await app.register(redisPlugin, { url: config.REDIS_URL ?? '' })
  return createRedisSessionLookup(app.redis, config.SESSION_KEY_PREFIX)
}

/** Registers @fastify/jwt and answers a function that throws the right refusal for every bad token. */
async function registerVerifier(
  app: FastifyInstance,
  config: AuthConfig
): Promise<(token: string) => TokenClaims> {
  const key = secretBytes(config.JWT_SECRET ?? '', config.JWT_SECRET_ENCODING)
  const verification = {
    algorithms: ['HS256' as const],
    clockTolerance: CLOCK_LEEWAY_S * 1000,
    requiredClaims: ['exp', 'jti'],
    ...(config.JWT_ISSUER ? { allowedIss: config.JWT_ISSUER } : {})
  }
  await app.register(fastifyJwt, {
    secret: key,
    sign: { algorithm: 'HS256' },
    verify: verification
  })
  const previous = config.JWT_SECRET_PREVIOUS
    ? secretBytes(config.JWT_SECRET_PREVIOUS, config.JWT_SECRET_ENCODING)
    : undefined
  const attempts: ((token: string) => unknown)[] = [(token) => app.jwt.verify(token)]
  if (previous) {
    attempts.push((token) => app.jwt.verify(token, { ...verification, key: previous }))
  }
  return (token) => {
    for (const attempt of attempts) {
      try {
        const claims = tokenClaims.safeParse(attempt(token))
        if (claims.success) return claims.data
      } catch (error) {
        if (isExpired(error)) throw errors.expiredToken()
      }
    }
    throw errors.badToken()
  }
}

function isExpired(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'FAST_JWT_EXPIRED'
}
