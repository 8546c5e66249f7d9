import { existsSync } from 'node:fs'
import { mkdir, realpath, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createAttemptRemoval } from '../../src/adapters/attempt-removal.ts'
import { createLogSpools } from '../../src/adapters/log-spools.ts'
import { createBackgroundWork } from '../../src/domain/background-work.ts'
import type { JobStore } from '../../src/domain/job-store.ts'
import { createRetention } from '../../src/domain/retention.ts'
import { newSubmission } from '../support/job-store-contract.ts'
import { endAfter, fixtureLaunching, requestFor } from '../support/launching.ts'
import { openStore } from '../support/sqlite-store.ts'

const LONG_AGO = 1000

/** Retention on a real store and real directories; all that is accepted is accepted long ago. */
async function keeping(t: Test) {
  const root = await realpath(lastingDirectory(t, { attempts: {}, elsewhere: { precious: 'x' } }))
  let clock = LONG_AGO
  const store = await openStore(t, { path: join(root, 'jobs.sqlite'), now: () => clock })
  const launching = await fixtureLaunching(join(root, 'attempts'), ['/bin/sleep', '600'])
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  const background = createBackgroundWork(log)
  t.teardown(() => background.close())
  const directories = await createAttemptRemoval(join(root, 'attempts'), launching)
  const logs = createLogSpools({
    root: join(root, 'logs'),
    maxBytes: 1e6,
    bootId: 'b',
    log,
    signal: background.signal
  })
  const retention = createRetention({ store, background, log }, directories, 30, logs)
  return {
    root,
    store,
    launching,
    logs,
    lines,
    retention,
    tick: (to: number) => {
      clock = to
    },
    /** A submission with one attempt that has ended, and a directory for it. */
    ended: (directory?: string) => endedOne(store, root, directory)
  }
}

async function endedOne(store: JobStore, root: string, given?: string) {
  const { id } = await store.accept(newSubmission())
  const attemptId = `${id}-1`
  const directory = given ?? join(root, 'attempts', attemptId)
  await mkdir(directory, { recursive: true }).catch(() => {})
  await store.change(id, { to: 'LAUNCHING', who: 'executor' })
  await store.addAttempt({
    id: attemptId,
    submissionId: id,
    tag: `st-a-${id}`,
    profile: 'fixture',
    argv: [],
    renderedDigest: '',
    holdsDriver: false,
    directory
  } as Parameters<JobStore['addAttempt']>[0])
  await store.attemptEnded(attemptId, { kind: 'exited', code: 0 })
  await store.change(id, { to: 'REJECTED', who: 'executor' })
  return { id, directory }
}

async function aged(path: string): Promise<string> {
  await utimes(path, LONG_AGO / 1000, LONG_AGO / 1000)
  return path
}

t.test('what ended goes with its directories, in parts; what lives stays', async (t) => {
  const { store, root, ended, retention, lines, tick } = await keeping(t)
  const gone = []
  for (let at = 0; at < 53; at += 1) gone.push(await ended())
  const { id: live } = await store.accept(newSubmission())
  const liveDirectory = await aged(await makeDirectory(join(root, 'attempts', 'of-a-live-one')))
  await store.addAttempt({
    id: 'of-a-live-one',
    submissionId: live,
    tag: 'st-a-live',
    profile: 'fixture',
    argv: [],
    renderedDigest: '',
    holdsDriver: false,
    directory: liveDirectory
  } as Parameters<JobStore['addAttempt']>[0])
  tick(5000)
  const late = await ended()

  const swept = await retention.pass(2000)
  t.strictSame(swept, { submissions: 53, directories: 53, orphans: 0 })
  t.match(lines.at(-1), { msg: 'what ended long ago was removed', ...swept })
  for (const { id, directory } of gone) {
    if ((await store.find(id)) || existsSync(directory)) t.fail(`${id} is still there`)
  }
  t.match(await store.find(live), { state: 'ACCEPTED' })
  t.match(await store.find(late.id), { state: 'REJECTED' })
  t.ok(existsSync(liveDirectory) && existsSync(late.directory))
  t.strictSame(await retention.pass(2000), { submissions: 0, directories: 0, orphans: 0 })
})

const makeDirectory = async (path: string) => {
  await mkdir(join(path, 'work'), { recursive: true })
  await aged(join(path, 'work'))
  return path
}

t.test('never anything but a directory right below its own root', async (t) => {
  const { root, ended, retention, store } = await keeping(t)
  const precious = join(root, 'elsewhere', 'precious')
  const link = join(root, 'attempts', 'a-link')
  await symlink(join(root, 'elsewhere'), link)
  const file = join(root, 'attempts', 'a-file')
  await writeFile(file, 'x')
  const hostile = [
    join(root, 'elsewhere'),
    link,
    file,
    join(root, 'attempts', '..', 'elsewhere'),
    `${join(root, 'attempts')}/../elsewhere`,
    join(root, 'attempts'),
    `${root}/attempts/.`,
    `${root}/attempts/a-link/`,
    'elsewhere',
    '/',
    ''
  ]
  const ids = []
  for (const directory of hostile) ids.push((await ended(directory)).id)
  const inside = await ended()
  await symlink(join(root, 'elsewhere'), join(inside.directory, 'out'))
  t.match(await retention.pass(2000), {
    submissions: hostile.length + 1,
    directories: 1,
    orphans: 0
  })
  t.ok(existsSync(precious), 'what a link leads to is not followed')
  t.ok(existsSync(link) && existsSync(file))
  t.notOk(existsSync(inside.directory))
  for (const id of ids) t.equal(await store.find(id), undefined, 'the record goes all the same')
})

t.test(
  'a directory that no attempt names goes once it is old, and nobody lives in it',
  async (t) => {
    const { root, retention, launching } = await keeping(t)
    const old = await aged(await makeDirectory(join(root, 'attempts', 'an-old-one')))
    const fresh = await makeDirectory(join(root, 'attempts', 'a-fresh-one'))
    const written = await makeDirectory(join(root, 'attempts', 'output-still-comes'))
    await writeFile(join(written, 'stdout'), 'just now')
    await aged(written)
    const prepared = await launching.prepare(requestFor('still-runs'))
    const identity = await launching.start(prepared)
    endAfter(t, launching, { attemptId: 'still-runs', identity, directory: prepared.directory })

    t.match(await retention.pass(2000), { submissions: 0, orphans: 1 })
    t.notOk(existsSync(old))
    t.ok(existsSync(fresh) && existsSync(written))
    // As old as all the others, but its launcher lives.
    t.match(await retention.pass(Date.now() + 60_000), { orphans: 2 })
    t.ok(existsSync(prepared.directory))
  }
)

t.test('the log of a job goes with it, and one that no job has', async (t) => {
  const { root, logs, retention, ended, tick } = await keeping(t)
  const { id } = await ended()
  for (const one of [id, 'nobodys']) {
    const spool = await logs.open(one)
    await spool.append('a', [{ at: 1, text: 'x' }], 1)
    const directory = join(root, 'logs', 'spools', one)
    for (const path of [join(directory, '0000000000000000.log'), directory])
      await utimes(path, 1, 1)
  }
  await retention.pass(LONG_AGO - 1)
  t.equal(await logs.has(id), true, 'of a job that is kept')
  tick(LONG_AGO + 10)
  await retention.pass(LONG_AGO + 1_000_000)
  t.equal(await logs.has(id), false)
  t.equal(await logs.has('nobodys'), false)
})
