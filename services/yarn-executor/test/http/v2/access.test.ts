import type { AuthConfig } from '@scheduler-task/auth/auth-config'
import type { Role } from '@scheduler-task/auth/roles'
import { createTokenSigner } from '@scheduler-task/auth/token-signer'
import t from 'tap'
import { CONFIGS, startExecutor } from '../../support/executor.ts'
import { v2Calls } from '../../support/v2-calls.ts'

const JWT = { AUTH_MODE: 'jwt', JWT_SECRET: 'a-secret-of-at-least-thirty-two-bytes' }
const SECRET = 'hunter2-and-more'

function tokenOf(name: string, role: Role): Record<string, string> {
  const sign = createTokenSigner({ ...JWT, JWT_SECRET_ENCODING: 'utf8' } as unknown as AuthConfig)
  const now = Date.now()
  return {
    token: sign({
      sessionId: `session-of-${name}`,
      name,
      roles: [role],
      issuedAt: new Date(now),
      expiresAt: new Date(now + 600_000)
    })
  }
}

const config = CONFIGS['endless.conf'].replace('env {', `env {\n  sandbox.password = "${SECRET}"`)

t.test('who may do what', async (t) => {
  const { url } = await startExecutor(t, JWT)
  const nobody = v2Calls(url)
  const alice = v2Calls(url, tokenOf('alice', 'operator'))
  const bob = v2Calls(url, tokenOf('bob', 'operator'))
  const viewer = v2Calls(url, tokenOf('eve', 'viewer'))
  const admin = v2Calls(url, tokenOf('root', 'admin'))
  const { body } = await alice.submit('hers', { configFile: undefined, config })
  t.match(body, { owner: 'alice' })
  const path = `/jobs/${body.id}`

  await t.test('nobody gets anything without a token', async (t) => {
    for (const read of ['/jobs', path, `${path}/events`, `${path}/config`]) {
      t.match(await nobody.get(read), { http: 401, body: { status: 401, code: 'AUTH_NO_TOKEN' } })
    }
    t.match(await nobody.submit('x'), { http: 401 })
  })

  await t.test('viewers read, and change nothing', async (t) => {
    for (const read of ['/jobs', path, `${path}/events`, `${path}/config`]) {
      const answer = await viewer.get(read)
      t.equal(answer.http, 200, read)
      t.notMatch(answer.text, SECRET, read)
    }
    const asked = { engine: 'spark', taskName: 'eve-asks', config }
    const checked = await viewer.post('/jobs/check', asked)
    t.equal(checked.http, 200, 'a check changes nothing')
    t.notMatch(checked.text, SECRET)
    t.equal((await nobody.post('/jobs/check', asked)).http, 401)
    const refused = { http: 403, body: { code: 'AUTH_ROLE_MISSING' } }
    t.match(await viewer.submit('x'), refused)
    for (const verb of ['stop', 'restart', 'rerun', 'close']) {
      t.match(await viewer.post(`${path}/${verb}`), refused, verb)
    }
  })

  await t.test(
    'the config as it is for its owner and admins; else its secrets are masked',
    async (t) => {
      for (const [who, calls] of Object.entries({ alice, admin })) {
        const answer = await calls.get(`${path}/config`)
        t.match(answer, { http: 200, headers: { 'x-masked': undefined } }, who)
        t.equal(answer.text, config, who)
      }
      const masked = await bob.get(`${path}/config`)
      t.match(masked, { http: 200, headers: { 'x-masked': 'true', 'cache-control': 'no-store' } })
      t.match(masked.text, /sandbox\.password = "\*+"/)
    }
  )

  await t.test('a key counts for its user', async (t) => {
    const key = { 'idempotency-key': 'k' }
    const mine = await alice.submit('of-alice', {}, key)
    const other = await bob.submit('of-bob', {}, key)
    t.match([mine.http, other.http], [202, 202])
    t.not(mine.body.id, other.body.id)
  })

  await t.test('whoever restarts with her config does not get to read it', async (t) => {
    await alice.inState(body.id, 'RUNNING')
    const again = await bob.post(`${path}/restart`)
    t.match(again, { http: 202, body: { owner: 'alice' } })
    const { text } = await bob.get(`/jobs/${again.body.id}/config`)
    t.notMatch(text, SECRET)
    const { items } = (await bob.get(`/jobs/${again.body.id}/events`)).body
    t.ok(
      items.some(
        ({ who, what }: Record<string, string>) => who === 'bob' && /restart/.test(String(what))
      )
    )
  })
})
