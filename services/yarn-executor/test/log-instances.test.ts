import { once } from 'node:events'
import { appendFile } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { JobDiagnosis } from '@scheduler-task/contracts/executor-v2-diagnosis'
import { freePort } from '@scheduler-task/test-support/free-port'
import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startSharedWorld } from './support/instances.ts'
import { followLog, logOf } from './support/log-calls.ts'

const STUCK =
  '26/11/23 03:10:02 WARN YarnScheduler: Initial job has not accepted any resources; check your cluster UI'

const postgres = await startPostgres(t)

t.test('a log is read through any instance while the one that has it is there', async (t) => {
  const world = await startSharedWorld(t, postgres)
  const PORT = String(await freePort())
  const own = { PORT, INSTANCE_URL: `http://127.0.0.1:${PORT}` }
  const keeper = await world.start('a', own)
  const other = await world.start('b')
  const { id } = (await keeper.v2.submit('kept-by-a')).body
  await keeper.v2.inState(id, 'RUNNING')
  const directory = join(String(world.variables.DATA_DIR), 'a', 'attempts', `${id}-1`)
  await appendFile(join(directory, 'stdout'), 'a word for all\n')

  const lines = followLog(t, other.url, id)
  await until('it comes through the other one', () => lines.texts().includes('a word for all'))
  const part = await logOf(other.url, id, 'tail=5000')
  t.ok(part.items.some(({ text }) => text === 'a word for all'))
  const call = (query: string, headers: Record<string, string> = {}) =>
    fetch(`${other.url}/executor/v2/jobs/${id}/log?${query}`, { headers })
  const text = await call('source=launcher/stdout&size=1048576', { accept: 'text/plain' })
  t.match(text.headers.get('content-type'), /^text\/plain/)
  t.match(await text.text(), /a word for all\n/)
  t.equal((await call('from=99999999')).status, 416, 'its refusals come through, too')

  const relayed = await call('', { 'x-log-relayed': '1' })
  t.equal(relayed.status, 503, 'nobody is asked a second time')

  await t.test('a call with a whole URL goes to that instance all the same', async (t) => {
    const asked: string[] = []
    const stranger = createServer((request, response) => {
      asked.push(String(request.url))
      response.end('{}')
    })
    await once(stranger.listen(0, '127.0.0.1'), 'listening')
    t.teardown(() => stranger.close())
    const { port } = stranger.address() as AddressInfo
    const { hostname, port: ownPort } = new URL(other.url)
    const path = `http://127.0.0.1:${port}/executor/v2/jobs/${id}/log`
    const [response] = await once(get({ hostname, port: ownPort, path }), 'response')
    response.resume()
    t.equal(response.statusCode, 200)
    t.strictSame(asked, [], 'the caller does not choose whom this service asks')
  })

  const diagnosisOf = async (headers: Record<string, string> = {}) => {
    const answer = await fetch(`${other.url}/executor/v2/jobs/${id}/diagnosis`, { headers })
    const body = (await answer.json()) as JobDiagnosis
    return { status: answer.status, body }
  }
  await appendFile(join(directory, 'stderr'), `${STUCK}\n`)
  const told = await until('the other one knows what the log says', async () => {
    const { body } = await diagnosisOf()
    return body.causes.length > 0 && body
  })
  t.match(told, { causes: [{ code: 'NO_EXECUTORS', evidence: [{ text: STUCK }] }], unread: null })
  t.equal((await diagnosisOf({ 'x-log-relayed': '1' })).status, 503, 'nobody is asked again')

  await keeper.kill()
  await until('the stream ends', () => lines.closed())
  t.notOk(lines.ended(), 'without an end of the log')
  const gone = await call('')
  t.equal(gone.status, 503)
  t.ok(Number(gone.headers.get('retry-after')) > 0)
  t.match(await gone.json(), { code: 'YARN_EXECUTOR_LOG_UNREACHABLE', hostId: 'host-a' })

  t.match(await diagnosisOf(), {
    status: 200,
    body: { causes: [], summary: /Its log is on host host-a, and was not read\.$/ }
  })

  await world.start('a', own)
  const again = followLog(t, other.url, id, { lastEventId: lines.lastId() })
  await appendFile(join(directory, 'stdout'), 'another word\n')
  await until('it goes on', () => again.texts().includes('another word'))
  t.notOk(again.texts().includes('a word for all'))
})
