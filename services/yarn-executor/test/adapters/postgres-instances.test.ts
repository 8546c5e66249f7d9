import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import { startRelay } from '@scheduler-task/test-support/tcp-relay'
import pg from 'pg'
import t, { type Test } from 'tap'
import { openPostgres } from '../../src/adapters/postgres-database.ts'
import { createSqlJobStore } from '../../src/adapters/sql-job-store.ts'
import type { JobStore } from '../../src/domain/job-store.ts'
import { newSubmission } from '../support/job-store-contract.ts'
import { openPostgresStore } from '../support/postgres-store.ts'

// What several processes on one database do to each other; each has a store and connections of its own here.

const postgres = await startPostgres(t)

async function instances(t: Test): Promise<{ url: string; one: JobStore; other: JobStore }> {
  const url = await postgres.createDatabase()
  return { url, one: await openPostgresStore(t, url), other: await openPostgresStore(t, url) }
}

/** Resolves at the next news. */
function news(t: Test, store: JobStore): Promise<void> {
  return new Promise((resolve) => {
    const end = store.onChange(() => {
      end()
      resolve()
    })
    t.teardown(end)
  })
}

t.test('of 200 identical requests to two instances, one is accepted', async (t) => {
  const { one, other } = await instances(t)
  const once = { key: 'k', bodyDigest: 'd' }
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, at) =>
      (at % 2 ? one : other).acceptOnce(newSubmission({ taskName: 'x' }), once)
    )
  )
  t.equal(answers.filter(({ first }) => first).length, 1)
  t.equal(new Set(answers.map(({ submission }) => submission.id)).size, 1)
  t.equal((await one.live()).length, 1)
})

t.test('an event that is committed later is not missed, whatever its id', async (t) => {
  const { url, one, other } = await instances(t)
  const { id } = await one.accept(newSubmission())
  const slow = new pg.Client({ connectionString: url })
  await slow.connect()
  t.teardown(() => slow.end())
  await slow.query('begin')
  await slow.query(
    "insert into events (submission_id, at, who, what) values ($1, 1, 'slow', 'begun-early')",
    [id]
  )
  await one.note({ submissionId: id, who: 'fast', what: 'committed-early', detail: null })
  const before = await other.eventsAfter(0, 10)
  t.strictSame(
    before.map(({ what }) => what),
    ['ACCEPTED', 'committed-early'],
    'nobody waits for the slow one'
  )
  await slow.query('commit')
  const after = await one.eventsAfter(before.at(-1)?.position ?? 0, 10)
  t.strictSame(
    after.map(({ what }) => what),
    ['begun-early']
  )
  t.strictSame(await other.eventsAfter(0, 10), [...before, ...after])
})

t.test('two that follow the events see the same ones in the same order', async (t) => {
  const { one, other } = await instances(t)
  const follow = async (store: JobStore, until: () => boolean) => {
    const seen: number[] = []
    for (let last = false; ; ) {
      const events = await store.eventsAfter(seen.at(-1) ?? 0, 5)
      seen.push(...events.map(({ position }) => position))
      if (events.length === 0 && last) return seen
      last = until()
    }
  }
  let written = false
  const [, first, second] = await Promise.all([
    Promise.all(
      Array.from({ length: 150 }, (_, at) => (at % 2 ? one : other).accept(newSubmission()))
    ).then(() => {
      written = true
    }),
    follow(one, () => written),
    follow(other, () => written)
  ])
  t.equal(first.length, 150)
  t.strictSame(second, first)
})

t.test('what one has changed is told to the other', async (t) => {
  const { one, other } = await instances(t)
  const told = news(t, other)
  const began = performance.now()
  const { id } = await one.accept(newSubmission())
  await told
  t.comment(`told after ${Math.round(performance.now() - began)} ms`)
  // The first news may come from listening itself; the change is there to be read at the latest then.
  const seen = async () => (await other.eventsAfter(0, 10)).map((event) => event.submissionId)
  while (!(await seen()).includes(id)) await news(t, other)
  t.strictSame(await seen(), [id])
})

t.test('news goes on after the connection that listens was broken', async (t) => {
  const url = new URL(await postgres.createDatabase())
  const one = await openPostgresStore(t, url.href)
  const relay = await startRelay(t, Number(url.port))
  url.port = String(relay.port)
  const database = await openPostgres({ url: url.href, maxConnections: 2 })
  const other = createSqlJobStore(database)
  t.teardown(() => other.close())
  let calls = 0
  t.teardown(other.onChange(() => (calls += 1)))
  const called = async () => {
    for (const before = calls; calls === before; ) await new Promise((r) => setTimeout(r, 20))
  }
  await one.accept(newSubmission())
  await called()
  relay.cut()
  await one.accept(newSubmission())
  relay.mend()
  await called()
  t.equal((await other.eventsAfter(0, 10)).length, 2)
})

t.test('what is about to be replaced is not removed', async (t) => {
  const { one, other } = await instances(t)
  for (let round = 0; round < 30; round += 1) {
    const old = await one.accept(newSubmission({ taskName: 'x' }))
    await one.change(old.id, { to: 'REJECTED', who: 'executor' })
    const [heir] = await Promise.all([
      one.accept(newSubmission({ taskName: 'x', replaces: old.id })),
      other.removeEndedBefore(Date.now() + 1000, 100)
    ])
    const kept = await one.find(old.id)
    const removed = await other.removeEndedBefore(Date.now() + 1000, 100)
    if (kept) t.strictSame(removed.submissionIds, [], 'an heir is live')
    await one.change(heir.id, { to: 'REJECTED', who: 'executor' })
  }
})
