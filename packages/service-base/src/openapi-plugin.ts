import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import fastifyPlugin from 'fastify-plugin'

type Described = { service: { title: string; version: string } }

/** `/openapi.json`, made from the routes' schemas when it is first asked for: most processes never are. */
export const openApiPlugin = fastifyPlugin(
  async (app: FastifyInstance, { service }: Described) => {
    const routes: RouteOptions[] = []
    app.addHook('onRoute', (route) => {
      if (!route.schema?.hide) routes.push(route)
    })
    let document: Promise<string> | undefined
    app.get(
      '/openapi.json',
      { schema: { hide: true }, logLevel: 'warn' },
      async (_request, reply) => {
        document ??= openApiOf(routes, service)
        return reply.type('application/json; charset=utf-8').send(await document)
      }
    )
  },
  { name: '@scheduler-task/openapi' }
)

/** The OpenAPI document of these routes, as JSON. @fastify/swagger looks at an app of its own that never listens. */
async function openApiOf(
  routes: readonly RouteOptions[],
  service: Described['service']
): Promise<string> {
  const { default: swagger } = await import('@fastify/swagger')
  const { jsonSchemaTransform, validatorCompiler, serializerCompiler } = await import(
    'fastify-type-provider-zod'
  )
  const shown = Fastify({ exposeHeadRoutes: false })
  shown.setValidatorCompiler(validatorCompiler)
  shown.setSerializerCompiler(serializerCompiler)
  await shown.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: service.title, version: service.version },
      components: {
        securitySchemes: {
          token: { type: 'apiKey', in: 'header', name: 'token' },
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }
        }
      },
      security: [{ token: [] }, { bearer: [] }]
    },
    transform: jsonSchemaTransform
  })
  for (const { method, url, schema } of routes) {
    for (const one of [method].flat()) {
      // HEAD comes with every GET and says nothing new.
      if (one === 'HEAD') continue
      shown.route({ method: one, url, ...(schema ? { schema } : {}), handler: () => undefined })
    }
  }
  await shown.ready()
  const text = JSON.stringify(shown.swagger())
  await shown.close()
  return text
}
