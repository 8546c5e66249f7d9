import type { Test } from 'tap'
import type { LoginThrottle } from '../../src/domain/login-throttle.ts'

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
export async function tryOnce(throttle: LoginThrottle, account: string, address: string) {
  const attempt = await throttle.begin(account, address)
  return 'waitMs' in attempt ? attempt.waitMs : 0
}

/** A try that was good. */
async function succeed(throttle: LoginThrottle, account: string, address: string) {
  const attempt = await throttle.begin(account, address)
  if ('waitMs' in attempt) throw new Error('paused')
  await attempt.succeeded()
}

/** What every throttle does. `open` answers a new one, on this clock. */
export function checkLoginThrottle(
  t: Test,
  open: (t: Test, now: () => number) => Promise<LoginThrottle>
): void {
  t.test('five failures are free, then each doubles the pause up to half a minute', async (t) => {
    const time = clock()
    const throttle = await open(t, time.now)
    for (let turn = 0; turn < 5; turn += 1) t.equal(await tryOnce(throttle, 'a', '1'), 0)
    for (const pause of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      t.equal(await tryOnce(throttle, 'a', '1'), pause)
      time.pass(pause - 1)
      t.equal(await tryOnce(throttle, 'a', '1'), 1, 'asking does not make it longer')
      time.pass(1)
      t.equal(await tryOnce(throttle, 'a', '1'), 0)
    }
  })

  t.test(
    'an account is slowed down from every address, an address for every account',
    async (t) => {
      const throttle = await open(t, clock().now)
      for (let turn = 0; turn < 5; turn += 1) await tryOnce(throttle, 'a', `${turn}`)
      t.ok((await tryOnce(throttle, 'a', 'another')) > 0)
      t.equal(await tryOnce(throttle, 'b', '0'), 0)

      for (let turn = 0; turn < 5; turn += 1) await tryOnce(throttle, `user ${turn}`, 'same')
      t.ok((await tryOnce(throttle, 'another', 'same')) > 0)
    }
  )

  t.test('success takes back its own try, of the account and of the address', async (t) => {
    const throttle = await open(t, clock().now)
    for (let turn = 0; turn < 4; turn += 1) await tryOnce(throttle, `user ${turn}`, 'same')
    for (let turn = 0; turn < 4; turn += 1) await tryOnce(throttle, 'good', `${turn}`)
    await succeed(throttle, 'good', 'same')
    t.equal(await tryOnce(throttle, 'other', 'same'), 0, 'the fifth failure of this address')
    t.ok((await tryOnce(throttle, 'other', 'same')) > 0)
    t.equal(await tryOnce(throttle, 'good', 'elsewhere'), 0, 'the fifth failure of this account')
    t.ok((await tryOnce(throttle, 'good', 'elsewhere')) > 0)
  })

  t.test(
    'whoever has logged in from an address is not locked out there by strangers',
    async (t) => {
      const throttle = await open(t, clock().now)
      await succeed(throttle, 'good', 'home')
      for (let turn = 0; turn < 100; turn += 1) {
        await tryOnce(throttle, 'good', `botnet ${turn}`)
        await tryOnce(throttle, `neighbour ${turn}`, 'home')
      }
      t.ok((await tryOnce(throttle, 'good', 'elsewhere')) > 0)
      t.ok((await tryOnce(throttle, 'neighbour', 'home')) > 0)
      for (let turn = 0; turn < 10; turn += 1) await succeed(throttle, 'good', 'home')
      for (let turn = 0; turn < 5; turn += 1) t.equal(await tryOnce(throttle, 'good', 'home'), 0)
      t.ok((await tryOnce(throttle, 'good', 'home')) > 0, 'but by failures of its own')
    }
  )

  t.test('addresses of one network are one address', async (t) => {
    const same = [
      ['2001:db8:1:2::1', '2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:DB8:1:2::'],
      ['::1', '0:0:0:0:0:0:0:2', '::'],
      ['fe80::1%eth0', 'fe80::2%eth1', 'fe80::'],
      ['::ffff:10.0.0.1', '10.0.0.1', '::FFFF:10.0.0.1']
    ]
    for (const addresses of same) {
      const throttle = await open(t, clock().now)
      for (let turn = 0; turn < 5; turn += 1) {
        t.equal(await tryOnce(throttle, `user ${turn}`, addresses[turn % 3] ?? ''), 0)
      }
      for (const address of addresses)
        t.ok((await tryOnce(throttle, 'another', address)) > 0, address)
      for (const other of ['2001:db8:1:3::1', '1::1', '10.0.0.2', '::ffff:10.0.0.2', 'local']) {
        t.equal(await tryOnce(throttle, `of ${other}`, other), 0)
      }
    }
  })

  t.test('failures are forgotten after a quarter of an hour', async (t) => {
    const time = clock()
    const throttle = await open(t, time.now)
    for (let turn = 0; turn < 5; turn += 1) await tryOnce(throttle, 'a', '1')
    time.pass(15 * 60_000 + 1)
    for (let turn = 0; turn < 5; turn += 1) t.equal(await tryOnce(throttle, 'a', '1'), 0)
  })

  t.test('tries at the same time count before their outcome is known', async (t) => {
    const throttle = await open(t, clock().now)
    const tries = Array.from({ length: 20 }, () => tryOnce(throttle, 'a', '1'))
    const begun = (await Promise.all(tries)).map((waitMs) => waitMs === 0)
    t.equal(begun.filter(Boolean).length, 5)
  })
}
