import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readBootId, readPidNamespace } from '../src/boot-id.ts'
import { ifItIsThere } from '../src/proc-file.ts'
import {
  hasEnded,
  identityOf,
  isAlive,
  type ProcessIdentity,
  readStat,
  signalProcess
} from '../src/process-identity.ts'

async function startSleeper(t: Test, program = '/bin/sleep'): Promise<ProcessIdentity> {
  const child = spawn(program, ['600'], { detached: true, stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'spawn')
  const identity = identityOf(Number(child.pid))
  if (!identity) throw new Error('the child is gone')
  return identity
}

async function untilEnded(identity: ProcessIdentity): Promise<void> {
  for (const limit = Date.now() + 20_000; isAlive(identity); ) {
    if (Date.now() > limit) throw new Error(`process ${identity.pid} does not end`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

t.test('a process is known until it ends', async (t) => {
  const identity = await startSleeper(t)
  t.strictSame(identityOf(identity.pid), identity)
  t.match(readStat(identity.pid), {
    parent: process.pid,
    group: identity.pid,
    session: identity.pid
  })
  t.equal(isAlive(identity), true)
  signalProcess(identity, 'SIGTERM')
  await untilEnded(identity)
  signalProcess(identity, 'SIGTERM')
})

t.test('another process with the same id is left alone', async (t) => {
  const identity = await startSleeper(t)
  const earlier = { ...identity, startTime: String(Number(identity.startTime) - 1) }
  t.equal(isAlive(earlier), false)
  signalProcess(earlier, 'SIGKILL')
  t.equal(isAlive({ ...identity, bootId: 'another boot' }), false)
  t.equal(isAlive(identity), true)
})

t.test('a program may be called anything', async (t) => {
  const program = join(t.testdir(), ') Z 1 (')
  await copyFile('/bin/sleep', program)
  const identity = await startSleeper(t, program)
  t.match(readStat(identity.pid), { state: /^[RSD]$/, group: identity.pid })
  t.equal(isAlive(identity), true)
})

t.test('a zombie has ended', async (t) => {
  const parent = spawn('/bin/bash', ['-c', 'sleep 0.3 & echo $!; exec sleep 600'])
  t.teardown(() => parent.kill('SIGKILL'))
  const [printed] = await once(parent.stdout, 'data')
  const pid = Number(String(printed))
  for (const limit = Date.now() + 20_000; readStat(pid)?.state !== 'Z'; ) {
    if (Date.now() > limit) throw new Error('it does not become a zombie')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const zombie = identityOf(pid)
  t.ok(zombie, 'it still has its number')
  t.equal(zombie && isAlive(zombie), false)
  t.strictSame(
    ['Z', 'X', 'S'].map((state) => hasEnded({ state })),
    [true, true, false]
  )
})

t.test('a number that nobody has', async (t) => {
  // Above the largest that Linux gives out.
  t.equal(identityOf(2 ** 22 + 1), undefined)
  t.equal(readStat(2 ** 22 + 1), undefined)
})

t.test('a signal that must not be sent is an error', async (t) => {
  const identity = await startSleeper(t)
  t.throws(() => signalProcess(identity, 'SIGNONE' as NodeJS.Signals), /SIGNONE/)
})

t.test('one that ends between the look and the signal is no error', async (t) => {
  const identity = await startSleeper(t)
  t.intercept(process, 'kill', {
    value: () => {
      throw Object.assign(new Error('no such process'), { code: 'ESRCH' })
    }
  })
  signalProcess(identity, 'SIGTERM')
})

t.test('what cannot be read is not taken for gone', async (t) => {
  const failing = (code: string) => () => {
    throw Object.assign(new Error(code), { code })
  }
  t.equal(ifItIsThere(failing('ENOENT')), undefined)
  t.equal(ifItIsThere(failing('ESRCH')), undefined)
  t.throws(() => ifItIsThere(failing('EMFILE')), /EMFILE/)
  t.equal(
    ifItIsThere(() => 'there'),
    'there'
  )
})

t.test('the host says which boot it is, and which PID namespace', async (t) => {
  t.match(readBootId(), /^[0-9a-f-]{36}$/)
  t.match(readPidNamespace(), /^\d+$/)
})
