import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { claimsOf, mintToken } from '@scheduler-task/auth/test-support/mint-token'
import { checkTokenAttacks } from '@scheduler-task/auth/test-support/token-attacks'
import { writeSandboxCluster } from '@scheduler-task/sandbox/launchers/sandbox-cluster'
import { startYarn } from '@scheduler-task/sandbox/yarn/yarn'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { freshDirectory } from '../support/fresh-directory.ts'
import { startRefused, startService } from '../support/service-process.ts'

// Each service as its own process, on an edge node: no Redis, no gateway.

const SECRET = 'a-secret-of-this-test-run-only-0123456789'
const EDGE_LIMIT_MB = 100

async function executorVariables(t: Test): Promise<Record<string, string>> {
  const yarn = await startYarn()
  t.teardown(() => yarn.close())
  const dir = freshDirectory(t)
  await mkdir(join(dir, 'files'))
  const cluster = await writeSandboxCluster(join(dir, 'sandbox'), { resourceManagerUrl: yarn.url })
  return {
    ...cluster.environment,
    AUTH_MODE: 'jwt',
    JWT_SECRET: SECRET,
    YARN_RM_URL: yarn.url,
    FILE_ROOT: join(dir, 'files'),
    DATA_DIR: join(dir, 'data')
  }
}

function fileVariables(t: Test): Record<string, string> {
  return { AUTH_MODE: 'jwt', JWT_SECRET: SECRET, FILE_ROOT: freshDirectory(t) }
}

async function get(url: string, headers: Record<string, string> = {}) {
  const response = await request(url, { headers })
  const body = (await response.body.json()) as Record<string, unknown>
  return { status: response.statusCode, body }
}

t.test('the executor needs neither Redis nor gateway, and stays small', async (t) => {
  const began = performance.now()
  const executor = await startService(
    t,
    '@scheduler-task/yarn-executor',
    await executorVariables(t)
  )
  t.comment(`listening after ${Math.round(performance.now() - began)} ms, the stand-in included`)
  const token = mintToken(SECRET, claimsOf('any'))
  t.match(await get(`${executor.url}/executor/running`, { token }), {
    status: 200,
    body: { statusCode: 200, message: '成功!', data: '{}' }
  })
  t.match(await get(`${executor.url}/ready`), { status: 200, body: { status: 'ready' } })
  const residentMb = await memoryAtRest(executor.pid)
  t.comment(`${residentMb} MB at rest, ${memoryOf(executor.pid, 'VmHWM')} MB at most so far`)
  t.ok(residentMb < EDGE_LIMIT_MB, `${residentMb} MB is below ${EDGE_LIMIT_MB} MB`)
  t.match(await executor.stop(), { code: 0, signal: null }, 'ends cleanly on SIGTERM')
})

/** Megabytes, once they have stood still for a second: what was made while it started is being collected. */
async function memoryAtRest(pid: number): Promise<number> {
  let last = 0
  let since = 0
  return await until('its memory stands still', () => {
    const now = memoryOf(pid, 'VmRSS')
    if (now !== last) since = performance.now()
    last = now
    return performance.now() - since > 1000 && now
  })
}

function memoryOf(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]
  return Math.round(Number(kilobytes) / 1024)
}

t.test('each service answers about itself without a token', async (t) => {
  for (const [name, variables] of [
    ['yarn-executor', await executorVariables(t)],
    ['file-service', fileVariables(t)],
    ['gateway', { DATA_DIR: freshDirectory(t), ADMIN_PASSWORD: 'for this test only' }]
  ] as const) {
    const { url } = await startService(t, `@scheduler-task/${name}`, variables)
    t.match(await get(`${url}/live`), { status: 200, body: { status: 'live' } }, name)
    t.match(await get(`${url}/ready`), { status: 200, body: { status: 'ready' } }, name)
    t.match(await get(`${url}/version`), { status: 200, body: { name, version: /^\d+\.\d+\.\d+/ } })
    t.match(await get(`${url}/openapi.json`), { status: 200, body: { openapi: '3.1.0' } }, name)
  }
})

t.test('no service is ready while it cannot look sessions up', async (t) => {
  const sessions = { AUTH_MODE: 'session', JWT_SECRET: SECRET, REDIS_URL: 'redis://127.0.0.1:1' }
  for (const [name, variables] of [
    ['yarn-executor', await executorVariables(t)],
    ['file-service', fileVariables(t)],
    ['azkaban-proxy', { AZKABAN_URL: 'http://127.0.0.1:1' }],
    ['gateway', { DATA_DIR: freshDirectory(t) }]
  ] as const) {
    const { url } = await startService(t, `@scheduler-task/${name}`, { ...variables, ...sessions })
    t.match(
      await get(`${url}/ready`),
      { status: 503, body: { checks: { sessions: 'unavailable' } } },
      name
    )
  }
})

t.test('the token attacks at each service', async (t) => {
  for (const [name, path, variables] of [
    ['yarn-executor', '/executor/running', await executorVariables(t)],
    ['file-service', '/file/download?srcfile=a.txt', fileVariables(t)]
  ] as const) {
    const { url } = await startService(t, `@scheduler-task/${name}`, variables)
    const goodToken = mintToken(SECRET, claimsOf('any'))
    if (name === 'file-service') {
      await request(`${url}/file/create?fileName=a.txt`, { headers: { token: goodToken } })
    }
    const target = { url, path, secret: SECRET, goodToken, looksUpSessions: false }
    await checkTokenAttacks(t, target)
  }
})

t.test('a configuration that cannot be used is refused with the variable’s name', async (t) => {
  const file = fileVariables(t)
  const executor = await executorVariables(t)
  const cases: [string, Record<string, string>, string[]][] = [
    ['file-service', { FILE_ROOT: file.FILE_ROOT ?? '' }, ['AUTH_MODE', 'REDIS_URL', 'JWT_SECRET']],
    ['file-service', { ...file, JWT_SECRET: 'short' }, ['JWT_SECRET', 'ALLOW_WEAK_JWT_SECRET']],
    ['file-service', { ...file, AUTH_MODE: 'none' }, ['AUTH_MODE']],
    ['file-service', { ...file, AUTH_MODE: 'off', HOST: '0.0.0.0' }, ['AUTH_MODE', '0.0.0.0']],
    ['file-service', { ...file, PORT: '70000' }, ['PORT']],
    ['file-service', { ...file, FILE_ROOT: '' }, ['FILE_ROOT']],
    ['file-service', { ...file, MAX_UPLOAD_BYTES: '4GB' }, ['MAX_UPLOAD_BYTES']],
    ['yarn-executor', { ...executor, YARN_RM_URL: '' }, ['YARN_RM_URL']],
    ['yarn-executor', { ...executor, YARN_RM_URL: 'rm:8088' }, ['YARN_RM_URL']],
    ['yarn-executor', { ...executor, WATERDROP_HOME: '/nowhere' }, ['WATERDROP_HOME']],
    ['yarn-executor', { ...executor, SPARK_LAUNCHER: 'livy' }, ['SPARK_LAUNCHER', 'waterdrop-2']],
    ['yarn-executor', { ...executor, START_TIMEOUT_MS: '2m' }, ['START_TIMEOUT_MS']],
    ['yarn-executor', { ...executor, DATA_DIR: '/etc/passwd/data' }, ['DATA_DIR']],
    ['gateway', { DATA_DIR: '/etc/passwd/data' }, ['DATA_DIR']],
    ['gateway', { EXECUTOR_URL: 'executor:8082', DATA_DIR: freshDirectory(t) }, ['EXECUTOR_URL']],
    ['gateway', { AUTH_MODE: 'off', HOST: '0.0.0.0', DATA_DIR: freshDirectory(t) }, ['AUTH_MODE']]
  ]
  for (const [name, variables, says] of cases) {
    const { code, output } = await startRefused(`@scheduler-task/${name}`, variables)
    t.equal(code, 2, `${name} ${says.join()}: ${output.slice(0, 300)}`)
    for (const word of says) t.ok(output.includes(word), `${name} names ${word}`)
    t.notMatch(output, SECRET, 'without the secret')
  }
})

t.test('with AUTH_MODE=off only this machine’s own programs and pages are served', async (t) => {
  const { url } = await startService(t, '@scheduler-task/file-service', {
    AUTH_MODE: 'off',
    FILE_ROOT: freshDirectory(t)
  })
  const { host } = new URL(url)
  const mkdir = `${url}/file/mkdir?dirName=a`
  t.match(await get(mkdir), { status: 200, body: { data: true } })
  t.match(await get(mkdir, { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }), {
    status: 200
  })
  const refused: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { origin: 'null' },
    { host: 'evil.example' },
    { host: `127.0.0.1.evil.example:${new URL(url).port}` }
  ]
  for (const headers of refused) {
    t.match(
      await get(mkdir, headers),
      { status: 403, body: { statusCode: 403 } },
      headers.toString()
    )
  }
})
