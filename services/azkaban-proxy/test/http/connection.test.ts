import { startAzkaban } from '@scheduler-task/sandbox/azkaban/azkaban'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import t from 'tap'
import { selfSigned } from '../support/certificate.ts'
import { logIn, startAll, startProxy } from '../support/proxy.ts'

t.test('https with a CA file, without verification, and neither', async (t) => {
  const { key, cert, certFile } = selfSigned(lastingDirectory(t))
  const azkaban = await startAzkaban({ tls: { key, cert } })
  t.teardown(() => azkaban.close())
  t.match(azkaban.url, /^https:/)
  const withCa = await startProxy(t, { AZKABAN_URL: azkaban.url, AZKABAN_CA_FILE: certFile })
  t.ok(await logIn(withCa))
  t.notMatch(withCa.logged(), /not checked/)
  const insecure = await startProxy(t, { AZKABAN_URL: azkaban.url, AZKABAN_TLS_INSECURE: 'true' })
  t.ok(await logIn(insecure))
  t.match(insecure.logged(), /"level":40.*AZKABAN_TLS_INSECURE.*not checked/, 'said loudly')
  const strict = await startProxy(t, { AZKABAN_URL: azkaban.url })
  const refused = await strict.post('login', { username: 'admin', password: 'admin' })
  t.match(refused, {
    statusCode: 154,
    json: { error: /certificate is not accepted.*AZKABAN_CA_FILE/ }
  })
  const start = { sessionId: 's', project: 'test', flow: 'test' }
  t.equal((await strict.post('start', start)).json.mayHaveStarted, undefined, 'nothing was sent')
})

t.test('http spoken to https, and the other way, is told', async (t) => {
  const { key, cert } = selfSigned(lastingDirectory(t))
  const azkaban = await startAzkaban({ tls: { key, cert } })
  t.teardown(() => azkaban.close())
  const plain = await startProxy(t, { AZKABAN_URL: azkaban.url.replace('https', 'http') })
  const login = { username: 'admin', password: 'admin' }
  t.match(await plain.post('login', login), { statusCode: 154, json: { code: /^AZKABAN_PROXY_/ } })
  const { azkaban: http } = await startAll(t)
  const secure = await startProxy(t, { AZKABAN_URL: http.url.replace('http', 'https') })
  t.match(await secure.post('login', login), { statusCode: 154, json: { code: /^AZKABAN_PROXY_/ } })
})

t.test('ready when Azkaban answers, whatever its version, asked once a second', async (t) => {
  for (const version of ['2.5.0', '3.0.0', '3.90.0', 'HEAD'] as const) {
    const { azkaban, url, close } = await startAll(t, { version })
    const before = azkaban.requests.length
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/ready`)))
    t.same(new Set(answers.map(({ status }) => status)), new Set([200]), version)
    t.equal(azkaban.requests.length, before + 1)
    t.same(await answers[0]?.json(), {
      status: 'ready',
      checks: { azkaban: 'ok', 'resource-manager': 'ok' }
    })
    await close()
  }
})

t.test('at most four connections, kept for a few seconds', async (t) => {
  const { azkaban, post, sessionId, start } = await startAll(t, { threads: 6 })
  const execId = await start('hold')
  // One thread accepts: with five the fifth connection would get no answer.
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => post('status', { sessionId, execId }))
  )
  t.same(new Set(answers.map(({ statusCode }) => statusCode)), new Set([200]))
  t.equal((await fetch(`${azkaban.url}/status`)).status, 200, 'others find one of the five')
})
