import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { createExpiryWatches } from '../src/expiry-watches.ts'

t.test('who watches is told once, after that moment', async (t) => {
  let now = 1000
  const watches = createExpiryWatches(() => now)
  const told: string[] = []
  const untilTold = async (count: number) => {
    const limit = Date.now() + 20_000
    while (told.length < count && Date.now() < limit) await pause(10)
  }
  watches.add(2000, () => told.push('a'))
  watches.add(3000, () => told.push('b'))
  const giveUp = watches.add(2000, () => told.push('given up'))
  giveUp()
  await pause(700)
  t.strictSame(told, [])
  now = 2000
  await untilTold(1)
  t.strictSame(told, ['a'])
  now = 3000
  await untilTold(2)
  t.strictSame(told, ['a', 'b'])
  // Nobody watches for a while, then somebody does again.
  await pause(700)
  watches.add(3000, () => told.push('c'))
  await untilTold(3)
  t.strictSame(told, ['a', 'b', 'c'])
})
