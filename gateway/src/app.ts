import cookie from '@fastify/cookie'
import type {} from '@fastify/redis'
import { authPlugin } from '@scheduler-task/auth/auth-plugin'
import { createTokenSigner } from '@scheduler-task/auth/token-signer'
import { type App, createApp } from '@scheduler-task/service-base/create-app'
import { packageVersion } from '@scheduler-task/service-base/package-version'
import type { FastifyBaseLogger } from 'fastify'
import { openEmbeddedState } from './adapters/embedded-state.ts'
import { createRedisLoginThrottle } from './adapters/redis-login-throttle.ts'
import { createRedisSessionStore } from './adapters/redis-session-store.ts'
import { type OpenedUsers, openUsers } from './adapters/user-file.ts'
import type { Config } from './config.ts'
import { createLogin } from './domain/login.ts'
import { createLoginThrottle, type LoginThrottle } from './domain/login-throttle.ts'
import { endOutdatedSessions } from './domain/outdated-sessions.ts'
import type { SessionStore } from './domain/session-store.ts'
import type { UserStore } from './domain/users.ts'
import { authRoutes } from './http/auth-routes.ts'
import { createJointDocument } from './openapi/joint-document.ts'
import type { Room } from './proxy/connections.ts'
import { createFrontDoor, type Prefix } from './proxy/front-door.ts'
import { stopAccepting } from './proxy/stop-accepting.ts'
import { createUpstream, roomForStreams } from './proxy/upstream.ts'

/** What a caller has opened already, or wants to be another one. */
export type Replacements = {
  /** The embedded sessions, shared with services of this process. Default: Redis, else those below DATA_DIR. */
  sessions?: SessionStore
  /** Signing key while JWT_SECRET is not set. Default: the one kept below DATA_DIR. */
  secret?: string
  /** Default: `users.json` below DATA_DIR. */
  users?: OpenedUsers
  /** Which variable to name, by that of a service's address, when the service is not there: all-in-one knows no addresses. */
  missing?: Readonly<Record<string, string>>
  logger?: FastifyBaseLogger
  /**
   * When it closes: how long connections without a request stay open (ms), so that what is sent on them just then is
   * answered yet, with `Connection: close`. Default: they are closed at once.
   */
  idleGraceMs?: number
  /** Epoch milliseconds. Default: the clock. */
  now?: () => number
}

/**
 * The gateway: its own routes in Fastify, everything below `/azkaban`, `/executor` and `/file` straight through to the
 * services. Not listening yet.
 */
export async function buildApp(config: Config, replacements: Replacements = {}): Promise<App> {
  const { logger, now, idleGraceMs = 0 } = replacements
  const prefixes = prefixesOf(config, replacements.missing)
  const door = createFrontDoor(config, prefixes)
  const app: App = await createApp({
    service: {
      name: 'gateway',
      version: packageVersion(import.meta.url),
      title: 'scheduler-task gateway'
    },
    config,
    checks: config.AUTH_MODE === 'session' ? { sessions: async () => app.sessions?.ping() } : {},
    serverFactory: door.serverFactory,
    completeDocument: createJointDocument(prefixes),
    idleGraceMs,
    ...(logger ? { logger } : {})
  })
  app.addHook('preClose', async () => {
    door.close()
    const over = idleGraceMs > 0 ? stopAccepting(app.server, idleGraceMs) : undefined
    // They would not end by themselves; who watches comes back elsewhere.
    await Promise.all(prefixes.map(({ stream }) => stream?.upstream.destroy()))
    await over
  })
  app.addHook('onClose', async () => {
    await Promise.all(prefixes.map(({ upstream }) => upstream?.destroy()))
  })

  const opened = await openSessions(app, config, replacements)
  const { auth, sessions } = opened
  await app.register(cookie)
  await app.register(authPlugin, {
    config: auth,
    ...(sessions ? { sessions } : {}),
    ...(now ? { now } : {})
  })
  await app.register(authRoutes, {
    sessions,
    login: config.AUTH_MODE === 'off' ? null : await makeLogin(app, opened, replacements)
  })

  await app.ready()
  door.open({ authenticator: app.authenticator, log: app.log })
  return app
}

function prefixesOf(config: Config, missing: Replacements['missing'] = {}): Prefix[] {
  const prefix = (
    path: string,
    name: string,
    variable: keyof Config,
    streamPath?: string
  ): Prefix => {
    const url = config[variable]
    const upstreamWith = (room?: Room) =>
      typeof url === 'string' ? createUpstream(name, url, config, room) : null
    const upstream = upstreamWith()
    const streams = streamPath ? upstreamWith(roomForStreams(config)) : null
    return {
      path,
      name,
      variable: missing[variable] ?? variable,
      upstream,
      ...(streamPath && streams && { stream: { path: streamPath, upstream: streams } })
    }
  }
  return [
    prefix('/executor', 'yarn-executor', 'EXECUTOR_URL', '/executor/v2/events'),
    prefix('/file', 'file-service', 'FILE_SERVICE_URL'),
    prefix('/azkaban', 'azkaban-proxy', 'AZKABAN_PROXY_URL')
  ]
}

type Opened = {
  /** The configuration with a signing key. */
  auth: Config
  /** `null` where none are looked up. */
  sessions: SessionStore | null
  /** Where sessions are shared by several processes, failed logins are counted for all of them. */
  throttle?: LoginThrottle
}

async function openSessions(
  app: App,
  config: Config,
  { sessions, secret, now }: Replacements
): Promise<Opened> {
  if (config.AUTH_MODE === 'off') return { auth: config, sessions: null }
  const looksUp = config.AUTH_MODE === 'session'
  const key = config.JWT_SECRET ?? secret
  const auth = key === undefined ? config : { ...config, JWT_SECRET: key }
  if (key !== undefined && !looksUp) return { auth, sessions: null }
  if (key !== undefined && sessions) return { auth, sessions }
  if (config.REDIS_URL && !sessions) {
    const { redisPlugin } = await import('@scheduler-task/auth/redis-plugin')
    const { trackedSessions } = await import('@scheduler-task/auth/tracked-sessions-plugin')
    await app.register(redisPlugin, { url: config.REDIS_URL })
    const lookup = trackedSessions(app, config)
    const { SESSION_KEY_PREFIX: prefix } = config
    const { redis } = app
    return {
      auth,
      sessions: createRedisSessionStore({ redis, lookup, prefix }),
      throttle: createRedisLoginThrottle({ redis, prefix, now })
    }
  }
  const state = await embeddedState(app, config)
  return {
    auth: { ...config, JWT_SECRET: key ?? state.secret },
    sessions: looksUp ? (sessions ?? state.sessions) : null
  }
}

async function embeddedState(app: App, { DATA_DIR }: Config) {
  const state = await openEmbeddedState(DATA_DIR)
  app.addHook('onClose', async () => state.close())
  return state
}

async function makeLogin(
  app: App,
  { auth, sessions, throttle }: Opened,
  { users, now }: Replacements
) {
  const { store, passwords } = users ?? (await openUsers(auth.DATA_DIR, auth.ADMIN_PASSWORD))
  if (sessions) endSessionsWithUsers(app, store, sessions)
  return createLogin({
    users: store,
    passwords,
    throttle: throttle ?? createLoginThrottle(now),
    sessions,
    sign: createTokenSigner(auth),
    sessionTtlS: auth.SESSION_TTL_S,
    sessionMaxS: auth.SESSION_MAX_S,
    ...(now ? { now } : {})
  })
}

function endSessionsWithUsers(app: App, users: UserStore, sessions: SessionStore): void {
  const stop = endOutdatedSessions({
    users,
    sessions,
    onEnded: ({ name, id }) =>
      app.log.info({ user: name, sessionId: id }, 'session ended: its user has changed'),
    onFailure: (err) =>
      app.log.warn({ err }, 'sessions of changed users cannot be ended yet; it is tried again')
  })
  app.addHook('onClose', async () => stop())
}
