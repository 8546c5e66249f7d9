import { loadConfig } from '@scheduler-task/service-base/load-config'
import t from 'tap'
import { environmentWith } from '../src/config.ts'

const OFF = { AUTH_MODE: 'off' }

function configOf(variables: Record<string, string>) {
  return loadConfig(environmentWith(), { ...OFF, ...variables })
}

t.test('an address may have a path and slashes at its end', async (t) => {
  const cases = [
    ['http://azkaban.example:8081', 'http://azkaban.example:8081', ''],
    ['https://azkaban.example/', 'https://azkaban.example', ''],
    ['https://proxy.example/tools/azkaban//', 'https://proxy.example', '/tools/azkaban']
  ] as const
  for (const [url, origin, path] of cases) {
    t.same(configOf({ AZKABAN_URL: url }).AZKABAN_URL, { origin, path })
  }
})

t.test('what is no address is refused, without repeating it', async (t) => {
  for (const url of [
    'azkaban',
    'ftp://a',
    'http://u:pw@a',
    'http://a/?x=1',
    'http://a/#x',
    '//a'
  ]) {
    t.throws(() => configOf({ AZKABAN_URL: url }), { message: /AZKABAN_URL: (is|must)/ })
    t.throws(() => configOf({ AZKABAN_URL: url }), { message: /^[^@]*$/ })
  }
})

t.test('contradictions about certificates name both variables', async (t) => {
  const https = { AZKABAN_URL: 'https://a' }
  const insecure = { AZKABAN_TLS_INSECURE: 'true' }
  const ca = { AZKABAN_CA_FILE: '/a.pem' }
  const both = (a: string, b: string) => ({ message: new RegExp(`${a}: .*${b}`) })
  t.throws(
    () => configOf({ ...https, ...insecure, ...ca }),
    both('AZKABAN_TLS_INSECURE', 'AZKABAN_CA_FILE')
  )
  const http = { AZKABAN_URL: 'http://a' }
  t.throws(() => configOf({ ...http, ...ca }), both('AZKABAN_CA_FILE', 'AZKABAN_URL'))
  t.throws(() => configOf({ ...http, ...insecure }), both('AZKABAN_TLS_INSECURE', 'AZKABAN_URL'))
  t.ok(configOf({ ...https, ...ca }))
  t.ok(configOf({ ...https, ...insecure }))
})

t.test('ResourceManagers by comma, and none', async (t) => {
  t.equal(configOf({ AZKABAN_URL: 'http://a' }).YARN_RM_URL, undefined)
  const urls = 'http://rm1:8088, http://rm2:8088'
  t.same(configOf({ AZKABAN_URL: 'http://a', YARN_RM_URL: urls }).YARN_RM_URL, [
    'http://rm1:8088',
    'http://rm2:8088'
  ])
  t.throws(() => configOf({ AZKABAN_URL: 'http://a', YARN_RM_URL: 'rm' }), {
    message: /YARN_RM_URL/
  })
})
