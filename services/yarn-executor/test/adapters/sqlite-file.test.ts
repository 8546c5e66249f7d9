import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FileInUse } from '@scheduler-task/file-lock/file-lock'
import t from 'tap'
import { sql } from '../../src/adapters/kysely.ts'
import { createSqlJobStore } from '../../src/adapters/sql-job-store.ts'
import { openSqliteFile } from '../../src/adapters/sqlite-file.ts'
import { newSubmission } from '../support/job-store-contract.ts'
import { openStore } from '../support/sqlite-store.ts'

const MODULE = pathToFileURL(join(import.meta.dirname, '../../src/adapters/sqlite-file.ts')).href
const NODE_ARGS = ['--import', 'tsx', '--conditions=@scheduler-task/source', '--input-type=module']

t.test('the file is for its owner alone, and what is committed is on the disk', async (t) => {
  const path = join(t.testdir({}), 'executor.sqlite')
  const { db, close } = await openSqliteFile(path)
  t.teardown(close)
  t.equal(statSync(path).mode & 0o777, 0o600)
  const { rows } = await sql<{ synchronous: number }>`PRAGMA synchronous`.execute(db)
  t.strictSame(rows, [{ synchronous: 2 }])
  const mode = await sql<{ journal_mode: string }>`PRAGMA journal_mode`.execute(db)
  t.strictSame(mode.rows, [{ journal_mode: 'wal' }])
})

t.test('a disk that is full is what the error says, and nothing is half-written', async (t) => {
  const database = await openSqliteFile(join(t.testdir({}), 'executor.sqlite'))
  t.teardown(database.close)
  const { db } = database
  const store = createSqlJobStore(database)
  await sql`PRAGMA max_page_count = 20`.execute(db)
  const wide = newSubmission({ requestId: 'x'.repeat(200_000) })
  await t.rejects(store.accept(wide), /disk is full/)
  await sql`PRAGMA max_page_count = 10000`.execute(db)
  t.strictSame(await store.live(), [])
  t.match(await store.accept(wide), { id: wide.id })
})

t.test('a second process is refused as long as the first has the file open', async (t) => {
  const path = join(t.testdir({}), 'executor.sqlite')
  const holder = spawn(
    process.execPath,
    [
      ...NODE_ARGS,
      '--eval',
      `const { openSqliteFile } = await import(${JSON.stringify(MODULE)})
       await openSqliteFile(${JSON.stringify(path)})
       console.log('open'); setInterval(() => {}, 1000)`
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname }
  )
  t.teardown(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  await t.rejects(openSqliteFile(path), FileInUse)
  const ended = once(holder, 'exit')
  holder.kill('SIGKILL')
  await ended
  await t.resolves(openStore(t, { path }), 'a killed process leaves no lock behind')
  await t.rejects(openSqliteFile(path), FileInUse, 'nor may this process open it twice')
})

t.test('what was accepted is there when the process is killed right after', async (t) => {
  const directory = t.testdir({ crashed: {} })
  const path = join(directory, 'executor.sqlite')
  const store = createSqlJobStore(await openSqliteFile(path))
  const { id } = await store.accept(newSubmission())
  // The files as a crash would leave them: the store was not closed.
  const crashed = join(directory, 'crashed/executor.sqlite')
  copyFileSync(path, crashed)
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${crashed}-wal`)
  await store.close()
  t.equal((await (await openStore(t, { path: crashed })).find(id))?.id, id)
})
