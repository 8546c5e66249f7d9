import t from 'tap'
import { rmBaseUrls } from '../src/rm-base-urls.ts'

t.test('addresses are taken with and without what follows them', (t) => {
  const rm1 = { origin: 'http://rm1:8088', host: 'rm1:8088', path: '' }
  for (const text of [
    'http://rm1:8088',
    'http://rm1:8088/',
    'http://rm1:8088/ws/v1/cluster',
    'http://rm1:8088/ws/v1/cluster/',
    'HTTP://RM1:8088'
  ]) {
    t.strictSame(rmBaseUrls([text]), [rm1], text)
  }
  t.strictSame(rmBaseUrls(['https://knox:8443/gateway/yarn/']), [
    { origin: 'https://knox:8443', host: 'knox:8443', path: '/gateway/yarn' }
  ])
  t.end()
})

t.test('what is wrong with an address is said without repeating it', (t) => {
  const bad: [string[], RegExp][] = [
    [[], /No ResourceManager address/],
    [['rm1:8088'], /1 is neither http nor https/],
    [['http://rm1:8088', 'ftp://rm2'], /2 is neither http nor https/],
    [['rm1'], /1 is not an address/],
    [[''], /1 is not an address/],
    [['http://user:secret@rm1:8088'], /1 must not hold a user or password/],
    [['http://rm1:8088/?user.name=x'], /1 must not have a query or hash/],
    [['http://rm1:8088/#x'], /1 must not have a query or hash/]
  ]
  for (const [urls, message] of bad) {
    t.throws(() => rmBaseUrls(urls), { name: 'TypeError', message }, String(urls))
  }
  t.end()
})
