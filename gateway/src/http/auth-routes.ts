import { sessionsUnavailable } from '@scheduler-task/auth/auth-errors'
import { SessionStoreUnavailable } from '@scheduler-task/auth/session-lookup'
import {
  type LoginBody,
  loginBody,
  loginEnvelope,
  logoutEnvelope,
  meEnvelope
} from '@scheduler-task/contracts/session'
import { ok } from '@scheduler-task/envelope/envelope'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Login } from '../domain/login.ts'
import type { SessionStore } from '../domain/session-store.ts'
import { nothingToLogInTo, sessionsNotKept } from '../errors.ts'

const COOKIE = 'token'

export type AuthRoutesOptions = {
  /** `null` with AUTH_MODE=off. */
  login: Login | null
  /** `null` where sessions are not looked up. */
  sessions: SessionStore | null
}

/** Login, logout, and who am I (public-api §6). */
export const authRoutes: FastifyPluginAsyncZod<AuthRoutesOptions> = async (
  app,
  { login, sessions }
) => {
  app.post(
    '/auth/login',
    {
      schema: {
        summary: 'Log in',
        body: loginBody,
        response: { 200: loginEnvelope },
        security: []
      },
      config: { change: 'session.login', refusals: [401, 409, 429, 503] }
    },
    async (request, reply) => {
      const { username, password, cookie } = request.body as LoginBody
      request.changed = { target: username }
      if (!login) throw nothingToLogInTo()
      const { token, session } = await storeAsked(
        login.logIn({ username, password, address: addressOf(request) })
      )
      request.user = { name: session.name, roles: session.roles, sessionId: session.id }
      if (cookie) {
        reply.setCookie(COOKIE, token, { ...cookieScope(request), expires: session.expiresAt })
      }
      // A token is nothing that a cache on the way may keep.
      reply.header('cache-control', 'no-store')
      return ok({ token, expiresAt: session.expiresAt.toISOString() })
    }
  )

  await app.register(async (secured) => {
    secured.addHook('onRequest', secured.authenticate)

    secured.post(
      '/auth/logout',
      {
        schema: { summary: 'End this session', response: { 200: logoutEnvelope } },
        config: { change: 'session.logout', leastRole: 'viewer', refusals: [409] }
      },
      async (request, reply) => {
        if (!sessions) throw sessionsNotKept()
        await storeAsked(sessions.remove(request.user.sessionId))
        reply.clearCookie(COOKIE, cookieScope(request))
        return ok(true as const)
      }
    )

    const me = { summary: 'Who is logged in', response: { 200: meEnvelope } }
    secured.get('/auth/me', { schema: me }, async (request) =>
      ok({
        name: request.user.name,
        roles: [...request.user.roles],
        expiresAt: request.identity?.expiresAt?.toISOString() ?? null
      })
    )
  })
}

function cookieScope(request: FastifyRequest) {
  return {
    path: '/',
    httpOnly: true,
    sameSite: 'strict' as const,
    secure: request.protocol === 'https'
  }
}

/** The peer; behind a proxy that is believed, the address that this proxy saw: the last one in its list. */
function addressOf(request: FastifyRequest): string {
  return request.ips?.[1] ?? request.socket.remoteAddress ?? 'local'
}

async function storeAsked<Result>(answer: Promise<Result>): Promise<Result> {
  return answer.catch((error: unknown) => {
    throw error instanceof SessionStoreUnavailable ? sessionsUnavailable(error) : error
  })
}
