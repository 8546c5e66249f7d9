import t from 'tap'
import { createLoginThrottle } from '../../src/domain/login-throttle.ts'
import { checkLoginThrottle, tryOnce } from '../support/login-throttle-contract.ts'

checkLoginThrottle(t, async (_t, now) => createLoginThrottle(now))

t.test('millions of names and addresses take bounded memory', async (t) => {
  const throttle = createLoginThrottle(() => 1_000_000)
  for (let turn = 0; turn < 5; turn += 1) await tryOnce(throttle, 'first', 'first')
  for (let turn = 0; turn < 10_000; turn += 1) await tryOnce(throttle, `user ${turn}`, `${turn}`)
  t.equal(await tryOnce(throttle, 'first', 'first'), 0, 'the longest unused are forgotten')
  t.ok((await tryOnce(throttle, 'user 9999', '9999')) === 0)
})
