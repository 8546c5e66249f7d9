import t from 'tap'
import { createLoginThrottle, type LoginThrottle } from '../../src/domain/login-throttle.ts'

function clock() {
  let now = 1_000_000
  return {
    now: () => now,
    pass(ms: number) {
      now += ms
    }
  }
}

/** The pause in ms that a try meets, 0 when it may be made. */
function tryOnce(throttle: LoginThrottle, account: string, address: string): number {
  const attempt = throttle.begin(account, address)
  return 'waitMs' in attempt ? attempt.waitMs : 0
}

t.test('five failures are free, then each doubles the pause up to half a minute', async (t) => {
  const time = clock()
  const throttle = createLoginThrottle(time.now)
  for (let turn = 0; turn < 5; turn += 1) t.equal(tryOnce(throttle, 'a', '1'), 0)
  for (const pause of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    t.equal(tryOnce(throttle, 'a', '1'), pause)
    time.pass(pause - 1)
    t.equal(tryOnce(throttle, 'a', '1'), 1, 'asking does not make it longer')
    time.pass(1)
    t.equal(tryOnce(throttle, 'a', '1'), 0)
  }
})

t.test('an account is slowed down from every address, an address for every account', async (t) => {
  const throttle = createLoginThrottle(clock().now)
  for (let turn = 0; turn < 5; turn += 1) tryOnce(throttle, 'a', `${turn}`)
  t.ok(tryOnce(throttle, 'a', 'another') > 0)
  t.equal(tryOnce(throttle, 'b', '0'), 0)

  for (let turn = 0; turn < 5; turn += 1) tryOnce(throttle, `user ${turn}`, 'same')
  t.ok(tryOnce(throttle, 'another', 'same') > 0)
})

t.test('success clears the account, but only its own try from the address', async (t) => {
  const throttle = createLoginThrottle(clock().now)
  for (let turn = 0; turn < 4; turn += 1) tryOnce(throttle, `user ${turn}`, 'same')
  const attempt = throttle.begin('good', 'same')
  if ('waitMs' in attempt) throw new Error('paused')
  attempt.succeeded()
  t.equal(tryOnce(throttle, 'good', 'same'), 0, 'the fifth failure of this address')
  t.ok(tryOnce(throttle, 'good', 'same') > 0)
})

t.test('failures are forgotten after a quarter of an hour', async (t) => {
  const time = clock()
  const throttle = createLoginThrottle(time.now)
  for (let turn = 0; turn < 5; turn += 1) tryOnce(throttle, 'a', '1')
  time.pass(15 * 60_000 + 1)
  for (let turn = 0; turn < 5; turn += 1) t.equal(tryOnce(throttle, 'a', '1'), 0)
})

t.test('tries at the same time count before their outcome is known', async (t) => {
  const throttle = createLoginThrottle(clock().now)
  const begun = Array.from({ length: 20 }, () => tryOnce(throttle, 'a', '1') === 0)
  t.equal(begun.filter(Boolean).length, 5)
})

t.test('millions of names and addresses take bounded memory', async (t) => {
  const throttle = createLoginThrottle(clock().now)
  for (let turn = 0; turn < 5; turn += 1) tryOnce(throttle, 'first', 'first')
  for (let turn = 0; turn < 10_000; turn += 1) tryOnce(throttle, `user ${turn}`, `${turn}`)
  t.equal(tryOnce(throttle, 'first', 'first'), 0, 'the longest unused are forgotten')
  t.ok(tryOnce(throttle, 'user 9999', '9999') === 0)
})
