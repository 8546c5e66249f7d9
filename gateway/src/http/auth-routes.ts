import {
  type LoginBody,
  loginBody,
  loginEnvelope,
  logoutEnvelope,
  meEnvelope
} from '@scheduler-task/contracts/session'
import { ok } from '@scheduler-task/envelope/envelope'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { LoggedIn, Login } from '../domain/login.ts'
import type { SessionStore } from '../domain/session-store.ts'
import { createUserSessions } from '../domain/user-sessions.ts'
import { nothingToLogInTo, sessionsNotKept } from '../errors.ts'
import { sessionRoutes } from './session-routes.ts'
import { storeAsked } from './store-asked.ts'

const COOKIE = 'token'

export type AuthRoutesOptions = {
  /** `null` with AUTH_MODE=off. */
  login: Login | null
  /** `null` where sessions are not looked up. */
  sessions: SessionStore | null
}

/** Login, logout, renewal, who am I, and sessions (public-api §6). */
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
      const loggedIn = await storeAsked(
        login.logIn({ username, password, address: addressOf(request) })
      )
      const { session } = loggedIn
      request.user = { name: session.name, roles: session.roles, sessionId: session.id }
      if (cookie) setCookie(request, reply, loggedIn)
      return tokenAnswer(reply, loggedIn)
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

    secured.post(
      '/auth/renew',
      {
        schema: {
          summary: 'Renew this session',
          description: 'A new token of the same session; the cookie too, for who came with it.',
          response: { 200: loginEnvelope }
        },
        config: { change: 'session.renew', leastRole: 'viewer', refusals: [409] }
      },
      async (request, reply) => {
        if (!login) throw nothingToLogInTo()
        const renewed = await storeAsked(login.renew(request.user.sessionId))
        if (request.identity?.tokenFrom === 'cookie') setCookie(request, reply, renewed)
        return tokenAnswer(reply, renewed)
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

    await secured.register(sessionRoutes, { sessions: sessions && createUserSessions(sessions) })
  })
}

function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  { token, session }: LoggedIn
): void {
  reply.setCookie(COOKIE, token, { ...cookieScope(request), expires: session.expiresAt })
}

function tokenAnswer(reply: FastifyReply, { token, session }: LoggedIn) {
  // A token is nothing that a cache on the way may keep.
  reply.header('cache-control', 'no-store')
  return ok({ token, expiresAt: session.expiresAt.toISOString() })
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
