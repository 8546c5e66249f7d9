import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { findByEnvironment, identify, isAlive, signal } from '../../engines/process-identity.ts'

const sleeper = ['-e', 'process.stdout.write("up"); setInterval(() => {}, 1000)']

async function startSleeper(t: Test, environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, sleeper, { env: environment, stdio: 'pipe' })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const identity = await identify(Number(child.pid))
  if (!identity) throw new Error('The child is gone')
  return { child, identity }
}

t.test('a process is known until it ends', async (t) => {
  const { child, identity } = await startSleeper(t)
  t.equal(await isAlive(identity), true)
  await signal(identity, 'SIGTERM')
  await once(child, 'exit')
  t.equal(await isAlive(identity), false)
  t.equal(await identify(identity.pid), undefined)
  await signal(identity, 'SIGTERM')
})

t.test('another process with the same id is left alone', async (t) => {
  const { child, identity } = await startSleeper(t)
  for (const other of [
    { ...identity, startTime: '1' },
    { ...identity, bootId: 'another boot' }
  ]) {
    t.equal(await isAlive(other), false)
    await signal(other, 'SIGKILL')
  }
  t.equal(child.exitCode ?? child.signalCode, null)
  t.equal(await isAlive(identity), true)
})

t.test('processes are found by a variable, whole values only', async (t) => {
  const value = crypto.randomUUID()
  const { identity } = await startSleeper(t, { MARK_OF_A_TEST: value })
  t.strictSame(await findByEnvironment('MARK_OF_A_TEST', value), [identity])
  t.strictSame(await findByEnvironment('MARK_OF_A_TEST', value.slice(0, -1)), [])
  t.strictSame(await findByEnvironment('OF_A_TEST', value), [])
})
