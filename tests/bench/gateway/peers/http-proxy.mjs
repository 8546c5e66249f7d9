// @fastify/http-proxy as it comes, without any check. One line a request in the log, as everywhere here.
import httpProxy from '@fastify/http-proxy'
import { oneLineARequest } from './fastify-log.mjs'

const app = oneLineARequest()
const upstream = process.env.ORIGIN_URL
await app.register(httpProxy, { upstream, prefix: '/executor', rewritePrefix: '/executor' })
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
