import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import type { ProcessIdentity } from '../../src/domain/launching.ts'
import {
  endAfter,
  eventsOf,
  fixtureLaunching,
  requestFor,
  startAttempt
} from '../support/launching.ts'

const script = (text: string) => ['/bin/sh', '-c', text]

t.test('what is spawned after it was voided runs nothing', async (t) => {
  const root = lastingDirectory(t)
  const launching = await fixtureLaunching(root, script('echo ran'))
  const prepared = await launching.prepare(requestFor('voided'))
  const { directory } = prepared
  const attempt = { attemptId: 'voided', identity: undefined, directory }
  t.equal(await launching.void(attempt), true)
  t.equal(await launching.void(attempt), true, 'as often as one likes')
  t.match(await launching.exitOf(attempt), { kind: 'not-started', reason: /voided/ })
  await t.rejects(launching.prepare(requestFor('voided')), /belongs to a voided attempt/)

  const identity = await launching.start(prepared)
  const late = { ...attempt, identity }
  endAfter(t, launching, late)
  t.match(await eventsOf({ launching, attempt: late }), [
    { kind: 'ended', exit: { kind: 'not-started', reason: /voided before it began/ } }
  ])
  t.equal(readFileSync(join(directory, 'stdout'), 'utf8'), '')
})

t.test('one that runs is not voided', async (t) => {
  const started = await startAttempt(t, script('echo begun; sleep 60; true'))
  const { launching, attempt, directory } = started
  await until(async () => (await launching.outputTail(attempt, 100)).stdout)
  t.equal(await launching.void(attempt), false)
  t.notOk(existsSync(join(directory, 'voided')))
  await launching.end(attempt, { graceMs: 1000, signal: AbortSignal.timeout(15_000) })
  const exit = await launching.exitOf(attempt)
  t.match(exit, { kind: 'signalled' })
  t.equal(await launching.void(attempt), true, 'after its end it is')
  t.same(await launching.exitOf(attempt), exit, 'and how it ended stays')
})

t.test('an attempt whose directory is gone cannot begin', async (t) => {
  const root = lastingDirectory(t)
  const launching = await fixtureLaunching(root, ['/bin/true'])
  const attempt = { attemptId: 'gone', identity: undefined, directory: join(root, 'gone') }
  t.equal(await launching.void(attempt), true)
})

t.test('spawned and voided at once: one of them wins, and both know who', async (t) => {
  const root = lastingDirectory(t)
  const launching = await fixtureLaunching(root, script('echo begun; sleep 0.05; echo over'))
  const seen = { voided: 0, begun: 0 }
  for (let round = 0; round < 24; round++) {
    const attemptId = `race-${round}`
    const prepared = await launching.prepare(requestFor(attemptId))
    const { directory } = prepared
    const stdout = () => readFileSync(join(directory, 'stdout'), 'utf8')
    const starting = launching.start(prepared)
    await new Promise((resolve) => setTimeout(resolve, round % 6))
    const unknown = { attemptId, identity: undefined, directory }
    const voided = await launching.void(unknown)
    const then = voided && existsSync(join(directory, 'stdout')) ? stdout() : ''
    const attempt = { ...unknown, identity: await starting }
    endAfter(t, launching, attempt)
    const ended = await eventsOf({ launching, attempt })
    if (voided) {
      t.equal(stdout(), then, `${attemptId}: nothing begins once it is voided`)
      if (then === '') t.match(ended, [{ exit: { kind: 'not-started' } }], attemptId)
      seen.voided += then === '' ? 1 : 0
    } else {
      t.equal(stdout(), 'begun\nover\n', `${attemptId}: it runs undisturbed`)
      seen.begun += 1
    }
  }
  t.comment(seen)
})

t.test('of two that start the same attempt one does', async (t) => {
  const launching = await fixtureLaunching(lastingDirectory(t), script('echo ran'))
  const prepared = await launching.prepare(requestFor('twice'))
  const both = await Promise.allSettled([launching.start(prepared), launching.start(prepared)])
  const identity = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))[0]
  const { directory } = prepared
  const attempt = { attemptId: 'twice', identity, directory }
  endAfter(t, launching, attempt)
  t.same(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  t.match(
    await eventsOf({
      launching,
      attempt: { ...attempt, identity: identity as ProcessIdentity }
    }),
    [{ exit: { code: 0 } }]
  )
  t.equal(readFileSync(join(directory, 'stdout'), 'utf8'), 'ran\n')
})
