import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { startAzkaban } from '../../src/azkaban/azkaban.ts'
import { azkabanFor, sessionOf } from './support/azkaban.ts'

const plain = 'GET /executor?ajax=fetchexecflow HTTP/1.1\r\nHost: a\r\n\r\n'

/** A connection, and all that has come over it. */
async function open(t: Test, url: string): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  let text = ''
  socket.on('data', (data) => {
    text += data.toString()
  })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return { socket, text: () => text }
}

t.test('every open connection takes a thread, idle ones too; the next waits for one', async (t) => {
  const azkaban = await azkabanFor(t, { threads: 4 })
  const idle = await open(t, azkaban.url)
  const used = [await open(t, azkaban.url), await open(t, azkaban.url)]
  for (const { socket } of used) socket.write(plain)
  for (const one of used) await until('it is answered', () => one.text().includes('session'))
  const waiting = await open(t, azkaban.url)
  const gone = await open(t, azkaban.url)
  const last = await open(t, azkaban.url)
  for (const { socket } of [waiting, gone, last]) socket.write(plain)
  used[0]?.socket.write(plain)
  await until('a thread answers its connection', () => {
    return (used[0]?.text().match(/HTTP\/1\.1/g) ?? []).length === 2
  })
  t.equal(waiting.text(), '')
  gone.socket.destroy()
  idle.socket.destroy()
  await until('the first of the queue gets the thread', () => waiting.text().includes('session'))
  t.equal(last.text(), '')
  waiting.socket.destroy()
  await until('then the one behind it', () => last.text().includes('session'))
})

t.test('close ends connections that wait for a thread', async (t) => {
  const azkaban = await startAzkaban({ threads: 2 })
  await open(t, azkaban.url)
  const waiting = await open(t, azkaban.url)
  const closed = once(waiting.socket, 'close')
  await azkaban.close()
  await closed
  t.pass()
})

t.test('https with the given key', async (t) => {
  const folder = join(import.meta.dirname, '../fixtures/azkaban-tls')
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const tls = { key: read('key.pem'), cert: read('cert.pem') }
  const azkaban = await azkabanFor(t, { tls })
  t.match(azkaban.url, /^https:\/\/127\.0\.0\.1:\d+$/)
  const sent = request(`${azkaban.url}/?action=login`, { ca: tls.cert, agent: false })
  sent.end()
  const [response] = await once(sent, 'response')
  t.equal(response.statusCode, 200)
  response.resume()
  const distrusting = request(azkaban.url, { agent: false })
  distrusting.end()
  const [error] = await once(distrusting, 'error')
  t.match(error, { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
})

t.test('a restart takes the sessions, not the runs, and keeps the port', async (t) => {
  const azkaban = await azkabanFor(t, { dispatchDelayMs: 0, version: '3.0.0', refreshMs: 10 })
  const session = await sessionOf(azkaban)
  const execid = await session.start('stubborn')
  const { url } = azkaban
  await azkaban.restart()
  t.equal(azkaban.url, url)
  t.match(await session.call('fetchexecflow', { execid }), { action: 'login', status: 'error' })
  const again = await sessionOf(azkaban)
  await until('it runs', async () => (await again.status(execid)) === 'RUNNING')
  azkaban.forgetSessions()
  t.match(await again.call('fetchexecflow', { execid }), { action: 'login' })
})

t.test('a session lives while it is used, and dies when it is not', async (t) => {
  const azkaban = await azkabanFor(t, { sessionTtlMs: 300 })
  const session = await sessionOf(azkaban)
  const started = Date.now()
  const alive = async () =>
    !('action' in (await session.call('getRunning', { project: 'test', flow: 'test' })))
  while (Date.now() - started < 500) t.ok(await alive())
  await until('it has expired', async () => {
    await new Promise((resolve) => setTimeout(resolve, 320))
    return !(await alive())
  })
})

t.test('a form beyond 10 MiB is refused with Jetty’s words', async (t) => {
  const azkaban = await azkabanFor(t)
  const response = await fetch(`${azkaban.url}/executor`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'a'.repeat(10 * 1024 * 1024 + 1)
  })
  t.equal(response.status, 500)
  t.equal(response.statusText, 'Form too large10485761>10485760')
  await response.arrayBuffer()
})
