import t from 'tap'
import {
  createLaunchQueue,
  QueueClosed,
  QueueFull,
  type Slot,
  Withdrawn
} from '../../src/domain/launch-queue.ts'

const forever = new AbortController().signal
const LIMITS = { maxLaunchers: 1, maxDrivers: 1, maxQueued: 10 }

/** Whether a promise has been settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const note = () => {
    settled = true
  }
  promise.then(note, note)
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

t.test('turns come in order, one launcher after the other', async (t) => {
  const queue = createLaunchQueue(LIMITS)
  const order: number[] = []
  const turns = [1, 2, 3].map((n) =>
    queue
      .reserve()
      .turn({ driver: false }, forever)
      .then((slot) => {
        order.push(n)
        return slot
      })
  )
  for (const [at, turn] of turns.entries()) {
    const slot = await turn
    t.strictSame(order, [1, 2, 3].slice(0, at + 1))
    slot.launched()
    slot.launched()
  }
})

t.test('what needs a driver waits for one, and holds up nobody else', async (t) => {
  const queue = createLaunchQueue({ ...LIMITS, maxLaunchers: 2 })
  const first = await queue.reserve().turn({ driver: true }, forever)
  first.launched()
  const second = queue.reserve().turn({ driver: true }, forever)
  const other = await queue.reserve().turn({ driver: false }, forever)
  t.notOk(await isSettled(second))
  other.launched()
  t.notOk(await isSettled(second))
  first.ended()
  t.ok(await isSettled(second))
})

t.test('who was adopted counts', async (t) => {
  const queue = createLaunchQueue(LIMITS)
  const adopted = queue.adopt({ launching: true, driver: true })
  const turn = queue.reserve().turn({ driver: false }, forever)
  t.notOk(await isSettled(turn))
  adopted.launched()
  t.ok(await isSettled(turn))
})

t.test('a full queue takes no more; who leaves makes room', async (t) => {
  const queue = createLaunchQueue({ ...LIMITS, maxQueued: 1 })
  const running = queue.reserve()
  const waiting = queue.reserve()
  t.throws(() => queue.reserve(), QueueFull)
  waiting.leave()
  waiting.leave()
  const again = queue.reserve()
  t.throws(() => queue.reserve(), QueueFull)
  const slot: Slot = await running.turn({ driver: false }, forever)
  const aborted = new AbortController()
  const turn = again.turn({ driver: false }, aborted.signal)
  t.throws(() => queue.reserve(), QueueFull)
  aborted.abort(new Error('too late'))
  await t.rejects(turn, { message: 'too late' })
  const next = queue.reserve().turn({ driver: false }, forever)
  slot.launched()
  t.ok(await isSettled(next), 'who gave up does not get the turn')
})

t.test('a closed queue turns away who waits and who comes', async (t) => {
  const queue = createLaunchQueue(LIMITS)
  await queue.reserve().turn({ driver: false }, forever)
  const waiting = queue.reserve().turn({ driver: false }, forever)
  const reserved = queue.reserve()
  queue.close()
  await t.rejects(waiting, QueueClosed)
  await t.rejects(reserved.turn({ driver: false }, forever), QueueClosed)
  t.throws(() => queue.reserve(), QueueClosed)
})

t.test('order is that of the places, however late somebody asks for the turn', async (t) => {
  const queue = createLaunchQueue({ ...LIMITS, maxQueued: 3 })
  const first = await queue.reserve('first').turn({ driver: false }, forever)
  const [second, third] = [queue.reserve('second'), queue.reserve('third')]
  const order: string[] = []
  const late = third.turn({ driver: false }, forever).then(() => order.push('third'))
  t.equal(queue.positionOf('third'), 1)
  const turn = second.turn({ driver: false }, forever).then((slot) => {
    order.push('second')
    slot.launched()
  })
  t.equal(queue.positionOf('second'), 1)
  t.equal(queue.positionOf('third'), 2)
  t.equal(queue.positionOf('nobody'), undefined)
  first.launched()
  await Promise.all([turn, late])
  t.strictSame(order, ['second', 'third'])
})

t.test('who was accepted before a restart has a place; who is withdrawn has none', async (t) => {
  const queue = createLaunchQueue({ ...LIMITS, maxQueued: 0 })
  const slot = await queue.reserve('runs').turn({ driver: false }, forever)
  t.throws(() => queue.reserve('new'), QueueFull)
  const turn = queue.readmit('old').turn({ driver: false }, forever)
  queue.withdraw('nobody')
  queue.withdraw('old')
  await t.rejects(turn, Withdrawn)
  t.equal(queue.positionOf('old'), undefined)
  const next = queue.readmit('next').turn({ driver: false }, forever)
  slot.launched()
  await t.resolves(next)
  queue.close()
  t.throws(() => queue.readmit('late'), QueueClosed)
})

t.test('who waits is told for what', async (t) => {
  const queue = createLaunchQueue({ maxLaunchers: 1, maxDrivers: 1, maxQueued: 9 })
  const never = new AbortController().signal
  const first = await queue.reserve('first').turn({ driver: true }, never)
  void queue.reserve('driver').turn({ driver: true }, never)
  void queue.reserve('other').turn({ driver: false }, never)
  t.strictSame(
    ['first', 'driver', 'other'].map((id) => queue.waitsFor(id)),
    [undefined, 'driver', 'launcher']
  )
  first.ended()
  t.equal(queue.waitsFor('driver'), 'launcher')
})
