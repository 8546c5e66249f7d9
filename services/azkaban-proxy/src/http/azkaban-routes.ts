import type { FastifyPluginAsync } from 'fastify'
import { type ChangeRoutesOptions, changeRoutes } from './change-routes.ts'
import { nameUnknownKeys } from './name-unknown-keys.ts'
import { type ReadRoutesOptions, readRoutes } from './read-routes.ts'
import { type SessionRoutesOptions, sessionRoutes } from './session-routes.ts'

export type AzkabanRoutesOptions = SessionRoutesOptions & ReadRoutesOptions & ChangeRoutesOptions

/** All calls below `/azkaban`, for users that the surrounding scope has let in. */
export const azkabanRoutes: FastifyPluginAsync<AzkabanRoutesOptions> = async (app, options) => {
  nameUnknownKeys(app)
  await app.register(sessionRoutes, options)
  await app.register(readRoutes, options)
  await app.register(changeRoutes, options)
}
