import { azkabanLoginBody, azkabanTextEnvelope } from '@scheduler-task/contracts/azkaban'
import { AZKABAN_LOGIN_FAILED } from '@scheduler-task/envelope/codes'
import { ok } from '@scheduler-task/envelope/envelope'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Azkaban } from '../domain/azkaban.ts'
import type { TellFailures } from './tell-failures.ts'
import { untilCallerLeaves } from './until-caller-leaves.ts'

export type SessionRoutesOptions = { azkaban: Pick<Azkaban, 'login'>; tell: TellFailures }

/** `POST /azkaban/login`. Nothing of it is kept here: the session belongs to the caller. */
export const sessionRoutes: FastifyPluginAsyncZod<SessionRoutesOptions> = async (
  app,
  { azkaban, tell }
) => {
  app.post(
    '/azkaban/login',
    {
      schema: {
        summary: 'Log in to Azkaban (登录azkaban)',
        body: azkabanLoginBody,
        response: { 200: azkabanTextEnvelope }
      },
      // Who may only look may look into Azkaban too, and needs a session for it.
      config: { failure: AZKABAN_LOGIN_FAILED, change: 'azkaban.login', leastRole: 'viewer' }
    },
    async (request, reply) => {
      const { username, password } = request.body
      request.changed = { target: username }
      return ok(await tell(azkaban.login({ username, password }, untilCallerLeaves(reply))))
    }
  )
}
