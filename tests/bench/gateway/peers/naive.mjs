// What is built first: @fastify/http-proxy, @fastify/jwt, and Redis asked for the session at every request.
import httpProxy from '@fastify/http-proxy'
import jwt from '@fastify/jwt'
import { createClient } from 'redis'
import { oneLineARequest } from './fastify-log.mjs'

const redis = await createClient({ url: process.env.REDIS_URL }).connect()
const app = oneLineARequest()
await app.register(jwt, {
  secret: process.env.JWT_SECRET,
  verify: { extractToken: (request) => request.headers.token }
})
app.addHook('onRequest', async (request, reply) => {
  try {
    await request.jwtVerify()
  } catch {
    return reply.code(401).send()
  }
  if ((await redis.get(request.user.jti)) === null) return reply.code(401).send()
})
const upstream = process.env.ORIGIN_URL
await app.register(httpProxy, { upstream, prefix: '/executor', rewritePrefix: '/executor' })
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
