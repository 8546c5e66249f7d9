import t from 'tap'
import { createAuthenticator } from '../src/authenticator.ts'
import type { SessionRecord } from '../src/session-lookup.ts'
import { authConfig, SECRET } from './support/auth-config.ts'
import { claimsOf, mintToken } from './support/mint-token.ts'
import { tokenAttacks } from './support/token-attacks.ts'

const tokenOf = (id: string, more = {}) => mintToken(SECRET, claimsOf(id, more))

/** The check on a clock and on sessions that a test moves; `isRemembered` is whether sessions need not be asked for. */
function startCheck(mode: 'session' | 'jwt' | 'off' = 'session') {
  const world = { now: Date.now(), isRemembered: true, asked: 0 }
  const alive = new Map<string, SessionRecord>([['a', { roles: ['viewer'] }]])
  const authenticator = createAuthenticator({
    config: authConfig({ AUTH_MODE: mode }),
    now: () => world.now,
    sessions: {
      find: async (id) => {
        world.asked += 1
        return alive.get(id)
      },
      findNow: (id) => (world.isRemembered ? alive.get(id) : undefined),
      watch: () => () => {},
      ping: async () => {}
    }
  })
  return { ...authenticator, world, alive }
}

t.test('a token is verified once, then its bearer is known at once', async (t) => {
  const { identify, identifyNow, world } = startCheck()
  const headers = { token: tokenOf('a') }
  t.equal(identifyNow(headers), undefined)
  const identity = await identify(headers)
  t.match(identity, {
    user: { name: 'zhangsan', roles: ['viewer'], sessionId: 'a' },
    tokenFrom: 'header'
  })
  t.equal(identifyNow({ ...headers }), identity)
  t.equal(world.asked, 1)
  t.match(identifyNow({ authorization: `Bearer ${headers.token}` }), { tokenFrom: 'bearer' })
  t.match(identifyNow({ cookie: `x=y; token=${headers.token}` }), { tokenFrom: 'cookie' })
  t.throws(() => Object.assign(identity.user, { name: 'admin' }), 'nobody changes what is shared')
})

t.test('nothing but that very token is known at once', async (t) => {
  const { identify, identifyNow } = startCheck()
  const goodToken = tokenOf('a')
  await identify({ token: goodToken })
  for (const { name, headers = {}, code } of tokenAttacks({ secret: SECRET, goodToken })) {
    t.equal(identifyNow(headers), undefined, name)
    await t.rejects(identify(headers), { code, httpStatus: 401 }, name)
    t.equal(identifyNow(headers), undefined, `${name}, once more`)
    t.ok(identifyNow({ token: goodToken }))
  }
})

t.test('the times of a token are compared at each use', async (t) => {
  for (const mode of ['session', 'jwt'] as const) {
    const { identify, identifyNow, world } = startCheck(mode)
    const exp = Math.floor(world.now / 1000) + 100
    const headers = { token: tokenOf('a', { exp, nbf: exp - 200 }) }
    await identify(headers)
    world.now = (exp + 30) * 1000 - 1
    t.ok(identifyNow(headers), 'the leeway of clocks')
    world.now += 1
    t.equal(identifyNow(headers), undefined)
    await t.rejects(identify(headers), { code: 'AUTH_TOKEN_EXPIRED' })
    // Clocks are set back as well.
    world.now = (exp - 200 - 30) * 1000 - 1
    t.equal(identifyNow(headers), undefined)
    await t.rejects(identify(headers), { code: 'AUTH_BAD_TOKEN' })
    world.now += 1
    t.ok(identifyNow(headers))
  }
})

t.test('a known token is worth what its session is worth', async (t) => {
  const { identify, identifyNow, world, alive } = startCheck()
  const headers = { token: tokenOf('a') }
  await identify(headers)
  alive.set('a', { roles: ['admin'] })
  t.match(identifyNow(headers)?.user.roles, ['admin'])
  world.isRemembered = false
  t.equal(identifyNow(headers), undefined)
  t.match((await identify(headers)).user.roles, ['admin'])
  world.isRemembered = true
  alive.delete('a')
  t.equal(identifyNow(headers), undefined)
  await t.rejects(identify(headers), { code: 'AUTH_SESSION_ENDED' })
  alive.set('a', { roles: ['viewer'] })
  t.equal(identifyNow(headers), undefined, 'it was forgotten with its session')
})

t.test('without sessions a known token needs nobody to be asked', async (t) => {
  const { identify, identifyNow, world } = startCheck('jwt')
  const headers = { token: tokenOf('nobody', { roles: ['viewer'] }) }
  t.equal(identifyNow(headers), undefined)
  await identify(headers)
  t.match(identifyNow(headers)?.user, { sessionId: 'nobody', roles: ['viewer'] })
  t.equal(world.asked, 0)
})

t.test('AUTH_MODE=off: known at once, unless it comes from elsewhere', async (t) => {
  const { identifyNow } = startCheck('off')
  t.match(identifyNow({ host: 'localhost:8080' })?.user, { name: 'anonymous' })
  t.equal(identifyNow({ host: 'evil.example' }), undefined)
  t.equal(identifyNow({ host: 'localhost', origin: 'http://evil.example' }), undefined)
})
