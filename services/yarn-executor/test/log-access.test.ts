import type { AuthConfig } from '@scheduler-task/auth/auth-config'
import type { Role } from '@scheduler-task/auth/roles'
import { createTokenSigner } from '@scheduler-task/auth/token-signer'
import { freePort } from '@scheduler-task/test-support/free-port'
import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { request } from 'undici'
import { startSharedWorld } from './support/instances.ts'
import { v2Calls } from './support/v2-calls.ts'

const JWT = { AUTH_MODE: 'jwt', JWT_SECRET: 'a-secret-of-at-least-thirty-two-bytes' }

function tokenOf(name: string, role: Role): { token: string } {
  const sign = createTokenSigner({ ...JWT, JWT_SECRET_ENCODING: 'utf8' } as unknown as AuthConfig)
  const now = Date.now()
  const times = { issuedAt: new Date(now), expiresAt: new Date(now + 600_000) }
  return { token: sign({ sessionId: `session-of-${name}`, name, roles: [role], ...times }) }
}

const postgres = await startPostgres(t)

t.test('who may read a log that another instance has', async (t) => {
  const world = await startSharedWorld(t, postgres, JWT)
  const start = async (name: string) => {
    const PORT = String(await freePort())
    return await world.start(name, { PORT, INSTANCE_URL: `http://127.0.0.1:${PORT}` })
  }
  const [keeper, other] = [await start('a'), await start('b')]
  const { submit, inState } = v2Calls(keeper.url, tokenOf('alice', 'operator'))
  const { id } = (await submit('kept-by-a')).body
  await inState(id, 'RUNNING')
  const path = `/executor/v2/jobs/${id}/log`
  const viewer = tokenOf('eve', 'viewer')
  const status = async (headers: Record<string, string>, query = '') => {
    const { statusCode, body } = await request(`${other.url}${path}${query}`, { headers })
    await body.dump()
    return statusCode
  }

  t.equal(await status(viewer), 200, 'a viewer, by the token that was passed on')
  t.equal(await status({ authorization: `Bearer ${viewer.token}` }), 200)
  for (const query of ['', '?follow']) {
    t.equal(await status({}, query), 401)
    t.equal(await status({ token: `${viewer.token.slice(0, -4)}AAAA` }, query), 401)
  }

  const streams = await Promise.all(
    [keeper, other].map(async ({ url }) => {
      const { body } = await request(`${url}${path}?follow`, { headers: viewer })
      const seen = { text: '', ended: false, error: undefined as Error | undefined }
      body.on('data', (bytes) => {
        seen.text += bytes
      })
      body.on('end', () => (seen.ended = true))
      body.on('error', (error) => (seen.error = error))
      return seen
    })
  )
  await until('both read', () => streams.every(({ text }) => text.includes('id: ')))

  // Each of them takes the other one for the log's host.
  await world.ask(`update instances set url = $1 where host_id = 'host-a'`, other.url)
  t.equal(await status(viewer), 503, 'nobody is asked twice')
  await world.ask(`update instances set url = $1 where host_id = 'host-a'`, keeper.url)
  t.equal(await status(viewer), 200)

  keeper.signal('SIGTERM')
  await until('both end', () => streams.every(({ ended, error }) => ended || error))
  t.strictSame(
    streams.map(({ ended, error }) => [ended, error?.message]),
    [
      [true, undefined],
      [true, undefined]
    ],
    'cleanly'
  )
  t.notMatch(streams[0]?.text, 'event: end', 'which is not the end of the log')
})
