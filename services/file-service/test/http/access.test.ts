import { createHmac } from 'node:crypto'
import t from 'tap'
import { call, FORM_TYPE, filePart, formBytes } from '../support/calls.ts'
import { startFileService } from '../support/file-service.ts'
import { openRaw } from '../support/raw-connection.ts'

const JWT_SECRET = 'a-secret-of-at-least-thirty-two-bytes'
const JWT = { AUTH_MODE: 'jwt', JWT_SECRET }

function tokenOf(claims: Record<string, unknown> = {}): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 3600
  const input = `${part({ alg: 'HS256' })}.${part({ jti: 'a', sub: 'zhangsan', exp, ...claims })}`
  return `${input}.${createHmac('sha256', JWT_SECRET).update(input).digest('base64url')}`
}

const CALLS = [
  ['GET', '/file/mkdir?dirName=x'],
  ['POST', '/file/mkdir?dirName=x'],
  ['GET', '/file/create?fileName=x/y'],
  ['GET', '/file/download?srcfile=x/y'],
  ['POST', '/file/upload?fileName=x/z'],
  ['DELETE', '/file/del?fileName=x'],
  ['GET', '/file/del?fileName=x']
] as const

t.test('nobody gets in without a token, not even with one in the query', async (t) => {
  const { url, files } = await startFileService(t, JWT)
  for (const [method, path] of CALLS) {
    t.match(await call(`${url}${path}`, { method }), { status: 401, body: { statusCode: 401 } })
    const inQuery = await call(`${url}${path}&token=${tokenOf()}`, { method })
    t.equal(inQuery.status, 401, path)
  }
  t.strictSame(await files(), [])
})

t.test('a cookie alone changes nothing, also by the document’s GETs', async (t) => {
  const { url, files, changes } = await startFileService(t, JWT)
  const cookie = `token=${tokenOf()}`
  for (const [method, path] of CALLS.filter(([, path]) => !path.includes('download'))) {
    t.equal((await call(`${url}${path}`, { method, headers: { cookie } })).status, 403, path)
  }
  t.equal((await call(`${url}/file/download?srcfile=x`, { headers: { cookie } })).status, 404)
  t.strictSame(await files(), [])
  const headers = { cookie, 'x-requested-with': 'XMLHttpRequest' }
  t.equal((await call(`${url}/file/mkdir?dirName=x`, { headers })).body.statusCode, 200)
  t.match(changes.at(-1), { who: 'zhangsan', what: 'file.mkdir', target: '/x', code: 200 })
})

t.test('a viewer reads and does not change', async (t) => {
  const { url, files } = await startFileService(t, JWT)
  const operator = { token: tokenOf({ roles: ['operator'] }) }
  await call(`${url}/file/create?fileName=a`, { headers: operator })
  const headers = { token: tokenOf({ roles: ['viewer'] }) }
  for (const [method, path] of CALLS.filter(([, path]) => !path.includes('download'))) {
    t.equal((await call(`${url}${path}`, { method, headers })).status, 403, path)
  }
  const download = await fetch(`${url}/file/download?srcfile=a`, { headers })
  t.equal(download.status, 200)
  t.strictSame(await files(), ['a'])
})

t.test('an upload that is not let in is read away, and the connection goes on', async (t) => {
  const { port, unfinished } = await startFileService(t, JWT)
  const connection = await openRaw(t, port)
  const body = formBytes([filePart('x'.repeat(2_000_000))])
  for (const token of ['', 'token: not-one\r\n']) {
    connection.send(
      `POST /file/upload?fileName=a HTTP/1.1\r\nHost: localhost\r\n${token}Content-Type: ${FORM_TYPE}\r\nContent-Length: ${body.length}\r\n\r\n`
    )
    connection.send(body)
    t.equal((await connection.answer()).status, 401)
    t.strictSame(await unfinished(), [])
  }
})

t.test('it is not ready while sessions cannot be looked up', async (t) => {
  let answers = true
  const ask = async () => {
    if (!answers) throw new Error('gone')
  }
  const { url } = await startFileService(
    t,
    { AUTH_MODE: 'session', JWT_SECRET, REDIS_URL: 'redis://127.0.0.1:1' },
    {
      sessions: {
        find: async () => undefined,
        findNow: () => undefined,
        watch: () => () => {},
        ping: ask
      }
    }
  )
  const ready = async () => {
    const response = await fetch(`${url}/ready`)
    return [response.status, await response.json()]
  }
  t.match(await ready(), [200, { checks: { files: 'ok', sessions: 'ok' } }])
  answers = false
  t.match(await ready(), [503, { checks: { files: 'ok', sessions: 'unavailable' } }])
})
