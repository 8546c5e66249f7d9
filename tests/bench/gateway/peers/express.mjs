// Express, http-proxy-middleware, jsonwebtoken and redis as their own pages show them. TUNED=1: what is known to cost
// most is mended, namely a new connection to the origin at each request, and a secret that is a string, which
// jsonwebtoken tries to read as a public key each time.
import { createSecretKey } from 'node:crypto'
import { Agent } from 'node:http'
import express from 'express'
import { createProxyMiddleware } from 'http-proxy-middleware'
import jwt from 'jsonwebtoken'
import morgan from 'morgan'
import { createClient } from 'redis'

const { JWT_SECRET, ORIGIN_URL, PORT, REDIS_URL, TUNED } = process.env
const secret = TUNED ? createSecretKey(JWT_SECRET, 'utf8') : JWT_SECRET
const redis = await createClient({ url: REDIS_URL }).connect()

const app = express()
app.use(morgan('combined'))
app.use(async (request, response, next) => {
  try {
    const { jti } = jwt.verify(request.headers.token, secret)
    if ((await redis.get(jti)) !== null) return next()
  } catch {
    // Answered like a session that has ended.
  }
  response.sendStatus(401)
})
app.use(
  '/executor',
  createProxyMiddleware({
    target: `${ORIGIN_URL}/executor`,
    changeOrigin: true,
    ...(TUNED && { agent: new Agent({ keepAlive: true }) })
  })
)
app.listen(Number(PORT), '127.0.0.1')
