import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openEmbeddedSessionStore } from '../../src/adapters/embedded-session-store.ts'
import { checkSessionStore, sessionOf } from '../support/session-store-contract.ts'

t.test('contract', async (t) => {
  checkSessionStore(t, async (t) => {
    const path = join(t.testdir(), 'sessions.json')
    return () => openEmbeddedSessionStore(path)
  })
})

t.test('the file is for this user alone, and nothing is left beside it', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'sessions.json')
  const store = await openEmbeddedSessionStore(path)
  await store.create(sessionOf())
  t.equal((await stat(path)).mode & 0o777, 0o600)
  t.strictSame(await readdir(folder), ['sessions.json'])
})

t.test('a file that cannot be understood is named, and left as it is', async (t) => {
  const path = join(t.testdir(), 'sessions.json')
  for (const text of ['{', '{}', '[{"id":1}]', '']) {
    await writeFile(path, text)
    await t.rejects(openEmbeddedSessionStore(path), { message: /sessions\.json.*remove it/ })
    t.equal(await readFile(path, 'utf8'), text)
  }
})

t.test(
  'the oldest sessions of a user make room for new ones, others are not touched',
  async (t) => {
    const store = await openEmbeddedSessionStore(join(t.testdir(), 'sessions.json'), {
      mostSessionsOfAUser: 2
    })
    const other = sessionOf({ name: 'lisi' })
    const mine = [sessionOf(), sessionOf(), sessionOf()]
    for (const session of [other, ...mine]) await store.create(session)
    const alive = await Promise.all(
      [other, ...mine].map(async ({ id }) => !!(await store.find(id)))
    )
    t.strictSame(alive, [true, false, true, true])
  }
)

t.test('their number is bounded, and ended ones do not count', async (t) => {
  let now = Date.now()
  const store = await openEmbeddedSessionStore(join(t.testdir(), 'sessions.json'), {
    mostSessions: 2,
    now: () => now
  })
  const session = (name: string) => sessionOf({ name, expiresAt: new Date(now + 1000) })
  await store.create(session('a'))
  await store.create(session('b'))
  await t.rejects(store.create(session('c')), { code: 'GATEWAY_TOO_MANY_SESSIONS' })
  now += 1001
  await t.resolves(store.create(session('c')))
})

t.test('a session that cannot be written down does not count', async (t) => {
  const path = join(t.testdir({ file: '' }), 'file', 'sessions.json')
  const store = await openEmbeddedSessionStore(join(path)).catch(() => undefined)
  t.equal(store, undefined, 'a file in place of the folder is noticed at once')

  const folder = t.testdir({ data: {} })
  const other = await openEmbeddedSessionStore(join(folder, 'data', 'sessions.json'))
  await t.resolves(other.create(sessionOf()))
  const { rm, writeFile: write } = await import('node:fs/promises')
  await rm(join(folder, 'data'), { recursive: true })
  await write(join(folder, 'data'), '')
  const session = sessionOf()
  await t.rejects(other.create(session), { name: 'SessionStoreUnavailable' })
  t.equal(await other.find(session.id), undefined)
})
