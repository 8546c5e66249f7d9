import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { NotStarted } from '../../src/domain/launching.ts'
import {
  APPLICATION,
  eventsOf,
  fixture,
  fixtureLaunching,
  node,
  requestFor,
  startAttempt
} from '../support/launching.ts'

t.test(
  'the launcher gets a named environment, an empty directory, no input and a session of its own',
  async (t) => {
    process.env.SECRET_OF_THE_SERVICE = 'x'
    t.teardown(() => delete process.env.SECRET_OF_THE_SERVICE)
    const argv = node('tells-about-itself.mjs', 'a b', '$(touch canary)', '')
    const started = await startAttempt(t, argv)
    const { launching, attempt, directory } = started
    t.same(await eventsOf(started), [{ kind: 'ended', exit: { kind: 'exited', code: 0 } }])

    const told = JSON.parse(readFileSync(join(directory, 'stdout'), 'utf8'))
    t.same(told.argv, ['a b', '$(touch canary)', ''], 'arguments arrive as they are')
    const ours = Object.entries(told.environment).filter(
      ([name]) => !name.startsWith('_TAPJS_') && !['PWD', 'OLDPWD', '_'].includes(name)
    )
    t.same(Object.fromEntries(ours), {
      PATH: '/usr/bin:/bin',
      LANG: 'C.UTF-8',
      SCHEDULER_TASK_ATTEMPT: attempt.attemptId
    })
    t.equal(told.directory, join(directory, 'work'))
    t.same(told.files, [])
    t.equal(told.umask, '77')
    t.equal(told.session, attempt.identity.pid)
    t.equal(told.parent, attempt.identity.pid)
    t.not(attempt.identity.pid, process.pid)
    t.equal(told.input, '')

    t.equal(await launching.fence(attempt), 'free')
    t.ok(existsSync(join(directory, 'work', 'left-over')))
    await launching.clean(attempt)
    t.notOk(existsSync(join(directory, 'work')), 'what only the launcher needed is gone')
    t.ok(readdirSync(directory).includes('submission-1.conf'), 'the rendered copy is kept')
    t.same(await launching.exitOf(attempt), { kind: 'exited', code: 0 })
  }
)

t.test(
  'ids are told as they come, only from the launcher’s own lines, and before the end',
  async (t) => {
    const started = await startAttempt(
      t,
      node('fake-spark-submit.mjs', APPLICATION, '10', '200', '3')
    )
    t.same(await eventsOf(started), [
      { kind: 'application-id', applicationId: APPLICATION, confirmed: false },
      { kind: 'application-id', applicationId: APPLICATION, confirmed: true },
      { kind: 'ended', exit: { kind: 'exited', code: 3 } }
    ])
    t.same(
      (await eventsOf(started)).map(({ kind }) => kind),
      ['application-id', 'application-id', 'ended'],
      'whoever watches later sees the same'
    )
  }
)

t.test('a watcher that is no longer wanted ends at once, and the launcher stays', async (t) => {
  const { launching, attempt } = await startAttempt(t, node('ignores-sigterm.mjs'))
  const abort = new AbortController()
  const watching = (async () => {
    for await (const event of launching.watch(attempt, abort.signal)) t.fail(event.kind)
  })()
  setTimeout(() => abort.abort(), 50)
  await watching
  t.equal(await launching.fence(attempt), 'held')
  t.equal(await launching.exitOf(attempt), undefined)
})

t.test('an attempt is started once', async (t) => {
  const { launching, attempt } = await startAttempt(t, node('ignores-sigterm.mjs'))
  const request = requestFor(attempt.attemptId)
  await t.rejects(launching.prepare(request), { message: /belongs to a started attempt/ })
  const prepared = { ...(await launching.prepare(requestFor('other'))), ...attempt }
  const again = await launching.start(prepared).catch((error) => error)
  t.match(again, { message: /was started before/ })
  t.notOk(again instanceof NotStarted, 'since something of this attempt does run')
})

t.test('what cannot be started says so, and durably', async (t) => {
  const launching = await fixtureLaunching(lastingDirectory(t), ['/bin/true'])
  const prepared = await launching.prepare(requestFor('too-long'))
  const environment = { LONG: 'x'.repeat(4 * 1024 * 1024) }
  await t.rejects(launching.start({ ...prepared, environment }), NotStarted)
  const { directory } = prepared
  const attempt = { attemptId: 'too-long', identity: undefined, directory }
  t.match(await launching.exitOf(attempt), { kind: 'not-started', reason: /E2BIG/ })
  t.match(await launching.exitOf({ ...attempt, directory: `${directory}-2` }), {
    kind: 'not-started'
  })
  t.equal(await launching.fence(attempt), 'free')
})

t.test('a host that cannot start it now is asked again, and starts it once', async (t) => {
  const root = lastingDirectory(t)
  const argv = ['/bin/sh', '-c', 'echo "$$"']
  const node = [process.execPath, '--import', 'tsx', '--conditions=@scheduler-task/source']
  const service = [...node, fixture('short-of-files.ts'), root, ...argv]
  const limited = ['-c', 'ulimit -n 100; exec "$@"', 'sh', ...service]
  const { stdout } = await promisify(execFile)('/bin/sh', limited)
  const tries: string[] = JSON.parse(stdout)
  t.equal(tries.pop(), 'started')
  t.ok(tries.length > 3, `${tries.length} tries were too early`)
  for (const one of tries) {
    t.match(one, 'NotStartedForNow: the launcher cannot be started: this service has too many')
  }
  const launching = await fixtureLaunching(root, [])
  const directory = join(root, 'short')
  const attempt = { attemptId: 'short', identity: undefined, directory }
  const events = await eventsOf({ launching, attempt })
  t.same(events, [{ kind: 'ended', exit: { kind: 'exited', code: 0 } }])
  t.match(readFileSync(join(directory, 'stdout'), 'utf8'), /^\d+\n$/, 'it ran once')
})

t.test('one whose directory somebody has removed is not said never to have started', async (t) => {
  const argv = ['/bin/sh', '-c', 'echo up; exec sleep 60']
  const { launching, attempt, directory } = await startAttempt(t, argv)
  await until(() => readFileSync(join(directory, 'stdout'), 'utf8') === 'up\n')
  rmSync(directory, { recursive: true })
  t.equal(await launching.exitOf(attempt), undefined, 'while it runs')
  await launching.end(attempt, { graceMs: 0, signal: AbortSignal.timeout(20_000) })
  t.match(await launching.exitOf(attempt), { kind: 'unknown' })
  t.match(await launching.exitOf({ ...attempt, identity: undefined }), { kind: 'not-started' })
})

t.test('a launcher that is not there ends with 127', async (t) => {
  const started = await startAttempt(t, ['/nowhere/bin/spark-submit'])
  t.same(await eventsOf(started), [{ kind: 'ended', exit: { kind: 'exited', code: 127 } }])
  t.match(await started.launching.failureOf(started.attempt), {
    code: 'PROGRAM_MISSING',
    sentence: /could not start \/nowhere\/bin\/spark-submit/
  })
})

t.test('what is told of the output holds no secret of the config', async (t) => {
  const config = 'sink { Jdbc { password = "pa$$ \\"word\\"", user = "etl" } }'
  const script = `echo 'parsed: {"password":"pa$$ \\"word\\"","user":"etl"}' >&2
    echo 'Fatal Error,'; echo 'Reason: login of etl with pa$$ "word" failed'; exit 1`
  const started = await startAttempt(t, ['/bin/bash', '-c', script], config)
  await eventsOf(started)
  const failure = await started.launching.failureOf(started.attempt)
  t.match(failure, { code: 'JOB_FAILED', sentence: 'The job ended with a fatal error.' })
  t.same(failure?.lines.slice(0, 2), ['Fatal Error,', 'Reason: login of etl with ****** failed'])
  const tail = await started.launching.outputTail(started.attempt, 1000)
  t.equal(tail.stderr, 'parsed: {"password":"******","user":"etl"}\n')
})

t.test(
  'a hundred megabytes of output cost no memory, and the id behind them is found',
  async (t) => {
    const before = process.memoryUsage().rss
    const started = await startAttempt(
      t,
      node('fake-spark-submit.mjs', APPLICATION, '100000', '0', '0')
    )
    let most = 0
    const sampling = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss)
    }, 20)
    t.teardown(() => clearInterval(sampling))
    const events = await eventsOf(started, 60_000)
    t.match(events.at(-2), { applicationId: APPLICATION, confirmed: true })
    const { size } = statSync(join(started.directory, 'stdout'))
    t.ok(size > 100e6, `${size} bytes were printed`)
    const grown = (most - before) / 1e6
    t.ok(grown < 100, `memory grew by ${Math.round(grown)} MB`)
    t.comment(`memory grew by ${Math.round(grown)} MB`)
    const tail = await started.launching.outputTail(started.attempt, 10_000)
    t.ok(tail.stdout.length <= 10_000 && tail.stdout.startsWith('row '), 'whole lines at the end')
  }
)

t.test('a line of a hundred megabytes is no line, but what follows is read', async (t) => {
  const script = `head -c 100000000 /dev/zero | tr '\\0' x; echo
    echo 'INFO YarnClientImpl: Submitted application ${APPLICATION}'`
  const started = await startAttempt(t, ['/bin/bash', '-c', script])
  t.match((await eventsOf(started))[0], { applicationId: APPLICATION })
})

t.test(
  'one that is stopped by a signal to its whole group still leaves its exit status',
  async (t) => {
    const started = await startAttempt(t, ['/bin/bash', '-c', 'echo ready; exec sleep 60'])
    await until(async () => (await started.launching.outputTail(started.attempt, 100)).stdout)
    process.kill(-started.attempt.identity.pid, 'SIGTERM')
    t.same(await eventsOf(started), [
      { kind: 'ended', exit: { kind: 'signalled', signal: 'SIGTERM' } }
    ])
  }
)
