import {
  endedCountEnvelope,
  logoutEnvelope,
  sessionListEnvelope,
  sessionParameters,
  whoseSessions
} from '@scheduler-task/contracts/session'
import { ok } from '@scheduler-task/envelope/envelope'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { UserSessions } from '../domain/user-sessions.ts'
import { sessionsNotKept } from '../errors.ts'
import { storeAsked } from './store-asked.ts'

/** Shown at most, those that end last; how many there are is always told. */
const MOST_SHOWN = 1000

/** Sessions made here, seen and ended by their user, and by admins. For users that the surrounding scope has let in. */
export const sessionRoutes: FastifyPluginAsyncZod<{ sessions: UserSessions | null }> = async (
  app,
  { sessions }
) => {
  const kept = () => {
    if (!sessions) throw sessionsNotKept()
    return sessions
  }

  app.get(
    '/auth/sessions',
    {
      schema: {
        summary: 'List sessions',
        description: 'Those of whoever asks; with `user` or `all`, for admins, those of others.',
        querystring: whoseSessions,
        response: { 200: sessionListEnvelope }
      },
      config: { refusals: [403, 409] }
    },
    async ({ user, query }) => {
      const found = await storeAsked(kept().list(user, query))
      const items = found.slice(-MOST_SHOWN).map(({ id, name, roles, createdAt, expiresAt }) => ({
        id,
        name,
        roles: [...roles],
        createdAt: createdAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
        current: id === user.sessionId
      }))
      return ok({ items, total: found.length })
    }
  )

  app.delete(
    '/auth/sessions',
    {
      schema: {
        summary: 'End all sessions of a user',
        description:
          'Those of whoever asks, this one too; with `user` or `all`, for admins, those of others.',
        querystring: whoseSessions,
        response: { 200: endedCountEnvelope }
      },
      config: { change: 'session.end-all', leastRole: 'viewer', refusals: [403, 409] }
    },
    async (request) => {
      const { user, query } = request
      request.changed = { target: query.all ? '*' : (query.user ?? user.name) }
      return ok({ ended: await storeAsked(kept().endAll(user, query)) })
    }
  )

  app.delete(
    '/auth/sessions/:id',
    {
      schema: {
        summary: 'End one session',
        params: sessionParameters,
        response: { 200: logoutEnvelope }
      },
      config: { change: 'session.end', leastRole: 'viewer', refusals: [404, 409] }
    },
    async (request) => {
      const { id } = request.params
      request.changed = { target: id }
      await storeAsked(kept().end(request.user, id))
      return ok(true as const)
    }
  )
}
