import t from 'tap'
import { readRequestTarget } from '../../src/proxy/request-target.ts'

const REFUSED = [
  '/executor/\u00e6\u0097\u00a5',
  'http://127.0.0.1/executor/running',
  'HTTP://other/executor/running',
  'executor/running',
  '*',
  '',
  '?a',
  '//executor/running',
  '/executor//running',
  '/executor/running//',
  '/executor/../file/del',
  '/executor/..',
  '/..',
  '/.',
  '/./executor/running',
  '/executor/./running',
  '/executor/%2e%2e/file/del',
  '/executor/%2E./file/del',
  '/executor/.%2e/file/del',
  '/executor/%2e/running',
  '/executor/..%2ffile',
  '/executor%2frunning',
  '/executor%2Frunning',
  '/executor%5crunning',
  '/executor\\..\\file',
  '/executor/..\\file',
  '/executor/..;/file/del',
  '/executor/..;a=b/file/del',
  '/executor;a/running',
  '/executor/running%3b',
  '/executor/running%00',
  '/executor/%0d%0aX:y',
  '/executor/%7f',
  '/executor/%zz',
  '/executor/%2',
  '/executor/%',
  '/executor/%u0041',
  '/executor/%ff',
  '/executor/%c0%ae%c0%ae/file',
  '/executor/%e6%97',
  '/executor/%252e%252e/file',
  '/executor/%25',
  '/executor/running#x',
  '/executor/running?a#x',
  '/executor/a"b',
  '/executor/<a>',
  '/executor/{a}',
  '/executor/a^b',
  '/executor/a|b',
  '/executor/a`b'
]

t.test('what two programs could read in two ways is refused', async (t) => {
  for (const text of REFUSED) {
    t.type(readRequestTarget(text), 'object')
    t.hasProp(readRequestTarget(text), 'refused', JSON.stringify(text))
  }
})

const TAKEN: [string, string, string][] = [
  ['/', '/', ''],
  ['/executor/running', '/executor/running', ''],
  ['/executor/running/', '/executor/running/', ''],
  ['/executor/running?', '/executor/running', '?'],
  [
    '/file/del?fileName=c://a/../b%zz;//?#'.replace('#', ''),
    '/file/del',
    '?fileName=c://a/../b%zz;//?'
  ],
  ['/%65xecutor/%72unning', '/executor/running', ''],
  ['/executor/status/application%5f1_1', '/executor/status/application_1_1', ''],
  ['/executor/%7etilde', '/executor/~tilde', ''],
  ['/executor/a%20b', '/executor/a%20b', ''],
  ['/executor/%e6%97%a5', '/executor/%E6%97%A5', ''],
  ['/executor/.hidden/..a/b...', '/executor/.hidden/..a/b...', ''],
  ['/EXECUTOR/running', '/EXECUTOR/running', ''],
  ["/executor/a:b@c!$&'()*+,=", "/executor/a:b@c!$&'()*+,=", '']
]

t.test('the rest is brought into one form, the query stays as it is', async (t) => {
  for (const [text, path, query] of TAKEN) {
    t.strictSame(readRequestTarget(text), { path, query }, JSON.stringify(text))
  }
})

t.test('reading a target again changes nothing', async (t) => {
  for (const [text] of TAKEN) {
    const once = readRequestTarget(text)
    if ('refused' in once) throw new Error('refused')
    t.strictSame(readRequestTarget(once.path + once.query), once)
  }
})

t.test('a very long path takes no long time', async (t) => {
  const startedAt = performance.now()
  readRequestTarget(`/${'%41'.repeat(5000)}`)
  readRequestTarget(`/${'a/'.repeat(8000)}`)
  readRequestTarget(`/${'/.'.repeat(8000)}`)
  t.ok(performance.now() - startedAt < 500)
})
