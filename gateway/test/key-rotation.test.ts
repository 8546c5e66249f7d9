import t from 'tap'
import { request } from 'undici'
import { openEmbeddedState } from '../src/adapters/embedded-state.ts'
import { buildApp } from '../src/app.ts'
import { knownUsers, testConfig } from './support/gateway.ts'

const OLD = 'the old signing key, long enough for it'
const NEW = 'the new signing key, long enough for it'

/** What a process is given, one step after the other; during a step some have it already, others not yet. */
const STEPS: Record<string, string>[] = [
  { JWT_SECRET: OLD },
  { JWT_SECRET: OLD, JWT_SECRET_PREVIOUS: NEW },
  { JWT_SECRET: NEW, JWT_SECRET_PREVIOUS: OLD },
  { JWT_SECRET: NEW }
]

t.test('keys rotate process by process, and nobody is logged out', async (t) => {
  const dataDir = t.testdir()
  const { sessions, close } = await openEmbeddedState(dataDir)
  t.teardown(close)
  const urls: string[] = []
  for (const variables of STEPS) {
    const config = testConfig({ DATA_DIR: dataDir, ...variables })
    const app = await buildApp(config, { sessions, users: knownUsers() })
    t.teardown(() => app.close())
    urls.push(await app.listen({ host: '127.0.0.1', port: 0 }))
  }
  const tokens: string[] = []
  for (const url of urls) {
    const { body } = await request(`${url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password: 'admin' })
    })
    tokens.push(((await body.json()) as { data: { token: string } }).data.token)
  }
  for (const [issuedAt, token] of tokens.entries()) {
    for (const [askedAt, url] of urls.entries()) {
      const { statusCode, body } = await request(`${url}/auth/me`, { headers: { token } })
      await body.dump()
      const isNear = Math.abs(issuedAt - askedAt) <= 1
      if (isNear) t.equal(statusCode, 200, `issued in step ${issuedAt}, asked in step ${askedAt}`)
    }
  }
  const { statusCode, body } = await request(`${urls[3]}/auth/me`, {
    headers: { token: tokens[0] ?? '' }
  })
  await body.dump()
  t.equal(statusCode, 401, 'in the end the old key counts no more')
})
