import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openUserFile, openUsers } from '../../src/adapters/user-file.ts'
import type { StoredUser } from '../../src/domain/users.ts'

t.test('the first start makes admin with a password that is kept and told again', async (t) => {
  const folder = t.testdir()
  const first = await openUsers(folder, undefined)
  const password = first.generatedAdminPassword ?? ''
  t.match(password, /^[\w-]{20}$/)
  const admin = await first.store.find('admin')
  t.strictSame(admin?.roles, ['admin'])
  t.equal(await first.passwords.matches(password, admin?.passwordHash), true)
  t.equal(await first.passwords.matches(`${password}x`, admin?.passwordHash), false)

  const second = await openUsers(folder, undefined)
  t.equal(second.generatedAdminPassword, password)
  t.strictSame(await second.store.find('admin'), admin)
  for (const name of ['users.json', 'admin-password']) {
    t.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name)
  }
  t.notMatch(await readFile(join(folder, 'users.json'), 'utf8'), password)
})

t.test('ADMIN_PASSWORD counts while it is set, also a changed one', async (t) => {
  const folder = t.testdir()
  const matches = async (users: Awaited<ReturnType<typeof openUsers>>, password: string) =>
    users.passwords.matches(password, (await users.store.find('admin'))?.passwordHash)

  const first = await openUsers(folder, 'one')
  t.equal(first.generatedAdminPassword, undefined)
  t.equal(await matches(first, 'one'), true)

  const second = await openUsers(folder, 'two')
  t.equal(await matches(second, 'two'), true)
  t.equal(await matches(second, 'one'), false)

  const hash = (await second.store.find('admin'))?.passwordHash
  const third = await openUsers(folder, 'two')
  t.equal((await third.store.find('admin'))?.passwordHash, hash, 'nothing is written without need')

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
  const admin = await store.find('admin')
  if (!admin) throw new Error('no admin')
  await store.put({
    ...admin,
    passwordHash: await passwords.hash('mine'),
    passwordFrom: 'person'
  })
  const next = await openUsers(folder, undefined)
  t.equal(next.generatedAdminPassword, undefined)
  t.equal(
    await next.passwords.matches('mine', (await next.store.find('admin'))?.passwordHash),
    true
  )
})

t.test('a password generated just before a crash is taken up', async (t) => {
  const folder = t.testdir({ 'admin-password': 'kept-password\n' })
  const users = await openUsers(folder, undefined)
  t.equal(users.generatedAdminPassword, 'kept-password')
  const hash = (await users.store.find('admin'))?.passwordHash
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

t.test(
  'what another process changes is seen at once, and changes do not undo each other',
  async (t) => {
    const folder = t.testdir()
    const [one, other] = [await openUserFile(folder), await openUserFile(folder)]
    const user = (name: string): StoredUser => ({
      name,
      roles: ['operator'],
      passwordHash: 'x',
      passwordFrom: 'person',
      passwordSetAt: new Date('2026-01-01T00:00:00.000Z')
    })
    const names = Array.from({ length: 8 }, (_, at) => `user-${at}`)
    await Promise.all(names.map((name, at) => (at % 2 ? one : other).put(user(name))))
    t.strictSame((await one.list()).map(({ name }) => name).sort(), [...names].sort())
    t.strictSame(await one.list(), await other.list())
    t.strictSame(await other.find('user-3'), user('user-3'))

    t.equal(await one.remove('user-3'), true)
    t.equal(await other.find('user-3'), undefined)
    t.equal(await other.remove('user-3'), false)
    await other.put({ ...user('user-4'), roles: ['viewer'] })
    t.strictSame((await one.find('user-4'))?.roles, ['viewer'])
    t.equal((await stat(join(folder, 'users.json'))).mode & 0o777, 0o600)
  }
)

t.test('sessions count from when a password was set, or a user removed', async (t) => {
  const folder = t.testdir()
  const [one, other] = [await openUserFile(folder), await openUserFile(folder)]
  const first = await one.sessionsSince()
  t.equal(first.since.size, 0)
  const passwordSetAt = new Date('2026-01-01T00:00:00.000Z')
  const user: StoredUser = {
    name: 'a',
    roles: ['operator'],
    passwordHash: 'x',
    passwordFrom: 'person'
  }
  await other.put(user)
  t.equal((await one.sessionsSince()).since.get('a'), undefined)
  await other.put({ ...user, passwordSetAt })
  const second = await one.sessionsSince()
  t.not(second.version, first.version)
  t.strictSame(second.since.get('a'), passwordSetAt)
  const before = new Date()
  await other.remove('a')
  t.ok(((await one.sessionsSince()).since.get('a') ?? 0) >= before)
  t.equal((await one.sessionsSince()).version, (await one.sessionsSince()).version)
})

t.test('a file that is spoilt while it is in use leaves the users as they were', async (t) => {
  const folder = t.testdir()
  const { store } = await openUsers(folder, 'one')
  const path = join(folder, 'users.json')
  const text = await readFile(path, 'utf8')
  await writeFile(path, '{')
  t.ok(await store.find('admin'))
  await t.rejects(store.remove('admin'), { message: /users\.json/ })
  await rm(path)
  t.ok(await store.find('admin'))
  await writeFile(path, text.replace('"admin"', '"root"'))
  t.equal(await store.find('admin'), undefined)
  t.ok(await store.find('root'))
})

t.test('an admin that was put in the place of admin is left alone', async (t) => {
  const folder = t.testdir()
  const { store } = await openUsers(folder, undefined)
  await store.put({ name: 'root', roles: ['admin'], passwordHash: 'x', passwordFrom: 'person' })
  await store.remove('admin')
  const next = await openUsers(folder, undefined)
  t.equal(next.generatedAdminPassword, undefined)
  t.strictSame(
    (await next.store.list()).map(({ name }) => name),
    ['root']
  )
  t.ok(await (await openUsers(folder, 'one')).store.find('admin'), 'ADMIN_PASSWORD makes one')
})
