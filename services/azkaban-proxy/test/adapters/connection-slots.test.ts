import t from 'tap'
import { createConnectionSlots, NoSlot } from '../../src/adapters/connection-slots.ts'

const LIMITS = { total: 4, slow: 3, cancels: 2, maxWaiting: 3 }
const LONG_MS = 60_000

/** Whether a promise has settled by now. */
async function isThere(promise: Promise<unknown>): Promise<boolean> {
  let there = false
  const seen = () => {
    there = true
  }
  promise.then(seen, seen)
  await new Promise(setImmediate)
  return there
}

t.test('cancels take two at most, slow calls three, all together four', async (t) => {
  const slots = createConnectionSlots(LIMITS)
  const cancels = [1, 2, 3].map(() => slots.take('cancel', LONG_MS))
  t.ok(await isThere(Promise.all(cancels.slice(0, 2))))
  t.notOk(await isThere(cancels[2] as Promise<unknown>), 'the third cancel waits')
  await slots.take('log', LONG_MS)
  const log = slots.take('log', LONG_MS)
  t.notOk(await isThere(log), 'the second log too')
  await slots.take('short', LONG_MS)
  const short = slots.take('short', LONG_MS)
  t.notOk(await isThere(short), 'all four are taken')
  const giveBack = await (cancels[0] as Promise<() => void>)
  giveBack()
  t.ok(await isThere(cancels[2] as Promise<unknown>), 'first come, first served')
  t.notOk(await isThere(short))
  giveBack()
  t.notOk(await isThere(short), 'given back twice counts once')
  ;(await (cancels[1] as Promise<() => void>))()
  t.ok(await isThere(log), 'then the log')
  for (const left of [cancels[2], log]) (await (left as Promise<() => void>))()
  t.ok(await isThere(short))
})

t.test('who waits too long is withdrawn, and takes nothing later', async (t) => {
  const slots = createConnectionSlots({ ...LIMITS, total: 1 })
  const giveBack = await slots.take('short', LONG_MS)
  await t.rejects(slots.take('short', 10), { name: 'NoSlot', why: 'waited-too-long' })
  giveBack()
  t.ok(await isThere(slots.take('short', LONG_MS)))
})

t.test('who leaves is withdrawn with his reason', async (t) => {
  const slots = createConnectionSlots({ ...LIMITS, total: 1 })
  await slots.take('short', LONG_MS)
  const leave = new AbortController()
  const waiting = slots.take('short', LONG_MS, leave.signal)
  leave.abort(new Error('left'))
  await t.rejects(waiting, { message: 'left' })
  await t.rejects(slots.take('short', LONG_MS, leave.signal), { message: 'left' })
})

t.test('only so many may wait: cancels beside the others', async (t) => {
  const slots = createConnectionSlots({ ...LIMITS, total: 1 })
  const giveBack = await slots.take('short', LONG_MS)
  const waiting = [1, 2, 3].map(() => slots.take('short', LONG_MS))
  await t.rejects(slots.take('log', LONG_MS), { name: 'NoSlot', why: 'too-many-waiting' })
  const cancel = slots.take('cancel', LONG_MS)
  t.notOk(await isThere(cancel), 'a cancel may still wait')
  giveBack()
  for (const one of waiting) (await one)()
  ;(await cancel)()
  t.ok(new NoSlot('waited-too-long', 'x') instanceof Error)
})
