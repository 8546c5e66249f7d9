import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { withLock } from '../../engines/lock.ts'
import { identify } from '../../engines/process-identity.ts'

t.test('two at once: one after the other', async (t) => {
  const file = join(t.testdir(), 'lock')
  let inside = 0
  let most = 0
  const work = async () => {
    inside += 1
    most = Math.max(most, inside)
    await new Promise((resolve) => setImmediate(resolve))
    inside -= 1
  }
  await Promise.all([1, 2, 3, 4].map(() => withLock(file, work)))
  t.equal(most, 1)
  t.notOk(existsSync(file))
})

t.test('a lock whose holder is gone is taken over', async (t) => {
  const file = join(t.testdir(), 'lock')
  const child = spawn('true')
  await once(child, 'exit')
  const dead = { pid: Number(child.pid), startTime: '1', bootId: 'gone' }
  writeFileSync(file, JSON.stringify(dead))
  t.equal(await withLock(file, async () => 'worked'), 'worked')
})

t.test('a lock is not taken from a holder that lives', async (t) => {
  const file = join(t.testdir(), 'lock')
  writeFileSync(file, JSON.stringify(await identify(process.pid)))
  const told: number[] = []
  const attempt = withLock(file, async () => t.fail('must not run'), {
    limitMs: 50,
    onWait: (holder) => told.push(holder)
  })
  await t.rejects(attempt, { message: `${file} is held by process ${process.pid}` })
  t.strictSame(told, [process.pid])
  t.ok(existsSync(file), 'and the lock is still there')
})

t.test('work that fails gives the lock back', async (t) => {
  const file = join(t.testdir(), 'lock')
  const attempt = withLock(file, async () => {
    throw new Error('no luck')
  })
  await t.rejects(attempt, { message: 'no luck' })
  t.notOk(existsSync(file))
})
