import t from 'tap'
import { createTokenCache } from '../src/token-cache.ts'

t.test('what was put in is found under the same text alone', async (t) => {
  const cache = createTokenCache<number>()
  cache.set('head.body.signature', 1)
  t.equal(cache.get('head.body.signature'), 1)
  for (const other of [
    'head.body.signaturE',
    'head.bodY.signature',
    'head.body',
    '',
    'signature'
  ]) {
    t.equal(cache.get(other), undefined, other)
  }
  cache.delete('head.body.signature')
  t.equal(cache.get('head.body.signature'), undefined)
})

t.test('however many are put in, no more than the most are kept, the used ones', async (t) => {
  const cache = createTokenCache<number>({ mostTokens: 100 })
  cache.set('used', -1)
  for (let at = 0; at < 10_000; at += 1) {
    cache.set(`token-${at}`, at)
    if (at % 10 === 0) t.equal(cache.get('used'), -1)
  }
  const kept = Array.from({ length: 10_000 }, (_, at) => at).filter(
    (at) => cache.get(`token-${at}`) !== undefined
  )
  t.ok(kept.length <= 100, `${kept.length}`)
  t.ok(kept.length >= 49, 'the last ones are there')
  t.equal(cache.get('token-9999'), 9999)
})

t.test('one that was asked for from the older generation is deleted as well', async (t) => {
  const cache = createTokenCache<number>({ mostTokens: 4 })
  for (const token of ['a', 'b', 'c']) cache.set(token, 1)
  t.equal(cache.get('a'), 1)
  cache.delete('a')
  cache.delete('b')
  t.equal(cache.get('a'), undefined)
  t.equal(cache.get('b'), undefined)
  cache.set('c', 2)
  t.equal(cache.get('c'), 2, 'what was put in last counts')
})

t.test('a text that is too long is not kept', async (t) => {
  const cache = createTokenCache<number>({ mostCharacters: 10 })
  cache.set('x'.repeat(10), 1)
  cache.set('x'.repeat(11), 2)
  t.equal(cache.get('x'.repeat(10)), 1)
  t.equal(cache.get('x'.repeat(11)), undefined)
})
