import { join } from 'node:path'
import Database from 'libsql'
import t, { type Test } from 'tap'
import { sql } from '../../src/adapters/kysely.ts'
import { createSqlJobStore } from '../../src/adapters/sql-job-store.ts'
import { openSqliteFile } from '../../src/adapters/sqlite-file.ts'
import { newSubmission } from '../support/job-store-contract.ts'

async function open(t: Test) {
  const path = join(t.testdir({}), 'executor.sqlite')
  const database = await openSqliteFile(path)
  t.teardown(database.close)
  return { path, ...database, store: createSqlJobStore(database) }
}

/** Counts the commits from now on. */
function countCommits(t: Test): () => number {
  const { prepare } = Database.prototype
  let commits = 0
  Database.prototype.prepare = function (this: Database.Database, text: string) {
    if (text === 'commit') commits += 1
    return prepare.call(this, text)
  } as typeof prepare
  t.teardown(() => {
    Database.prototype.prepare = prepare
  })
  return () => commits
}

t.test('500 submissions at once share a few commits', async (t) => {
  const { store } = await open(t)
  const many = () => Array.from({ length: 500 }, () => newSubmission())
  const apart = performance.now()
  for (const submission of many()) await store.accept(submission)
  t.comment(`500 accepted one after the other: ${Math.round(performance.now() - apart)} ms`)

  const commits = countCommits(t)
  let longest = 0
  let last = performance.now()
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  const began = performance.now()
  await Promise.all(many().map((submission) => store.accept(submission)))
  const took = Math.round(performance.now() - began)
  clearInterval(beat)
  t.comment(`500 accepted at once: ${took} ms in ${commits()} commits`)
  t.comment(`longest pause of the event loop: ${Math.round(longest)} ms`)
  t.ok(commits() < 250, `${commits()} commits`)
  t.equal((await store.live()).length, 1000)
})

t.test('one that fails takes nothing of the others along', async (t) => {
  const { db, write } = await open(t)
  const add = (id: string) =>
    write(async (transaction) => {
      await transaction.insertInto('installation').values({ id, created_at: 0 }).execute()
      if (id === 'bad') throw new Error('after its first half')
      return id
    })
  const results = await Promise.allSettled([add('a'), add('bad'), add('b'), add('a'), add('c')])
  t.strictSame(
    results.map((one) => (one.status === 'fulfilled' ? one.value : 'refused')),
    ['a', 'refused', 'b', 'refused', 'c']
  )
  t.strictSame(
    (await db.selectFrom('installation').select('id').orderBy('id').execute()).map(({ id }) => id),
    ['a', 'b', 'c']
  )
})

t.test('nobody is told before the commit', async (t) => {
  const { path, store } = await open(t)
  const outside = new Database(path)
  t.teardown(() => outside.close())
  const seen = async (submission: ReturnType<typeof newSubmission>) => {
    await store.accept(submission)
    return outside.prepare('select count(*) as rows from submissions').get() as { rows: number }
  }
  const results = await Promise.all(Array.from({ length: 50 }, () => seen(newSubmission())))
  t.ok(
    results.every(({ rows }) => rows >= 1),
    'another connection sees what was told'
  )
  t.equal(Math.max(...results.map(({ rows }) => rows)), 50)
})

t.test('a full disk refuses what does not fit, and nothing else', async (t) => {
  const { db, store } = await open(t)
  await sql`PRAGMA max_page_count = 60`.execute(db)
  const wide = () => newSubmission({ requestId: 'x'.repeat(400_000) })
  const results = await Promise.allSettled([
    store.accept(newSubmission()),
    store.accept(wide()),
    store.accept(newSubmission()),
    store.accept(wide()),
    store.accept(newSubmission())
  ])
  t.strictSame(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']
  )
  t.match(results[1], { reason: { name: 'StoreUnavailable', reason: 'FULL' } })
  t.equal((await store.live()).length, 3)
})

t.test('what was asked for before the end is still done', async (t) => {
  const { path, store } = await open(t)
  const last = store.accept(newSubmission({ id: 'last' }))
  await store.close()
  t.match(await last, { id: 'last' })
  const again = createSqlJobStore(await openSqliteFile(path))
  t.teardown(() => again.close())
  t.match(await again.find('last'), { id: 'last' })
  await t.rejects(store.accept(newSubmission()))
})
