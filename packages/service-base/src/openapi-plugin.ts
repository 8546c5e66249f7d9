import swagger from '@fastify/swagger'
import fastifyPlugin from 'fastify-plugin'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'

/** `/openapi.json`, made from the routes' schemas. */
export const openApiPlugin = fastifyPlugin(
  async (app, { service }: { service: { title: string; version: string } }) => {
    await app.register(swagger, {
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
    app.get(
      '/openapi.json',
      { schema: { hide: true }, logLevel: 'warn' },
      async (_request, reply) =>
        reply.type('application/json; charset=utf-8').send(JSON.stringify(app.swagger()))
    )
  },
  { name: '@scheduler-task/openapi' }
)
