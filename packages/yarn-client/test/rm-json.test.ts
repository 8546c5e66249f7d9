import t from 'tap'
import { member, parseRmJson, toArray } from '../src/rm-json.ts'

t.test('bare NaN and INF are null, also several and in arrays', (t) => {
  const table: [string, unknown][] = [
    ['{"a":NaN}', { a: null }],
    ['{"a":INF,"b":-INF}', { a: null, b: null }],
    ['{"a": Infinity ,"b":-Infinity}', { a: null, b: null }],
    ['[NaN,1,NaN]', [null, 1, null]],
    ['NaN', null],
    ['{"a":"it says :NaN, and \\"INF","b":NaN}', { a: 'it says :NaN, and "INF', b: null }],
    ['{"a":"NaN","b":NaN}', { a: 'NaN', b: null }],
    ['{"a\\\\":NaN,"b":"\\\\","c":NaN}', { 'a\\': null, b: '\\', c: null }],
    ['{"NaN":NaN}', { NaN: null }]
  ]
  for (const [text, value] of table) t.strictSame(parseRmJson(text), value, text)
  t.end()
})

t.test('of duplicate keys the last one counts', (t) => {
  const text =
    '{"m":{"entry":{"key":"memory-mb","value":"5"},"entry":{"key":"vcores","value":"7"}}}'
  t.strictSame(parseRmJson(text), { m: { entry: { key: 'vcores', value: '7' } } })
  t.end()
})

t.test('what is not JSON is refused', (t) => {
  const bad = [
    '',
    '<html>',
    '{"a":1',
    '{"a":NaN',
    'This is standby RM',
    '{"a":nan}',
    '{a:1}',
    '{"a":"NaN',
    'xNaN'
  ]
  for (const text of bad) t.throws(() => parseRmJson(text), SyntaxError, text)
  t.end()
})

t.test('much of it takes little time', (t) => {
  const tables = [
    `[${'NaN,'.repeat(1_000_000)}1]`,
    `{"a":"${'\\\\'.repeat(2_000_000)}","b":NaN}`,
    `{"a":"${'\\"'.repeat(1_000_000)}NaN","b":NaN}`,
    `[${'"x:NaN",'.repeat(500_000)}NaN]`
  ]
  for (const text of tables) {
    const began = performance.now()
    parseRmJson(text)
    t.ok(performance.now() - began < 5000, text.slice(0, 20))
  }
  t.end()
})

t.test('a list is written in many ways', (t) => {
  t.strictSame(toArray(null), [])
  t.strictSame(toArray(undefined), [])
  t.strictSame(toArray([1, 2]), [1, 2])
  t.strictSame(toArray({ a: 1 }), [{ a: 1 }])
  t.end()
})

t.test('members are own ones, of objects', (t) => {
  t.equal(member({ a: 1 }, 'a'), 1)
  t.equal(member({}, 'constructor'), undefined)
  t.equal(member(null, 'a'), undefined)
  t.equal(member('text', 'length'), undefined)
  t.end()
})
