import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRunning } from '@scheduler-task/test-support/child-processes'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'
import { count, replaceWorkers, sharing, startWorkers, status, token } from '../support/workers.ts'

async function startService(t: Test): Promise<{ EXECUTOR_URL: string }> {
  const { url } = await startUpstream(t, (incoming, response) => {
    incoming.resume()
    if (incoming.url?.includes('half')) response.write('half, ')
    if (incoming.url?.includes('half')) setTimeout(() => response.end('whole'), 500)
    else response.end('{}')
  })
  return { EXECUTOR_URL: url }
}

t.test('two workers serve; one is killed: the other goes on, another comes', async (t) => {
  const gateway = await startWorkers(t, sharing(t, await startService(t)))
  const url = `${gateway.url}/executor/x`
  const serving = () =>
    new Set([...gateway.log().matchAll(/"pid":(\d+),.*"msg":"request"/g)].map(([, pid]) => pid))
  await until('both have answered', async () => (await status(url)) && serving().size === 2)
  const [killed = 0, other = 0] = gateway.workers()
  process.kill(killed, 'SIGKILL')
  await until(() => !isRunning(killed))
  for (let at = 0; at < 20; at += 1) t.equal(await status(url), 200)
  await until('two again', () => count(gateway, 'a worker is ready') === 3)
  t.equal(gateway.workers().length, 2)
  t.ok(gateway.workers().includes(other))
  await until('the new one answers, too', async () => (await status(url)) && serving().size === 3)
})

t.test('the only worker is killed: connections wait for the next one', async (t) => {
  const gateway = await startWorkers(t, sharing(t, { ...(await startService(t)), WORKERS: '1' }))
  const [killed = 0] = gateway.workers()
  process.kill(killed, 'SIGKILL')
  await until(() => !isRunning(killed))
  t.equal(await status(`${gateway.url}/executor/x`), 200)
  await until('it is told', () => count(gateway, 'a worker is ready') === 2)
})

t.test('a worker that stands still is replaced', async (t) => {
  const gateway = await startWorkers(t, sharing(t, await startService(t)))
  const [frozen = 0] = gateway.workers()
  process.kill(frozen, 'SIGSTOP')
  await until(() => count(gateway, 'a worker gives no sign of life') === 1)
  await until(() => !isRunning(frozen))
  await until(() => count(gateway, 'a worker is ready') === 3)
  t.equal(await status(`${gateway.url}/executor/x`), 200)
  t.equal(await gateway.end('SIGTERM'), 0)
})

t.test('a worker told to end by hand finishes its requests, another comes', async (t) => {
  const gateway = await startWorkers(t, sharing(t, { ...(await startService(t)), WORKERS: '1' }))
  const connection = await connectRaw(t, Number(new URL(gateway.url).port))
  connection.send(`GET /executor/half HTTP/1.1\r\nHost: 127.0.0.1\r\ntoken: ${token}\r\n\r\n`)
  await until(() => connection.rest().includes('half'))
  process.kill(gateway.workers()[0] ?? 0, 'SIGTERM')
  t.equal((await connection.answer()).body, 'half, whole')
  t.equal(await status(`${gateway.url}/executor/x`), 200)
})

t.test('workers that cannot start are tried less and less often', async (t) => {
  const variables = sharing(t, await startService(t))
  const gateway = await startWorkers(t, variables)
  const users = join(variables.DATA_DIR ?? '', 'users.json')
  await writeFile(users, 'broken')
  process.kill(gateway.workers()[0] ?? 0, 'SIGKILL')
  const pauses = () => [...gateway.log().matchAll(/"pauseMs":(\d+)/g)].map(([, ms]) => Number(ms))
  await until(() => pauses().length === 4)
  t.equal(await status(`${gateway.url}/executor/x`), 200, 'the other one serves')
  const [first = 0, ...more] = pauses()
  t.strictSame(
    more,
    [2, 4, 8].map((times) => times * first)
  )
  await writeFile(users, '{"users":[]}')
  await replaceWorkers(gateway)
  t.equal(gateway.workers().length, 2, 'SIGHUP does not wait for the next try')
})

t.test('the primary is killed: the workers finish and end, the port is free', async (t) => {
  const gateway = await startWorkers(t, sharing(t, await startService(t)))
  const workers = gateway.workers()
  t.equal(workers.length, 2)
  const port = Number(new URL(gateway.url).port)
  const connection = await connectRaw(t, port)
  connection.send(`GET /executor/half HTTP/1.1\r\nHost: 127.0.0.1\r\ntoken: ${token}\r\n\r\n`)
  await until(() => connection.rest().includes('half'))
  process.kill(gateway.child.pid ?? 0, 'SIGKILL')
  t.equal((await connection.answer()).body, 'half, whole')
  await until(() => !workers.some(isRunning))
  t.equal(await status(gateway.url), undefined)
  const next = await startWorkers(t, sharing(t, { PORT: String(port) }))
  t.equal(await status(`${next.url}/live`), 200)
})
