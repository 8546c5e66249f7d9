import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import {
  hasEnded,
  identityOf,
  isAlive,
  readStat
} from '@scheduler-task/host-identity/process-identity'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import {
  APPLICATION,
  endAfter,
  eventsOf,
  fixture,
  fixtureLaunching,
  node,
  requestFor,
  startAttempt
} from '../support/launching.ts'

const soon = () => AbortSignal.timeout(15_000)

t.test(
  'one that heeds SIGTERM is ended within its grace, and its exit status is kept',
  async (t) => {
    const started = await startAttempt(t, ['/bin/bash', '-c', 'sleep 60 & wait; sleep 60'])
    const { launching, attempt } = started
    t.equal(await launching.fence(attempt), 'held')
    const begun = Date.now()
    await launching.end(attempt, { graceMs: 10_000, signal: soon() })
    t.ok(Date.now() - begun < 8000, 'nobody waited for SIGKILL')
    t.equal(await launching.fence(attempt), 'free')
    t.same(await launching.exitOf(attempt), { kind: 'signalled', signal: 'SIGTERM' })
    await launching.end(attempt, { graceMs: 10_000, signal: soon() })
  }
)

t.test('one that becomes another program on SIGTERM is asked again', async (t) => {
  const becoming = `trap 'exec sleep 60' TERM; echo ready; while :; do sleep 0.1; done`
  const { launching, attempt } = await startAttempt(t, ['/bin/bash', '-c', becoming])
  await until(async () => (await launching.outputTail(attempt, 100)).stdout.includes('ready'))
  await launching.end(attempt, { graceMs: 20_000, signal: soon() })
  t.same(await launching.exitOf(attempt), { kind: 'signalled', signal: 'SIGTERM' })
})

t.test('one that ignores SIGTERM gets SIGKILL, and that is written down too', async (t) => {
  const started = await startAttempt(t, node('ignores-sigterm.mjs'))
  const { launching, attempt } = started
  await until(async () => (await launching.outputTail(attempt, 100)).stdout.includes('ready'))
  await launching.end(attempt, { graceMs: 300, signal: soon() })
  t.equal((await launching.outputTail(attempt, 100)).stdout, 'ready\ngot SIGTERM\n', 'asked once')
  t.same(await launching.exitOf(attempt), { kind: 'signalled', signal: 'SIGKILL' })
  t.equal(await launching.fence(attempt), 'free')
})

t.test('a shim that takes its time to write the exit status down gets it', async (t) => {
  // Where the disk is busy.
  const slow = lastingDirectory(t, { sync: '#!/bin/sh\nsleep 1\nexec /bin/sync "$@"\n' })
  await chmod(join(slow, 'sync'), 0o700)
  const root = join(slow, 'attempts')
  const launching = await fixtureLaunching(root, ['/bin/sleep', '60'], `${slow}:/usr/bin:/bin`)
  const prepared = await launching.prepare(requestFor('slow'))
  const { directory } = prepared
  const attempt = { attemptId: 'slow', identity: await launching.start(prepared), directory }
  endAfter(t, launching, attempt)
  const { pid } = attempt.identity
  await until(async () => {
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0])
    return child && readFileSync(`/proc/${child}/comm`, 'utf8') === 'sleep\n'
  })
  await launching.end(attempt, { graceMs: 0, signal: soon() })
  t.same(await launching.exitOf(attempt), { kind: 'signalled', signal: 'SIGKILL' })
})

t.test('an end that is called off leaves the rest running', async (t) => {
  const { launching, attempt } = await startAttempt(t, node('ignores-sigterm.mjs'))
  await until(async () => (await launching.outputTail(attempt, 100)).stdout.includes('ready'))
  const limits = { graceMs: 60_000, signal: AbortSignal.timeout(300) }
  await t.rejects(launching.end(attempt, limits), { name: 'TimeoutError' })
  t.equal(await launching.fence(attempt), 'held')
})

t.test(
  'a grandchild without the lock, in a session of its own, is held by its marker',
  async (t) => {
    const started = await startAttempt(t, node('leaves-a-grandchild.mjs'))
    const { launching, attempt, directory } = started
    const exit = { kind: 'exited', code: 0, outlived: true }
    t.same(await eventsOf(started), [{ kind: 'ended', exit }])
    await until(async () => !isAlive(attempt.identity))
    const grandchild = Number(readFileSync(join(directory, 'stdout'), 'utf8'))
    t.not(readStat(grandchild)?.session, attempt.identity.pid)
    t.equal(await launching.fence(attempt), 'held')
    await launching.clean(attempt)
    t.ok(readFileSync(join(directory, 'submission-1.conf')), 'nothing is cleaned up under it')
    await launching.end({ ...attempt, identity: undefined }, { graceMs: 2000, signal: soon() })
    t.equal(await launching.fence(attempt), 'free')
    const left = readStat(grandchild)
    t.ok(!left || hasEnded(left))
  }
)

t.test('a child without the marker, whose shim is gone, is held by the lock', async (t) => {
  const { launching, attempt } = await startAttempt(t, [
    ...['/usr/bin/env', '-i', '/bin/bash', '-c'],
    'echo ready; sleep 60; true'
  ])
  await until(async () => (await launching.outputTail(attempt, 100)).stdout)
  process.kill(attempt.identity.pid, 'SIGKILL')
  await until(async () => !isAlive(attempt.identity))
  t.equal(await launching.fence(attempt), 'held')
  t.equal(await launching.exitOf(attempt), undefined)
  await launching.end(attempt, { graceMs: 5000, signal: soon() })
  t.equal(await launching.fence(attempt), 'free')
  t.match(await launching.exitOf(attempt), { kind: 'unknown', reason: /left no exit status/ })
})

t.test(
  'whoever keeps the lock under another number cannot be found, yet it is not called free',
  async (t) => {
    const script = 'exec 7>&9 9>&-; echo $$; sleep 60; true'
    const started = await startAttempt(t, ['/usr/bin/env', '-i', '/bin/bash', '-c', script])
    const { launching, attempt } = started
    const keeper = Number(
      await until(async () => (await launching.outputTail(attempt, 100)).stdout.trim())
    )
    const sleeping = await until(async () => {
      const children = readFileSync(`/proc/${keeper}/task/${keeper}/children`, 'utf8')
      return Number(children) || undefined
    })
    process.kill(attempt.identity.pid, 'SIGKILL')
    await until(async () => !isAlive(attempt.identity))
    t.equal(await launching.fence(attempt), 'held')
    const limits = { graceMs: 0, signal: AbortSignal.timeout(1000) }
    await t.rejects(launching.end(attempt, limits), { name: 'TimeoutError' })
    for (const pid of [keeper, sleeping]) process.kill(pid, 'SIGKILL')
    await until(async () => (await launching.fence(attempt)) === 'free')
  }
)

t.test('a wrapper that is killed does not end the watch while its child lives', async (t) => {
  const script = `echo ready; sleep 1; echo 'INFO YarnClientImpl: Submitted application ${APPLICATION}'; sleep 1`
  const started = await startAttempt(t, ['/bin/bash', '-c', script])
  const { launching, attempt } = started
  await until(async () => (await launching.outputTail(attempt, 100)).stdout)
  process.kill(attempt.identity.pid, 'SIGKILL')
  t.match(await eventsOf(started), [
    { kind: 'application-id', applicationId: APPLICATION },
    { kind: 'ended', exit: { kind: 'unknown' } }
  ])
})

t.test('a process that got the number of an attempt is never signalled', async (t) => {
  const stranger = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' })
  t.teardown(() => stranger.kill('SIGKILL'))
  const identity = identityOf(stranger.pid as number)
  if (!identity) throw new Error('the stranger did not start')
  const root = lastingDirectory(t)
  const launching = await fixtureLaunching(root, ['/bin/true'])
  const others = [
    { ...identity, startTime: String(Number(identity.startTime) - 1) },
    { ...identity, bootId: '00000000-0000-0000-0000-000000000000' }
  ]
  for (const other of others) {
    t.notOk(isAlive(other))
    const attempt = { attemptId: 'old', identity: other, directory: join(root, 'old') }
    t.equal(await launching.fence(attempt), 'free')
    await launching.end(attempt, { graceMs: 0, signal: soon() })
    t.match(await launching.exitOf(attempt), { kind: 'unknown' })
  }
  t.ok(isAlive(identity), 'the stranger lives')
})

t.test('nobody older than the leader of an attempt is of it', async (t) => {
  const older = spawn('/bin/sleep', ['60'], { env: { SCHEDULER_TASK_ATTEMPT: 'young' } })
  t.teardown(() => older.kill('SIGKILL'))
  const age = identityOf(older.pid ?? 0)?.startTime
  await until(() => readFileSync(`/proc/${older.pid}/comm`, 'utf8') === 'sleep\n')
  await until(() => Number(identityOf(spawn('/bin/true').pid ?? 0)?.startTime) > Number(age))
  const launching = await fixtureLaunching(lastingDirectory(t), ['/bin/true'])
  const prepared = await launching.prepare(requestFor('young'))
  const { directory } = prepared
  const attempt = { attemptId: 'young', identity: await launching.start(prepared), directory }
  endAfter(t, launching, attempt)
  const unknown = { ...attempt, identity: undefined }
  t.equal(await launching.fence(unknown), 'held', 'its leader is not known')
  await until(async () => (await launching.fence(attempt)) === 'free')
})

t.test('a zombie does not count as alive', async (t) => {
  const parent = spawn('/bin/bash', ['-c', 'sleep 0.5 & echo $!; exec sleep 60'])
  t.teardown(() => parent.kill('SIGKILL'))
  const pid = await new Promise<number>((resolve) => {
    parent.stdout.once('data', (text) => resolve(Number(text)))
  })
  await until(async () => readStat(pid)?.state === 'Z')
  const identity = identityOf(pid)
  t.ok(identity)
  t.equal(identity && isAlive(identity), false)
})

t.test(
  'SIGKILL of the service: the launcher runs on, and is found again by its id alone',
  async (t) => {
    const root = lastingDirectory(t)
    const argv = node('fake-spark-submit.mjs', APPLICATION, '0', '1500', '7')
    const service = spawn(
      process.execPath,
      [
        ...['--import', 'tsx', '--conditions=@scheduler-task/source'],
        ...[fixture('starts-an-attempt.ts'), root, 'survivor', ...argv]
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] }
    )
    t.teardown(() => service.kill('SIGKILL'))
    const told = await new Promise<string>((resolve, reject) => {
      service.stdout.once('data', (text) => resolve(String(text)))
      service.once('exit', () => reject(new Error('the service ended')))
    })
    const launching = await fixtureLaunching(root, [])
    const directory = join(root, 'survivor')
    const attempt = { attemptId: 'survivor', identity: JSON.parse(told), directory }
    endAfter(t, launching, attempt)
    service.removeAllListeners('exit')
    service.kill('SIGKILL')
    await new Promise((resolve) => service.once('exit', resolve))

    t.ok(isAlive(attempt.identity))
    t.equal(
      await launching.fence({ ...attempt, identity: undefined }),
      'held',
      'by lock and marker'
    )
    const events = await eventsOf({ launching, attempt })
    t.match(events.at(-2), { applicationId: APPLICATION, confirmed: true })
    t.same(events.at(-1), { kind: 'ended', exit: { kind: 'exited', code: 7 } })
    const unknown = { ...attempt, identity: undefined }
    t.same(await launching.exitOf(unknown), { kind: 'exited', code: 7 }, 'durably')
  }
)
