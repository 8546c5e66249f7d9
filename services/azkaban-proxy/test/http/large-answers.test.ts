import { EventEmitter } from 'node:events'
import t from 'tap'
import { createLargeAnswers } from '../../src/http/large-answers.ts'

const MIB = 1024 * 1024
const NEVER = new AbortController().signal
const limits = { totalBytes: 2 * MIB, waitMs: 10_000, readMs: 10_000 }

/** A response that can be ended. */
function response() {
  const events = new EventEmitter()
  return Object.assign(events, {
    destroyed: false,
    destroy() {
      this.destroyed = true
      events.emit('close')
      return this as never
    }
  }) as never as Parameters<ReturnType<typeof createLargeAnswers>['room']>[1] & EventEmitter
}

/** Whether a promise has resolved by now. */
async function isOver(promise: Promise<void>): Promise<boolean> {
  const still = Symbol('still')
  const turn = new Promise((resolve) => setImmediate(() => resolve(still)))
  return (await Promise.race([promise.then(() => undefined), turn])) !== still
}

t.test('large answers wait for those before them, small ones never', async (t) => {
  const { room } = createLargeAnswers(limits)
  const first = response()
  await room(1.5 * MIB, first, NEVER)
  const second = response()
  const waits = room(MIB, second, NEVER)
  const third = room(0.1 * MIB, response(), NEVER)
  t.equal(await isOver(waits), false)
  t.equal(await isOver(third), false, 'though there is room: it came later')
  await room(1000, response(), NEVER)
  first.emit('close')
  await Promise.all([waits, third])
})

t.test('one that is larger than everything goes alone', async (t) => {
  const { room } = createLargeAnswers({ ...limits, totalBytes: 1 })
  const alone = response()
  await room(MIB, alone, NEVER)
  const next = room(MIB, response(), NEVER)
  t.equal(await isOver(next), false)
  alone.destroy()
  await next
})

t.test('whoever waits too long, or leaves, makes way for the next', async (t) => {
  const { room } = createLargeAnswers({ ...limits, waitMs: 60 })
  const first = response()
  await room(2 * MIB, first, NEVER)
  await t.rejects(room(MIB, response(), NEVER), { reason: 'BUSY', message: /within 60 ms/ })
  const left = new AbortController()
  const leaves = room(2 * MIB, response(), left.signal)
  left.abort(new Error('left'))
  await t.rejects(leaves, { message: 'left' })
  await t.rejects(room(MIB, response(), left.signal), { message: 'left' }, 'before it asks')
  first.emit('close')
  await room(2 * MIB, response(), NEVER)
})

t.test('who does not read is cut off', async (t) => {
  const { room } = createLargeAnswers({ ...limits, readMs: 30 })
  const slow = response()
  await room(2 * MIB, slow, NEVER)
  await room(2 * MIB, response(), NEVER)
  t.equal(slow.destroyed, true)
})

t.test('a caller that has left already keeps nothing', async () => {
  const { room } = createLargeAnswers(limits)
  const gone = response()
  gone.destroy()
  await room(2 * MIB, gone, NEVER)
  await room(2 * MIB, response(), NEVER)
})
