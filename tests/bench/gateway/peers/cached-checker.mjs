// Beside nginx with `auth_request`: the very check of the gateway, with all that it remembers.
import { createServer } from 'node:http'
import { authEnvironment } from '@scheduler-task/auth/auth-config'
import { createAuthenticator } from '@scheduler-task/auth/authenticator'
import { openTrackedSessions } from '@scheduler-task/auth/tracked-sessions'
import { z } from 'zod'

const config = z.object(authEnvironment).parse(process.env)
const { REDIS_URL: url = '', SESSION_KEY_PREFIX: prefix } = config
const sessions = openTrackedSessions({ url, prefix })
await sessions.settled
const authenticator = createAuthenticator({ config, sessions })

createServer({ keepAliveTimeout: 75_000 }, async (request, response) => {
  try {
    if (!authenticator.identifyNow(request.headers)) await authenticator.identify(request.headers)
    response.statusCode = 204
  } catch {
    response.statusCode = 401
  }
  response.end()
}).listen(Number(process.env.PORT), '127.0.0.1')
