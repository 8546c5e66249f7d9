import t from 'tap'
import { createTurns } from '../../src/domain/turns.ts'

t.test('work on one execution is done one after the other, on others at once', async (t) => {
  const turns = createTurns()
  const seen: string[] = []
  const gates = new Map<string, () => void>()
  const work = (name: string) => async () => {
    seen.push(`${name} begins`)
    await new Promise<void>((resolve) => gates.set(name, resolve))
    seen.push(`${name} ends`)
    return name
  }
  const first = turns.take(1, work('a'))
  const second = turns.take(1, work('b'))
  const other = turns.take(2, work('c'))
  await new Promise(setImmediate)
  t.same(seen, ['a begins', 'c begins'])
  gates.get('a')?.()
  t.equal(await first, 'a')
  await new Promise(setImmediate)
  t.same(seen, ['a begins', 'c begins', 'a ends', 'b begins'])
  gates.get('b')?.()
  gates.get('c')?.()
  t.same(await Promise.all([second, other]), ['b', 'c'])
})

t.test('work that fails lets the next begin', async (t) => {
  const turns = createTurns()
  const failing = turns.take(1, async () => {
    throw new Error('no')
  })
  const next = turns.take(1, async () => 'done')
  await t.rejects(failing, { message: 'no' })
  t.equal(await next, 'done')
})
