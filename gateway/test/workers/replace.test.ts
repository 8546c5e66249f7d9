import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { request } from 'undici'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { startLoad } from '../support/load.ts'
import { connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'
import { count, replaceWorkers, sharing, startWorkers, status, token } from '../support/workers.ts'

const CLIENTS = [0, 0, 0, 0, 100, 300, 700, 1200, 2000, 3000].map((longestPauseMs) => ({
  longestPauseMs
}))
const SMALL = '{"small":"answer"}'

/** A service with small answers; `/executor/slow` begins an answer or a body's count and goes on when it is told to. */
async function startService(t: Test) {
  let finish = () => {}
  const { url } = await startUpstream(t, (incoming, response) => {
    if (incoming.method === 'POST') {
      let bytes = 0
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      incoming.on('end', () => response.end(String(bytes)))
    } else if (incoming.url?.startsWith('/executor/slow')) {
      response.write('half, ')
      finish = () => response.end('whole')
    } else if (incoming.url?.startsWith('/executor/v2/events')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    } else {
      incoming.resume()
      response.end(SMALL)
    }
  })
  return { url, finish: () => finish() }
}

async function withLoad(t: Test, gateway: GatewayProcess, path: string, expected: string) {
  const load = startLoad(t, { origin: gateway.url, path, expected }, CLIENTS)
  await until(() => load.answered() > 20)
  for (const round of [1, 2, 3]) {
    const before = gateway.workers()
    await replaceWorkers(gateway)
    const after = gateway.workers()
    t.notOk(
      after.some((pid) => before.includes(pid)),
      `all workers are others, round ${round}`
    )
    const answered = load.answered()
    await until(() => load.answered() > answered + 20)
  }
  await load.stop()
  t.strictSame(load.failures(), [], `of ${load.answered()} requests`)
}

t.test('three SIGHUP under load: not one request fails', async (t) => {
  const service = await startService(t)
  const gateway = await startWorkers(
    t,
    sharing(t, { EXECUTOR_URL: service.url, AUTH_MODE: 'off', LOG_LEVEL: 'info' })
  )
  await withLoad(t, gateway, '/executor/x', SMALL)
  t.equal(await gateway.end('SIGTERM'), 0)
})

t.test('one worker that keeps its sessions itself: not one request fails', async (t) => {
  const gateway = await startWorkers(t, { DATA_DIR: lastingDirectory(t), ADMIN_PASSWORD: 'admin' })
  const login = await request(`${gateway.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"username":"admin","password":"admin"}'
  })
  const { data } = (await login.body.json()) as { data: { token: string } }
  const me = async () => {
    const { statusCode, body } = await request(`${gateway.url}/auth/me`, {
      headers: { token: data.token },
      reset: true
    })
    await body.dump()
    return statusCode
  }
  t.equal(await me(), 200)
  await withLoad(t, gateway, '/ready', '{"status":"ready","checks":{"sessions":"ok"}}')
  t.equal(await me(), 200, 'the session is still there')
})

t.test('what is under way goes on in the old worker', async (t) => {
  const service = await startService(t)
  const gateway = await startWorkers(t, sharing(t, { EXECUTOR_URL: service.url, WORKERS: '1' }))
  const port = Number(new URL(gateway.url).port)
  const [old] = gateway.workers()

  const head = `Host: 127.0.0.1\r\ntoken: ${token}\r\n`
  const download = await connectRaw(t, port)
  download.send(`GET /executor/slow HTTP/1.1\r\n${head}\r\n`)
  await until(() => download.rest().includes('half'))
  let isSent = false
  const upload = request(`${gateway.url}/executor/up`, {
    method: 'POST',
    headers: { token },
    body: Readable.from(pieces(() => isSent)),
    bodyTimeout: 0,
    headersTimeout: 0
  })
  const events = await request(`${gateway.url}/executor/v2/events`, { headers: { token } })
  const eventsEnd = new Promise((resolve) => {
    events.body
      .on('error', () => {})
      .once('close', resolve)
      .resume()
  })

  gateway.child.kill('SIGHUP')
  await until('a new one serves', () => count(gateway, 'a worker is ready') === 2)
  await eventsEnd
  t.pass('the stream of events has ended, whoever watches comes back')
  await until(async () => (await status(`${gateway.url}/executor/x`)) === 200)
  t.ok(gateway.workers().includes(old ?? 0), 'the old one waits for what it carries')
  isSent = true
  const { statusCode, body } = await upload
  t.equal(statusCode, 200)
  t.equal(await body.text(), String(21 * 64 * 1024), 'all of it')
  service.finish()
  t.equal((await download.answer()).body, 'half, whole')
  await until('the old one has ended', () => !gateway.workers().includes(old ?? 0))
  await until('it is told', () => count(gateway, 'all workers are replaced') === 1)
})

t.test('an idle connection is not cut at once: its next request is answered', async (t) => {
  const service = await startService(t)
  const gateway = await startWorkers(t, sharing(t, { EXECUTOR_URL: service.url, WORKERS: '1' }))
  const connection = await connectRaw(t, Number(new URL(gateway.url).port))
  const ask = () => {
    connection.send(`GET /executor/x HTTP/1.1\r\nHost: 127.0.0.1\r\ntoken: ${token}\r\n\r\n`)
    return connection.answer()
  }
  t.equal((await ask()).headers.connection, 'keep-alive')
  gateway.child.kill('SIGHUP')
  await until(() => count(gateway, 'closing') === 1)
  const last = await ask()
  t.match({ status: last.status, connection: last.headers.connection }, { status: 200 })
  t.equal(last.headers.connection, 'close')
  await connection.closed
})

t.test('new workers that do not get ready: the old ones stay', async (t) => {
  const service = await startService(t)
  const variables = sharing(t, { EXECUTOR_URL: service.url })
  const gateway = await startWorkers(t, variables)
  const before = gateway.workers()
  const users = join(variables.DATA_DIR ?? '', 'users.json')
  await writeFile(users, 'broken')
  gateway.child.kill('SIGHUP')
  await until(() => count(gateway, 'the new worker did not get ready') === 1)
  t.strictSame(gateway.workers(), before)
  t.equal(await status(`${gateway.url}/executor/x`), 200)
  await writeFile(users, '{"users":[]}')
  await replaceWorkers(gateway)
  t.equal(await status(`${gateway.url}/executor/x`), 200)
})

t.test('several SIGHUP at once are one more replacement, not several', async (t) => {
  const gateway = await startWorkers(t, sharing(t, { WORKERS: '1' }))
  gateway.child.kill('SIGHUP')
  await until(() => count(gateway, 'replacing the workers') === 1)
  for (let at = 0; at < 5; at += 1) {
    gateway.child.kill('SIGHUP')
    await pause(20)
  }
  await until(() => count(gateway, 'all workers are replaced') === 1)
  t.equal(count(gateway, 'replacing the workers'), 2)
  t.equal(await gateway.end('SIGTERM'), 0)
})

/** A body that has 20 pieces at once, and its last one when it may end. */
async function* pieces(mayEnd: () => boolean) {
  for (let at = 0; at < 20; at += 1) yield Buffer.alloc(64 * 1024)
  while (!mayEnd()) await pause(10)
  yield Buffer.alloc(64 * 1024)
}
