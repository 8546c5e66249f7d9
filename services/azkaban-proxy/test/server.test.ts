import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startProcess, startRefused } from './support/process.ts'
import { logIn, post, startSurroundings, untilStatus } from './support/proxy.ts'

t.test(
  'a configuration that cannot be used is refused with the names in it, exit code 2',
  async (t) => {
    const noCertificate = join(t.testdir(), 'ca.pem')
    writeFileSync(noCertificate, 'not a certificate')
    const url = 'https://azkaban.example:8443'
    const cases: [Record<string, string>, RegExp][] = [
      [{}, /AZKABAN_URL: missing/],
      [
        { AZKABAN_URL: 'https://admin:secret-pw@azkaban.example' },
        /AZKABAN_URL: must not hold a user/
      ],
      [
        { AZKABAN_URL: url, AZKABAN_CA_FILE: noCertificate },
        /AZKABAN_CA_FILE: holds no certificate/
      ],
      [{ AZKABAN_URL: url, AZKABAN_CA_FILE: '/no/such' }, /AZKABAN_CA_FILE: holds no certificate/]
    ]
    await Promise.all(
      cases.map(async ([variables, output]) => {
        const refused = await startRefused(t, variables)
        t.match(refused, { code: 2, output })
        t.notMatch(refused.output, /secret-pw/)
      })
    )
  }
)

t.test('killed in the middle of a restart it starts nothing, then or later', async (t) => {
  const { azkaban } = await startSurroundings(t, { killGraceMs: 1000 })
  const variables = { AZKABAN_URL: azkaban.url }
  const first = await startProcess(t, variables)
  const calls = (url: string) => ({
    post: (call: string, body: unknown) => post(`${url}/azkaban/${call}`, body)
  })
  const sessionId = await logIn(calls(first.url))
  const flow = { project: 'test', flow: 'stubborn' }
  await calls(first.url).post('start', { sessionId, ...flow })
  await untilStatus(azkaban, 1, 'RUNNING')
  const restarting = calls(first.url).post('restart', { sessionId, execId: 1, ...flow })
  restarting.catch(() => {})
  await until('the cancel is there', () =>
    azkaban.requests.some(({ parameters }) => parameters.ajax === 'cancelFlow')
  )
  await first.end('SIGKILL')
  await t.rejects(restarting)

  const second = await startProcess(t, variables)
  t.equal((await fetch(`${second.url}/ready`)).status, 200)
  await untilStatus(azkaban, 1, 'KILLED')
  const again = await calls(second.url).post('restart', { sessionId, execId: 1, ...flow })
  t.match(again, { statusCode: 151, json: { error: /running/ } }, 'the old one is over')
  t.equal(azkaban.executions.length, 1)
  t.match(await calls(second.url).post('start', { sessionId, ...flow }), { statusCode: 200 })
  t.same(await second.end('SIGTERM'), { code: 0, signal: null })
})
