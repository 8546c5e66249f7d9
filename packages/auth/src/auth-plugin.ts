import { whenAnswered } from '@scheduler-task/service-base/when-answered'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { type AuthConfig, authWarnings } from './auth-config.ts'
import { cookieAlone, roleMissing } from './auth-errors.ts'
import { type Authenticator, createAuthenticator, type Identity } from './authenticator.ts'
import { endWithSession } from './end-with-session.ts'
import { type ChangeRecorder, logChange, recordChange } from './record-change.ts'
import { atLeast, type Role } from './roles.ts'
import { provesSameSite } from './same-site.ts'
import type { SessionLookup } from './session-lookup.ts'
import type { User } from './user.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * For `onRequest` of a scope: lets only known users in, sets `request.user`, and breaks off what is still being
     * sent or received when the session ends.
     */
    authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void>
    /** The same check for requests that do not go through Fastify; it looks at no route's needs. */
    authenticator: Authenticator
    /** The store that `authenticate` asks; `null` where no sessions are looked up. */
    sessions: SessionLookup | null
  }
  interface FastifyRequest {
    /** Set by `authenticate`. */
    user: User
    /** Set by `authenticate`: how the user is known, and until when. */
    identity: Identity | null
  }
  interface FastifyContextConfig {
    /** The least role that may make this route's change. Default: `operator`. */
    leastRole?: Role
  }
}

export type AuthOptions = {
  config: AuthConfig
  /** Used in place of Redis: an embedded store, or a cached one. */
  sessions?: SessionLookup
  recordChange?: ChangeRecorder
  /** Epoch milliseconds. Default: the clock. */
  now?: () => number
}

/**
 * The token check of every service (public-api §2): adds `app.authenticate`, `app.authenticator`, `app.sessions`,
 * `request.user`, and reports every change once it is answered. Routes are protected by scope:
 * `scope.addHook('onRequest', scope.authenticate)`.
 */
export const authPlugin = fastifyPlugin(
  async (app: FastifyInstance, options: AuthOptions) => {
    const { config } = options
    const record = options.recordChange ?? logChange
    for (const warning of authWarnings(config)) app.log.warn(warning)

    const sessions =
      config.AUTH_MODE === 'session'
        ? (options.sessions ?? (await redisSessions(app, config)))
        : null
    const authenticator = createAuthenticator({ config, sessions, now: options.now })
    app.decorate('sessions', sessions)
    app.decorate('authenticator', authenticator)
    app.decorateRequest('changed', null)
    app.decorateRequest('user')
    app.decorateRequest('identity', null)

    app.decorate('authenticate', async (request: FastifyRequest, reply: FastifyReply) => {
      const { headers } = request
      const identity = authenticator.identifyNow(headers) ?? (await authenticator.identify(headers))
      request.identity = identity
      request.user = identity.user
      assertMayChange(request, identity)
      endWithSession(request, reply, authenticator)
    })

    whenAnswered(app, (request, reply) => recordChange(request, reply.statusCode, record))
  },
  { name: '@scheduler-task/auth' }
)

/** A route changes something when it says so, or when its method does. */
function assertMayChange(request: FastifyRequest, { user, tokenFrom }: Identity): void {
  const { change, leastRole = 'operator' } = request.routeOptions.config
  if (change === undefined && isRead(request.method)) return
  if (tokenFrom === 'cookie' && !provesSameSite(request.headers)) throw cookieAlone()
  if (change !== undefined && !atLeast(leastRole, user.roles)) throw roleMissing()
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

async function redisSessions(app: FastifyInstance, config: AuthConfig): Promise<SessionLookup> {
  // Loaded only here: an executor on an edge node has no Redis, and no room for its client.
  const { trackedSessions } = await import('./tracked-sessions-plugin.ts')
  return trackedSessions(app, config)
}
