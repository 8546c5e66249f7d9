import t from 'tap'
import { rmUrlsVariable } from '../src/rm-urls-variable.ts'

t.test('addresses by comma, or what is wrong with them', async (t) => {
  t.strictSame(rmUrlsVariable.parse('http://a:8088, http://b:8088/rm'), [
    'http://a:8088',
    'http://b:8088/rm'
  ])
  const problem = (value: unknown) => rmUrlsVariable.safeParse(value).error?.issues[0]?.message
  t.match(problem(undefined), /missing: the ResourceManager/)
  t.match(problem('http://a:8088,ftp://b'), /address 2 is neither http nor https/)
  t.match(problem('http://user:secret@a:8088'), /must not hold a user or password/)
  t.notMatch(problem('http://user:secret@a:8088'), /secret/)
})
