// It says what a schema may hold for a document: summary, tags, security.
import type {} from '@fastify/swagger'
import type { FastifyInstance, RouteOptions } from 'fastify'
import type { JsonObject } from './document.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** HTTP statuses that this call answers beside those that follow from the rest of its declaration. */
    refusals?: readonly number[]
    /** What a schema of Fastify cannot say, such as a body that is read as it comes; wins over what is derived. */
    openApi?: { requestBody?: JsonObject; responses?: Readonly<Record<string, JsonObject>> }
  }
}

/** What a body may be: `any` where the route's scope takes every content type. */
export type BodyKind = 'json' | 'multipart' | 'any' | 'none'

/**
 * A route as its declaration describes it; what an operation of the document is made from. `schema.security: []` says that
 * it asks for no token; `tags` are the first segment of its path, and `operationId` is made from method and path, when it
 * does not say.
 */
export type DescribedRoute = {
  method: string
  url: string
  takes: BodyKind
  schema: NonNullable<RouteOptions['schema']>
  config: NonNullable<RouteOptions['config']>
}

/** True for a route that everybody may call without a token. */
export function isOpen({ schema }: DescribedRoute): boolean {
  return schema.security?.length === 0
}

/** One description a method. HEAD comes with every GET and says nothing new. */
export function describedRoutes(scope: FastifyInstance, route: RouteOptions): DescribedRoute[] {
  const { url, schema = {}, config = {} } = route
  if (schema.hide) return []
  return [route.method]
    .flat()
    .filter((method) => method !== 'HEAD')
    .map((method) => ({ method, url, schema, config, takes: bodyKind(scope, method) }))
}

function bodyKind(scope: FastifyInstance, method: string): BodyKind {
  if (method === 'GET') return 'none'
  if (scope.hasContentTypeParser('application/json')) return 'json'
  return scope.hasContentTypeParser('multipart/form-data') ? 'multipart' : 'any'
}
