import t from 'tap'
import { createSingleFlight } from '../src/single-flight.ts'

/** Work that ends when told. */
function started() {
  const runs: {
    signal: AbortSignal
    resolve: (value: number) => void
    reject: (e: Error) => void
  }[] = []
  const work = (signal: AbortSignal) =>
    new Promise<number>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')))
      runs.push({ signal, resolve, reject })
    })
  return { runs, work }
}

t.test('equal work is done once, different work apart, later work anew', async (t) => {
  const flights = createSingleFlight<number>()
  const { runs, work } = started()
  const all = Promise.all([flights.run('a', work), flights.run('a', work), flights.run('b', work)])
  t.equal(runs.length, 2)
  runs[0]?.resolve(1)
  runs[1]?.resolve(2)
  t.strictSame(await all, [1, 1, 2])
  const again = flights.run('a', work)
  t.equal(runs.length, 3)
  runs[2]?.resolve(3)
  t.equal(await again, 3)
})

t.test('an error goes to everybody and is not kept', async (t) => {
  const flights = createSingleFlight<number>()
  const { runs, work } = started()
  const both = [flights.run('a', work), flights.run('a', work)]
  runs[0]?.reject(new RangeError('x'))
  for (const one of both) await t.rejects(one, RangeError)
  const again = flights.run('a', work)
  runs[1]?.resolve(1)
  t.equal(await again, 1)
})

t.test('one who leaves does not take the others along; the last one ends the work', async (t) => {
  const flights = createSingleFlight<number>()
  const { runs, work } = started()
  const [first, second] = [new AbortController(), new AbortController()]
  const one = flights.run('a', work, first.signal)
  const two = flights.run('a', work, second.signal)
  first.abort(new Error('first leaves'))
  await t.rejects(one, { message: 'first leaves' })
  t.equal(runs[0]?.signal.aborted, false)
  second.abort(new Error('second leaves'))
  await t.rejects(two, { message: 'second leaves' })
  t.equal(runs[0]?.signal.aborted, true)
  const three = flights.run('a', work)
  t.equal(runs.length, 2, 'what was aborted is not joined')
  runs[1]?.resolve(3)
  t.equal(await three, 3)
})

t.test('one who has left already starts nothing', async (t) => {
  const flights = createSingleFlight<number>()
  const { runs, work } = started()
  await t.rejects(flights.run('a', work, AbortSignal.abort(new Error('gone'))), { message: 'gone' })
  t.equal(runs.length, 0)
})

t.test('what is forgotten goes on for those who wait', async (t) => {
  const flights = createSingleFlight<number>()
  const { runs, work } = started()
  const old = flights.run('a', work)
  flights.forget('a')
  const young = flights.run('a', work)
  const joined = flights.run('a', work)
  t.equal(runs.length, 2)
  runs[0]?.resolve(1)
  t.equal(await old, 1)
  const joinedLater = flights.run('a', work)
  t.equal(runs.length, 2, 'the end of the old one leaves the young one in its place')
  runs[1]?.resolve(2)
  t.strictSame(await Promise.all([young, joined, joinedLater]), [2, 2, 2])
})
