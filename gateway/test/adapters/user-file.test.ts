import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openUserFile, openUsers } from '../../src/adapters/user-file.ts'

t.test('the first start makes admin with a password that is kept and told again', async (t) => {
  const folder = t.testdir()
  const first = await openUsers(folder, undefined)
  const password = first.generatedAdminPassword ?? ''
  t.match(password, /^[\w-]{20}$/)
  const admin = first.store.find('admin')
  t.strictSame(admin?.roles, ['admin'])
  t.equal(await first.passwords.matches(password, admin?.passwordHash), true)
  t.equal(await first.passwords.matches(`${password}x`, admin?.passwordHash), false)

  const second = await openUsers(folder, undefined)
  t.equal(second.generatedAdminPassword, password)
  t.strictSame(second.store.find('admin'), admin)
  for (const name of ['users.json', 'admin-password']) {
    t.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name)
  }
  t.notMatch(await readFile(join(folder, 'users.json'), 'utf8'), password)
})

t.test('ADMIN_PASSWORD counts while it is set, also a changed one', async (t) => {
  const folder = t.testdir()
  const matches = async (users: Awaited<ReturnType<typeof openUsers>>, password: string) =>
    users.passwords.matches(password, users.store.find('admin')?.passwordHash)

  const first = await openUsers(folder, 'one')
  t.equal(first.generatedAdminPassword, undefined)
  t.equal(await matches(first, 'one'), true)

  const second = await openUsers(folder, 'two')
  t.equal(await matches(second, 'two'), true)
  t.equal(await matches(second, 'one'), false)

  const hash = second.store.find('admin')?.passwordHash
  const third = await openUsers(folder, 'two')
  t.equal(third.store.find('admin')?.passwordHash, hash, 'nothing is written without need')

  const generated = await openUsers(folder, undefined)
  t.equal(await matches(generated, 'two'), false)
  t.equal(await matches(generated, generated.generatedAdminPassword ?? ''), true)

  const again = await openUsers(folder, 'three')
  t.equal(await matches(again, 'three'), true)
  t.equal(await matches(again, generated.generatedAdminPassword ?? ''), false)
})

t.test('a password that a person has chosen is left alone', async (t) => {
  const folder = t.testdir()
  const { store, passwords } = await openUsers(folder, 'one')
  const admin = store.find('admin')
  if (!admin) throw new Error('no admin')
  await store.put({
    ...admin,
    passwordHash: await passwords.hash('mine'),
    passwordFrom: 'person'
  })
  const next = await openUsers(folder, undefined)
  t.equal(next.generatedAdminPassword, undefined)
  t.equal(await next.passwords.matches('mine', next.store.find('admin')?.passwordHash), true)
})

t.test('a password generated just before a crash is taken up', async (t) => {
  const folder = t.testdir({ 'admin-password': 'kept-password\n' })
  const users = await openUsers(folder, undefined)
  t.equal(users.generatedAdminPassword, 'kept-password')
  const hash = users.store.find('admin')?.passwordHash
  t.equal(await users.passwords.matches('kept-password', hash), true)
})

t.test('a lost password file makes a new password', async (t) => {
  const folder = t.testdir()
  const first = await openUsers(folder, undefined)
  await writeFile(join(folder, 'admin-password'), '')
  const second = await openUsers(folder, undefined)
  t.ok(second.generatedAdminPassword)
  t.not(second.generatedAdminPassword, first.generatedAdminPassword)
})

t.test('a users file that cannot be understood is named, and never overwritten', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'users.json')
  for (const text of ['', '[]', '{"users":[{"name":"admin"}]}', '{"users":[],"more":1}']) {
    await writeFile(path, text)
    await t.rejects(openUserFile(folder), { message: /users\.json/ })
    await t.rejects(openUsers(folder, 'one'), { message: /users\.json/ })
    t.equal(await readFile(path, 'utf8'), text)
  }
})
