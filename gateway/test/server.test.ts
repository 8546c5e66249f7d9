import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { startRefused } from '@scheduler-task/test-support/server-process'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { request } from 'undici'
import { folder, spawnGateway } from './support/gateway-process.ts'
import { connectRaw } from './support/raw-connection.ts'
import { startUpstream } from './support/upstream-server.ts'

async function logIn(url: string, password: string): Promise<string | undefined> {
  const response = await request(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password })
  })
  const { data } = (await response.body.json()) as { data: { token?: string } }
  return data.token
}

async function me(url: string, token: string | undefined): Promise<number> {
  const response = await request(`${url}/auth/me`, { headers: { token: token ?? '' } })
  await response.body.dump()
  return response.statusCode
}

t.test(
  'without any variable: a generated password is told, sessions survive kill -9',
  async (t) => {
    const DATA_DIR = lastingDirectory(t)
    const first = await spawnGateway(t, { DATA_DIR })
    await until(() => first.errors().includes('password'))
    const password = /password (\S+)/.exec(first.errors())?.[1] ?? ''
    t.equal((await readFile(join(DATA_DIR, 'admin-password'), 'utf8')).trim(), password)
    t.notOk(first.log().includes(password), 'not in the log')
    const token = await logIn(first.url, password)
    const ended = await logIn(first.url, password)
    t.equal(await me(first.url, token), 200)
    await request(`${first.url}/auth/logout`, { method: 'POST', headers: { token: ended ?? '' } })
    await first.end('SIGKILL')

    const second = await spawnGateway(t, { DATA_DIR })
    t.equal(await me(second.url, token), 200)
    t.equal(await me(second.url, ended), 401, 'what was ended stays ended')
    await until(() => second.errors().includes(password))
    await second.end('SIGKILL')

    const third = await spawnGateway(t, { DATA_DIR, ADMIN_PASSWORD: 'changed' })
    t.equal(await logIn(third.url, password), undefined)
    t.ok(await logIn(third.url, 'changed'))
    t.notOk(third.errors().includes('password'))
  }
)

t.test('SIGTERM: what is under way is finished, then it ends with 0', async (t) => {
  let release = () => {}
  const upstream = await startUpstream(t, (_request, response) => {
    response.write('half, ')
    release = () => response.end('whole')
  })
  const gateway = await spawnGateway(t, {
    DATA_DIR: lastingDirectory(t),
    AUTH_MODE: 'off',
    EXECUTOR_URL: upstream.url
  })
  const port = Number(new URL(gateway.url).port)
  const connection = await connectRaw(t, port)
  connection.send('GET /executor/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  await until(() => connection.rest().includes('half'))
  const ended = gateway.end('SIGTERM')
  await until(async () => !(await canConnect(port)))
  release()
  t.equal((await connection.answer()).body, 'half, whole')
  t.equal(await ended, 0)
})

t.test('SIGTERM: what does not end is cut off after SHUTDOWN_TIMEOUT_MS', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.write('never whole')
  })
  const gateway = await spawnGateway(t, {
    DATA_DIR: lastingDirectory(t),
    AUTH_MODE: 'off',
    EXECUTOR_URL: upstream.url,
    SHUTDOWN_TIMEOUT_MS: '300'
  })
  const connection = await connectRaw(t, Number(new URL(gateway.url).port))
  connection.send('GET /executor/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  await until(() => connection.rest().includes('never'))
  t.equal(await gateway.end('SIGTERM'), 0)
  await connection.closed
})

t.test('a wrong value is refused at the start, by name', async (t) => {
  const wrong = { DATA_DIR: t.testdirName, EXECUTOR_URL: 'ftp://a' }
  t.match(await startRefused(t, { folder, variables: wrong }), {
    code: 2,
    output: /gateway: .*EXECUTOR_URL: must be http:\/\/host:port/s
  })
})

async function canConnect(port: number): Promise<boolean> {
  try {
    const response = await request(`http://127.0.0.1:${port}/live`)
    await response.body.dump()
    return true
  } catch {
    return false
  }
}
