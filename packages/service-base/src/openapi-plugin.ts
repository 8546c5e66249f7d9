import type { FastifyInstance } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { type DescribedRoute, describedRoutes } from './openapi/described-route.ts'
import type { OpenApiDocument } from './openapi/document.ts'

/** What is shown, made from the app's own document at each request. */
export type CompleteDocument = (own: OpenApiDocument) => Promise<OpenApiDocument>

type Options = { service: { title: string; version: string }; complete?: CompleteDocument }

/** `/openapi.json`, made from the routes' declarations when it is first asked for: most processes never are. */
export const openApiPlugin = fastifyPlugin(
  async (app: FastifyInstance, { service, complete }: Options) => {
    const routes: DescribedRoute[] = []
    app.addHook('onRoute', function (route) {
      routes.push(...describedRoutes(this, route))
    })
    let own: Promise<OpenApiDocument> | undefined
    app.get(
      '/openapi.json',
      { schema: { hide: true }, logLevel: 'warn' },
      async (_request, reply) => {
        own ??= import('./openapi/build-document.ts').then(({ buildDocument }) =>
          buildDocument(routes, service)
        )
        const document = complete ? await complete(await own) : await own
        return reply
          .type('application/json; charset=utf-8')
          .header('cache-control', 'no-cache')
          .send(JSON.stringify(document))
      }
    )
  },
  { name: '@scheduler-task/openapi' }
)
