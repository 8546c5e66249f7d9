import t from 'tap'
import { comesFromForeignPage, hostName, isLoopbackHost, provesSameSite } from '../src/same-site.ts'

t.test('only names of this machine count as loopback', async (t) => {
  for (const host of [
    'localhost',
    'LOCALHOST:8080',
    '127.0.0.1',
    '127.0.0.1:8080',
    '127.1.2.3:1',
    '[::1]',
    '[::1]:8080',
    'jobs.localhost:80'
  ]) {
    t.equal(isLoopbackHost(host), true, host)
  }
  for (const host of [
    undefined,
    '',
    ':8080',
    'example.org',
    'localhost.example.org',
    '127.0.0.1.example.org',
    '10.0.0.1',
    '0.0.0.0',
    '[::]',
    'xlocalhost',
    '127.0.0.1@evil.example'
  ]) {
    t.equal(isLoopbackHost(host), false, String(host))
  }
  t.equal(hostName('Example.ORG:80'), 'example.org')
})

t.test('what a page of another site cannot send', async (t) => {
  t.equal(provesSameSite({ 'sec-fetch-site': 'same-origin' }), true)
  t.equal(provesSameSite({ 'x-requested-with': '' }), true)
  for (const headers of [{}, { 'sec-fetch-site': 'same-site' }, { 'sec-fetch-site': 'none' }]) {
    t.equal(provesSameSite(headers), false)
  }
})

t.test('a foreign page is known by what the browser says', async (t) => {
  const host = '127.0.0.1:8080'
  for (const [headers, expected] of [
    [{ host }, false],
    [{ host, origin: 'http://127.0.0.1:8080' }, false],
    [{ host: 'LocalHost:1', origin: 'http://localhost:1' }, false],
    [{ host, 'sec-fetch-site': 'same-origin' }, false],
    [{ host, 'sec-fetch-site': 'none' }, true],
    [{ host, 'sec-fetch-site': 'cross-site' }, true],
    [{ host, origin: 'http://127.0.0.1:8081' }, true],
    [{ host, origin: 'http://evil.example' }, true],
    [{ host, origin: 'ftp://127.0.0.1:8080' }, true],
    [{ host, origin: 'null' }, true],
    [{ origin: 'http://127.0.0.1:8080' }, true]
  ] as const) {
    t.equal(comesFromForeignPage(headers), expected, JSON.stringify(headers))
  }
})
