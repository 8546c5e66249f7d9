import { once } from 'node:events'
import { createServer } from 'node:net'
import { isRunning } from '@scheduler-task/test-support/child-processes'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { startRefused } from '@scheduler-task/test-support/server-process'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { Agent } from 'undici'
import { SECRET } from '../support/gateway.ts'
import { folder } from '../support/gateway-process.ts'
import { connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'
import { sharing, startWorkers, status, token } from '../support/workers.ts'

const BODY = 'x'.repeat(100_000)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} under load: every answer that has begun is whole`, async (t) => {
    const upstream = await startUpstream(t, (incoming, response) => {
      incoming.resume()
      response.write(BODY)
      setTimeout(() => response.end(BODY), Math.random() * 50)
    })
    const gateway = await startWorkers(t, sharing(t, { EXECUTOR_URL: upstream.url }))
    const workers = gateway.workers()
    const load = await startUntilRefused(t, gateway.url)
    await until(() => load.answered() > 50)
    t.equal(await gateway.end(signal), 0)
    await load.ended
    t.strictSame(load.broken(), [], `none of ${load.answered()} broke off`)
    t.notOk(workers.some(isRunning), 'no process is left')
    const again = createServer().listen(Number(new URL(gateway.url).port), '127.0.0.1')
    await once(again, 'listening')
    again.close()
    t.pass('the port is free')
  })
}

t.test('a signal to the whole group, as systemd and terminals send it: the same', async (t) => {
  const { url } = await startUpstream(t, (_request, response) => {
    response.write('half, ')
    setTimeout(() => response.end('whole'), 500)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const gateway = await startWorkers(t, sharing(t, { EXECUTOR_URL: url }))
    const connection = await connectRaw(t, Number(new URL(gateway.url).port))
    connection.send(`GET /executor/x HTTP/1.1\r\nHost: 127.0.0.1\r\ntoken: ${token}\r\n\r\n`)
    await until(() => connection.rest().includes('half'))
    for (const pid of gateway.workers()) process.kill(pid, signal)
    const ended = gateway.end(signal)
    t.equal((await connection.answer()).body, 'half, whole', signal)
    t.equal(await ended, 0, signal)
  }
})

t.test('a second signal ends it at once', async (t) => {
  const { url } = await startUpstream(t, (_request, response) => {
    response.write('never whole')
  })
  const gateway = await startWorkers(
    t,
    sharing(t, { EXECUTOR_URL: url, SHUTDOWN_TIMEOUT_MS: '600000' })
  )
  const workers = gateway.workers()
  const connection = await connectRaw(t, Number(new URL(gateway.url).port))
  connection.send(`GET /executor/x HTTP/1.1\r\nHost: 127.0.0.1\r\ntoken: ${token}\r\n\r\n`)
  await until(() => connection.rest().includes('never'))
  gateway.child.kill('SIGTERM')
  await until(async () => (await status(gateway.url)) === undefined)
  t.equal(await gateway.end('SIGINT'), 1)
  await until(() => !workers.some(isRunning))
  await connection.closed
})

t.test('what cannot be used is told once', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  const DATA_DIR = lastingDirectory(t)
  const redis = { REDIS_URL: 'redis://127.0.0.1:1', JWT_SECRET: SECRET }
  const cases: [Record<string, string>, RegExp][] = [
    [{ WORKERS: '0' }, /WORKERS: must be a whole number from 1 to 64/],
    [{ WORKERS: '2', AUTH_MODE: 'jwt' }, /WORKERS: .*JWT_SECRET/],
    [{ WORKERS: '2', ...redis, EXECUTOR_URL: 'ftp://a' }, /EXECUTOR_URL: must be http/],
    [{ WORKERS: '2', ...redis, PORT: String(port) }, /PORT: \d+ at 127.0.0.1 is in use/],
    [
      { WORKERS: '2', ...redis, HOST: 'no-such-host.invalid' },
      /HOST: no-such-host.invalid is no address/
    ],
    [
      { WORKERS: '2', ...redis, LISTEN_SOCKET: '/nowhere/at.sock' },
      /LISTEN_SOCKET: \/nowhere\/at.sock/
    ],
    [{ WORKERS: '2', ...redis, DATA_DIR: '/dev/null/nowhere' }, /DATA_DIR: cannot be used/]
  ]
  for (const [more, expected] of cases) {
    const { code, output } = await startRefused(t, {
      folder,
      variables: { DATA_DIR, ADMIN_PASSWORD: 'admin', ...more }
    })
    t.match({ code, output }, { code: 2, output: expected }, JSON.stringify(more))
    t.equal(output.split('is not usable').length, 2, 'once')
  }
})

/** Sixteen clients until the gateway takes no more connections; what breaks off in an answer is kept. */
async function startUntilRefused(t: Test, origin: string) {
  const broken: string[] = []
  let answered = 0
  const runs = Array.from({ length: 16 }, async () => {
    const agent = new Agent({ connections: 1 })
    t.teardown(() => agent.destroy())
    for (;;) {
      const options = { origin, path: '/executor/x', method: 'GET', headers: { token } } as const
      const response = await agent.request(options).catch(() => undefined)
      // Not answered at all.
      if (!response) return
      const text = await response.body.text().catch((error: Error) => String(error))
      if (text === BODY + BODY) answered += 1
      else broken.push(text.slice(0, 200))
    }
  })
  return { answered: () => answered, broken: () => broken, ended: Promise.all(runs) }
}
