import t from 'tap'
import { addUser, removeUser, setPassword, UserProblem } from '../../src/domain/manage-users.ts'
import { knownUsers } from '../support/gateway.ts'

const partsOf = () => {
  const { store, passwords } = knownUsers()
  return { users: store, passwords }
}
const say = (password: string) => async () => password
const neverAsked = async () => {
  throw new Error('asked for a password')
}

t.test('a user is added with a role and a password', async (t) => {
  const parts = partsOf()
  for (const name of ['lisi', '李四', 'li.si', 'a_b-c@example.com', '4', 'x'.repeat(100)]) {
    await addUser(parts, { name, role: 'viewer' }, say('a password'))
    const user = await parts.users.find(name)
    t.match(user, { name, roles: ['viewer'], passwordFrom: 'person' })
    t.equal(await parts.passwords.matches('a password', user?.passwordHash), true)
  }
})

t.test('names that would be hard to tell apart, or are no names, are refused', async (t) => {
  const names = [
    '',
    ' ',
    'a b',
    '../x',
    'a/b',
    '-a',
    '.a',
    'a\n',
    'a\u0000',
    'e\u0301',
    'x'.repeat(101)
  ]
  for (const name of [...names, 'a\u200b', 'a:b', '"a"']) {
    const added = addUser(partsOf(), { name, role: 'operator' }, neverAsked)
    await t.rejects(added, UserProblem, JSON.stringify(name))
  }
  const again = addUser(partsOf(), { name: 'admin', role: 'operator' }, neverAsked)
  await t.rejects(again, { message: /already/ })
})

t.test('passwords have 8 to 1024 characters', async (t) => {
  const parts = partsOf()
  for (const password of ['', '1234567', '😀'.repeat(7), 'x'.repeat(1025)]) {
    await t.rejects(setPassword(parts, 'reader', say(password)), UserProblem)
  }
  for (const password of ['12345678', '八个字的密码足够', 'x'.repeat(1024)]) {
    const before = new Date()
    await setPassword(parts, 'reader', say(password))
    const user = await parts.users.find('reader')
    t.equal(await parts.passwords.matches(password, user?.passwordHash), true)
    t.ok((user?.passwordSetAt ?? 0) >= before, 'sessions of before end')
    t.strictSame(user?.roles, ['viewer'])
  }
  await t.rejects(setPassword(parts, 'nobody', neverAsked), { message: /no user nobody/ })
})

t.test('users are removed, but not the last admin', async (t) => {
  const parts = partsOf()
  await removeUser(parts, 'reader')
  t.equal(await parts.users.find('reader'), undefined)
  await t.rejects(removeUser(parts, 'reader'), { message: /no user reader/ })
  await t.rejects(removeUser(parts, 'admin'), { message: /the last admin/ })
  await addUser(parts, { name: 'root', role: 'admin' }, say('a password'))
  await removeUser(parts, 'admin')
  await t.rejects(removeUser(parts, 'root'), UserProblem)
})
