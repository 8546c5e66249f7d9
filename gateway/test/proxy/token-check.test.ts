import { checkTokenAttacks } from '@scheduler-task/auth/test-support/token-attacks'
import t from 'tap'
import { SECRET, startGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream-server.ts'

t.test('every attack on the token is refused before a service hears of it', async (t) => {
  const heard: (string | undefined)[] = []
  const upstream = await startUpstream(t, (request, response) => {
    heard.push(request.headers.token as string | undefined)
    response.end('{}')
  })
  const gateway = await startGateway(t, { EXECUTOR_URL: upstream.url })
  await checkTokenAttacks(t, {
    url: gateway.url,
    path: '/executor/running',
    secret: SECRET,
    goodToken: gateway.token
  })
  t.ok(heard.length > 40)
  t.ok(heard.every((token) => token === gateway.token))
})

t.test('the same attacks on a route of the gateway itself', async (t) => {
  const gateway = await startGateway(t)
  await checkTokenAttacks(t, {
    url: gateway.url,
    path: '/auth/me',
    secret: SECRET,
    goodToken: gateway.token
  })
})
