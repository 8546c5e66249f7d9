import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { z } from 'zod'
import { baseEnvironment } from '../src/base-config.ts'
import { createApp } from '../src/create-app.ts'
import { ConfigError, loadConfig } from '../src/load-config.ts'
import { runService } from '../src/run-service.ts'

const service = { name: 'tried', version: '1.2.3', title: 'A service that is tried' }

t.test('an address that cannot be listened on is explained, and the app is closed', async (t) => {
  const handlers = process.listenerCount('SIGTERM')
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const cases: [Record<string, string>, RegExp][] = [
    [{ PORT: String(port) }, new RegExp(`^PORT: ${port} at 127.0.0.1 is in use`)],
    [{ HOST: '192.0.2.1' }, /^HOST: 192.0.2.1 is no address of this machine/],
    [{ LISTEN_SOCKET: '/nowhere/at.sock' }, /LISTEN_SOCKET|EACCES|ENOENT/]
  ]
  for (const [variables, expected] of cases) {
    const config = loadConfig(z.object(baseEnvironment(0)), { LOG_LEVEL: 'silent', ...variables })
    const app = await createApp({ service, config, checks: {} })
    let closed = false
    app.addHook('onClose', async () => {
      closed = true
    })
    const error = await runService(app, config).catch((reason: unknown) => reason)
    t.match(error instanceof ConfigError ? error.problems[0] : String(error), expected)
    t.equal(closed, true)
  }
  t.equal(process.listenerCount('SIGTERM'), handlers, 'no handler is left')
})
