import t from 'tap'
import { createPasswordHashing } from '../../src/domain/password-hash.ts'

t.test('a hash says how it was made and tells no password', async (t) => {
  const passwords = createPasswordHashing()
  const [one, two] = await Promise.all([passwords.hash('secret'), passwords.hash('secret')])
  t.match(one, /^scrypt\$16384\$8\$5\$[\w-]{22}\$[\w-]{43}$/)
  t.not(one, two, 'each has a salt of its own')
  for (const hash of [one, two]) {
    t.equal(await passwords.matches('secret', hash), true)
    t.equal(await passwords.matches('Secret', hash), false)
    t.equal(await passwords.matches('', hash), false)
  }
})

t.test('letters count, not the way in which they were typed', async (t) => {
  const passwords = createPasswordHashing()
  t.equal(await passwords.matches('cafe\u0301', await passwords.hash('caf\u00e9')), true)
})

t.test('an unknown user takes as long as a known one', async (t) => {
  const passwords = createPasswordHashing()
  const hash = await passwords.hash('secret')
  const time = async (against: string | undefined) => {
    const startedAt = performance.now()
    t.equal(await passwords.matches('wrong', against), false)
    return performance.now() - startedAt
  }
  const known: number[] = []
  const unknown: number[] = []
  for (let turn = 0; turn < 5; turn += 1) {
    known.push(await time(hash))
    unknown.push(await time(undefined))
  }
  const ratio = Math.min(...known) / Math.min(...unknown)
  t.ok(ratio > 0.5 && ratio < 2, `${ratio}`)
})

t.test('the password that the stand-in hash might have is not let in', async (t) => {
  t.equal(await createPasswordHashing().matches('', undefined), false)
})

t.test('a hash that is none is said, not taken for a wrong password', async (t) => {
  for (const hash of ['', 'plain', 'scrypt$1$1$1$a$b', '$2b$12$abc']) {
    await t.rejects(createPasswordHashing().matches('a', hash), { message: /password hash/ })
  }
})

t.test('a flood of passwords is refused before it takes all memory', async (t) => {
  const passwords = createPasswordHashing()
  const results = await Promise.allSettled(
    Array.from({ length: 70 }, () =>
      passwords.matches('a', 'scrypt$2$1$1$AAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA')
    )
  )
  const refused = results.filter(({ status }) => status === 'rejected')
  t.equal(refused.length, 4, '2 at work, 64 waiting')
  t.match(refused[0], { reason: { code: 'GATEWAY_LOGIN_BUSY', httpStatus: 503 } })
})
