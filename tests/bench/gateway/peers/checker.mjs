// Beside nginx with `auth_request`: is this token good, and is its session in Redis? Asked anew at every request.
import { createServer } from 'node:http'
import { createVerifier } from 'fast-jwt'
import { createClient } from 'redis'

const redis = await createClient({ url: process.env.REDIS_URL }).connect()
const verify = createVerifier({ key: process.env.JWT_SECRET, algorithms: ['HS256'] })

createServer({ keepAliveTimeout: 75_000 }, async (request, response) => {
  try {
    const { jti } = verify(request.headers.token ?? '')
    response.statusCode = (await redis.get(jti)) === null ? 401 : 204
  } catch {
    response.statusCode = 401
  }
  response.end()
}).listen(Number(process.env.PORT), '127.0.0.1')
