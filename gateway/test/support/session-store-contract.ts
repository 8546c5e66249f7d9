import { randomUUID } from 'node:crypto'
import { until } from '@scheduler-task/test-support/until'
import type { Test } from 'tap'
import type { Session, SessionStore } from '../../src/domain/session-store.ts'

export function sessionOf(more: Partial<Session> = {}): Session {
  const createdAt = new Date()
  return {
    id: randomUUID(),
    name: 'zhangsan',
    roles: ['operator'],
    createdAt,
    expiresAt: new Date(createdAt.getTime() + 60_000),
    ...more
  }
}

/** What every session store does. `open` answers a store on the same place each time it is called. */
export function checkSessionStore(
  t: Test,
  open: (t: Test) => Promise<() => Promise<SessionStore>>
): void {
  t.test('a session is found under its id, with its roles', async (t) => {
    const store = await (await open(t))()
    const session = sessionOf({ roles: ['viewer', 'admin'] })
    await store.create(session)
    t.strictSame(await store.find(session.id), { roles: ['viewer', 'admin'] })
  })

  t.test('what was never created is not found', async (t) => {
    const store = await (await open(t))()
    for (const id of ['', randomUUID(), '__proto__', 'constructor', '*', '\0', 'x'.repeat(1024)]) {
      t.equal(await store.find(id), undefined)
      t.equal(await store.remove(id), false)
    }
  })

  t.test('a removed session is gone at once, the others stay', async (t) => {
    const store = await (await open(t))()
    const [kept, removed] = [sessionOf(), sessionOf()]
    await store.create(kept)
    await store.create(removed)
    t.equal(await store.remove(removed.id), true)
    t.equal(await store.find(removed.id), undefined)
    t.equal(await store.remove(removed.id), false, 'only once')
    t.ok(await store.find(kept.id))
  })

  t.test('a session ends by itself', async (t) => {
    const store = await (await open(t))()
    const session = sessionOf({ expiresAt: new Date(Date.now() + 300) })
    await store.create(session)
    t.ok(await store.find(session.id))
    await until(async () => (await store.find(session.id)) === undefined)
    t.ok(Date.now() >= session.expiresAt.getTime(), 'not before its time')
    t.equal(await store.remove(session.id), false)
  })

  t.test('a session can be read and listed until it ends', async (t) => {
    const store = await (await open(t))()
    const sessions = [3, 1, 2].map((hours) =>
      sessionOf({ expiresAt: new Date(Date.now() + hours * 3_600_000) })
    )
    for (const session of sessions) await store.create(session)
    const [last, first, middle] = sessions as [Session, Session, Session]
    t.strictSame(await store.list(), [first, middle, last])
    t.strictSame(await store.get(middle.id), middle)
    await store.remove(middle.id)
    t.equal(await store.get(middle.id), undefined)
    t.strictSame(await store.list(), [first, last])
  })

  t.test('a session gets another end and other roles, unless it has ended', async (t) => {
    const store = await (await open(t))()
    const session = sessionOf()
    await store.create(session)
    const longer = {
      ...session,
      roles: ['viewer'] as const,
      expiresAt: new Date(session.expiresAt.getTime() + 60_000)
    }
    t.equal(await store.replace(longer), true)
    t.strictSame(await store.find(session.id), { roles: ['viewer'] })
    t.strictSame(await store.list(), [longer])
    await store.remove(session.id)
    t.equal(await store.replace(longer), false)
    t.equal(await store.find(session.id), undefined)
    t.strictSame(await store.list(), [])
  })

  t.test('who watches a session is told once that it has ended', async (t) => {
    const store = await (await open(t))()
    const [kept, removed, expiring] = [
      sessionOf(),
      sessionOf(),
      sessionOf({ expiresAt: new Date(Date.now() + 400) })
    ]
    const told: string[] = []
    for (const [name, session] of Object.entries({ kept, removed, expiring })) {
      await store.create(session)
      t.ok(await store.find(session.id))
      store.watch(session.id, (end) => told.push(`${name} ${end}`))
      const giveUp = store.watch(session.id, () => told.push('was given up'))
      giveUp()
    }
    await store.remove(removed.id)
    await until(async () => told.length > 0)
    t.strictSame(told, ['removed ended'])
    await until(async () => told.length > 1)
    t.strictSame(told, ['removed ended', 'expiring ended'])
    t.ok(Date.now() >= expiring.expiresAt.getTime())
    t.ok(Date.now() < expiring.expiresAt.getTime() + 1000)
  })

  t.test('sessions are there for whoever opens the store next', async (t) => {
    const reopen = await open(t)
    const [kept, removed] = [sessionOf(), sessionOf()]
    const first = await reopen()
    await Promise.all([first.create(kept), first.create(removed)])
    await first.remove(removed.id)
    const second = await reopen()
    t.strictSame(await second.find(kept.id), { roles: kept.roles })
    t.equal(await second.find(removed.id), undefined)
  })

  t.test('many at once are all kept', async (t) => {
    const reopen = await open(t)
    const sessions = Array.from({ length: 50 }, () => sessionOf({ name: randomUUID() }))
    const first = await reopen()
    await Promise.all(sessions.map((session) => first.create(session)))
    const second = await reopen()
    for (const { id } of sessions) t.ok(await second.find(id))
  })

  t.test('a store that works answers a ping', async (t) => {
    const store = await (await open(t))()
    await t.resolves(store.ping())
  })
}
