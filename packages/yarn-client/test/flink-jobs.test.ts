import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createFlinkJobs } from '../src/flink-jobs.ts'

const ID = 'application_1795346064118_0033'

async function serve(t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function ask(t: Test, urls: string[], timeoutMs = 5000) {
  const jobs = createFlinkJobs({ urls, user: 'alice', timeoutMs })
  t.teardown(jobs.close)
  return jobs
}

t.test('the states of a cluster’s jobs, through the proxy of whoever leads to it', async (t) => {
  const asked: (string | undefined)[] = []
  const standby = await serve(t, (_, response) => response.writeHead(307).end('standby'))
  const active = await serve(t, (request, response) => {
    asked.push(request.url)
    const jobs = [{ jid: 'f2b7', name: 'waterdrop', state: 'FINISHED' }]
    response.end(JSON.stringify({ jobs }))
  })
  t.strictSame(await ask(t, [standby, active]).statesOf(ID), ['FINISHED'])
  t.strictSame(asked, [`/proxy/${ID}/jobs/overview?user.name=alice`])
})

t.test('what tells nothing is no answer', async (t) => {
  for (const text of ['<html>', '{}', '{"jobs":[{}]}', '{"jobs":1}', 'x'.repeat(300_000)]) {
    const url = await serve(t, (_, response) => response.end(text))
    t.equal(await ask(t, [url]).statesOf(ID), undefined, text.slice(0, 20))
  }
  const silent = await serve(t, () => {})
  t.equal(await ask(t, [silent], 50).statesOf(ID), undefined, 'silence')
  t.equal(await ask(t, ['http://127.0.0.1:1']).statesOf(ID), undefined, 'nobody')
})

t.test('a caller may leave, and no other path is asked for', async (t) => {
  const silent = await serve(t, () => {})
  const jobs = ask(t, [silent])
  await t.rejects(jobs.statesOf(ID, AbortSignal.abort(new Error('left'))), { message: 'left' })
  await t.rejects(jobs.statesOf('../../etc'), TypeError)
})
