import t from 'tap'
import { pause, TimeLimitReached, withinTime } from '../src/time-limit.ts'

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('an error of its own')))
  })

t.test('work in time gives its result or its error', async (t) => {
  t.equal(await withinTime(1000, undefined, async () => 1), 1)
  await t.rejects(
    withinTime(1000, undefined, async () => {
      throw new RangeError('x')
    }),
    RangeError
  )
})

t.test('a limit that no timer can hold is a long one', async (t) => {
  const work = (signal: AbortSignal) => pause(30, signal)
  await t.resolves(withinTime(2 ** 31, undefined, work))
  await t.resolves(withinTime(Number.MAX_SAFE_INTEGER, undefined, work))
})

t.test('work that takes too long is aborted, and the reason is the limit', async (t) => {
  await t.rejects(withinTime(10, undefined, untilAborted), TimeLimitReached)
})

t.test('the caller’s abort comes through with its reason', async (t) => {
  const caller = new AbortController()
  const work = withinTime(10_000, caller.signal, untilAborted)
  caller.abort(new Error('mine'))
  await t.rejects(work, { message: 'mine' })
  await t.rejects(
    withinTime(10, caller.signal, async () => t.fail('was begun')),
    { message: 'mine' }
  )
})

t.test('nothing is left on the caller’s signal', async (t) => {
  const { signal } = new AbortController()
  const added = t.capture(signal, 'addEventListener', signal.addEventListener)
  const removed = t.capture(signal, 'removeEventListener', signal.removeEventListener)
  await withinTime(1000, signal, async () => 1)
  await pause(1, signal)
  t.equal(added().length, 2)
  t.equal(removed().length, 2)
})

t.test('a pause ends with the signal', async (t) => {
  const caller = new AbortController()
  const pausing = pause(60_000, caller.signal)
  caller.abort(new Error('mine'))
  await t.rejects(pausing, { message: 'mine' })
  await t.rejects(pause(60_000, caller.signal), { message: 'mine' })
})
