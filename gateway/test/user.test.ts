import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { openUsers } from '../src/adapters/user-file.ts'
import { folder, spawnGateway } from './support/gateway-process.ts'

/** `npm run user -- …` with this standard input. */
async function user(dataDir: string, parameters: string[], input = '') {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@scheduler-task/source', 'src/user.ts', ...parameters],
    { cwd: folder, env: { PATH: process.env.PATH, DATA_DIR: dataDir } }
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  child.stdin.on('error', () => {}).end(input)
  const [code] = await once(child, 'close')
  return { code: Number(code), output }
}

async function logIn(url: string, username: string, password: string) {
  const response = await request(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password })
  })
  const { data } = (await response.body.json()) as { data: { token: string } }
  return { status: response.statusCode, token: data.token }
}

async function me(url: string, token: string) {
  const { statusCode, body } = await request(`${url}/auth/me`, { headers: { token } })
  return { status: statusCode, text: await body.text() }
}

async function startWorld(t: Test) {
  const dataDir = t.testdir()
  const gateway = await spawnGateway(t, { DATA_DIR: dataDir, ADMIN_PASSWORD: 'admin', PORT: '0' })
  return { dataDir, url: gateway.url }
}

t.test('users come and go while the gateway runs, and their sessions with them', async (t) => {
  const { dataDir, url } = await startWorld(t)
  const added = await user(dataDir, ['add', 'lisi', '--role', 'viewer'], 'a password\n')
  t.strictSame(added, { code: 0, output: 'lisi added as viewer\n' })
  const { status, token } = await logIn(url, 'lisi', 'a password')
  t.equal(status, 200)
  t.match((await me(url, token)).text, '"roles":["viewer"]')
  const admin = await logIn(url, 'admin', 'admin')

  const startedAt = performance.now()
  t.equal((await user(dataDir, ['passwd', 'lisi'], '另一个密码更长\nignored')).code, 2, 'too short')
  t.equal((await user(dataDir, ['passwd', 'lisi'], '另一个更长的密码\nignored')).code, 0)
  await until(async () => (await me(url, token)).status === 401)
  t.comment(`${Math.round(performance.now() - startedAt)} ms`)
  t.equal((await logIn(url, 'lisi', 'a password')).status, 401)
  const again = await logIn(url, 'lisi', '另一个更长的密码')
  t.equal(again.status, 200)
  t.equal((await me(url, again.token)).status, 200)

  t.strictSame(await user(dataDir, ['list']), { code: 0, output: 'admin\tadmin\nlisi\tviewer\n' })
  t.equal((await user(dataDir, ['remove', 'lisi'])).code, 0)
  await until(async () => (await me(url, again.token)).status === 401)
  t.equal((await logIn(url, 'lisi', '另一个更长的密码')).status, 401)
  t.equal((await me(url, admin.token)).status, 200, 'others stay')

  const path = join(dataDir, 'users.json')
  t.equal((await stat(path)).mode & 0o777, 0o600)
  t.notMatch(await readFile(path, 'utf8'), 'password\n')
})

t.test('what cannot be done is said, and changes nothing', async (t) => {
  const dataDir = t.testdir()
  await openUsers(dataDir, 'admin')
  const before = await readFile(join(dataDir, 'users.json'), 'utf8')
  for (const [parameters, reason] of [
    [['add', 'admin'], /already/],
    [['add', 'lisi', 'the password'], /never given as an argument/],
    [['add', 'lisi', '--password', 'x'], /Unknown option/],
    [['add', 'lisi'], /no password/],
    [['rename', 'admin'], /no command rename/],
    [[], /npm run user/]
  ] as const) {
    const { code, output } = await user(dataDir, [...parameters])
    t.equal(code, 2, parameters.join(' '))
    t.match(output, reason)
  }
  t.equal(await readFile(join(dataDir, 'users.json'), 'utf8'), before)
})

t.test('the folder is where a gateway keeps its users, or where it was told', async (t) => {
  const dataDir = t.testdir({ empty: {} })
  t.match(await user(join(dataDir, 'empty'), ['list']), { code: 2, output: /no users\.json/ })
  await openUsers(join(dataDir, 'gateway'), 'admin')
  t.match(await user(dataDir, ['list']), { code: 0, output: 'admin' })
  const given = ['--data-dir', join(dataDir, 'new')]
  t.equal((await user(dataDir, ['add', 'lisi', ...given], 'a password')).code, 0)
  t.strictSame(await user(dataDir, ['list', ...given]), { code: 0, output: 'lisi\toperator\n' })
})
