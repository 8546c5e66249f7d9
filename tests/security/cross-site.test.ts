import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { needsRedis } from '@scheduler-task/auth/test-support/redis-server'
import t from 'tap'
import { freshDirectory } from '../support/fresh-directory.ts'
import { startService } from '../support/service-process.ts'
import { PASSWORD, startSystem } from '../support/system.ts'
import { connectTo, head } from './support/send.ts'

// What a page of another site can make somebody's browser send: it has the cookie, and is not let in for it.

type Sent = { method: string; path: string; fields?: Record<string, string>; body?: string }

/** Calls that change something, by the prefix that leads to the service. */
const CHANGES: Sent[] = [
  { method: 'GET', path: '/file/mkdir?dirName=made' },
  { method: 'GET', path: '/file/create?fileName=made' },
  { method: 'GET', path: '/file/del?fileName=victim.txt' },
  { method: 'POST', path: '/file/mkdir?dirName=made' },
  { method: 'DELETE', path: '/file/del?fileName=victim.txt' },
  {
    method: 'POST',
    path: '/file/upload?fileName=made',
    fields: { 'Content-Type': 'multipart/form-data; boundary=b' },
    body: '--b\r\nContent-Disposition: form-data; name="file"; filename="made"\r\n\r\nx\r\n--b--\r\n'
  },
  {
    method: 'POST',
    path: '/executor/start/spark',
    fields: { 'Content-Type': 'application/json' },
    body: '{"taskName":"made","configFile":"application.spark.conf"}'
  },
  { method: 'POST', path: '/executor/stop/application_1_1' },
  {
    method: 'POST',
    path: '/executor/v2/jobs',
    fields: { 'Content-Type': 'application/json' },
    body: '{"taskName":"made","engine":"spark","configFile":"application.spark.conf"}'
  },
  {
    method: 'POST',
    path: '/azkaban/start',
    fields: { 'Content-Type': 'application/json' },
    body: '{"sessionId":"x","project":"test","flow":"test"}'
  },
  {
    method: 'POST',
    path: '/azkaban/stop',
    fields: { 'Content-Type': 'application/json' },
    body: '{"sessionId":"x","execId":"1"}'
  },
  { method: 'POST', path: '/auth/logout' },
  { method: 'POST', path: '/auth/renew' },
  { method: 'DELETE', path: '/auth/sessions' }
]

/** What a browser says of where a request comes from: none of these is proof. */
const FOREIGN: Record<string, string>[] = [
  {},
  { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' },
  { 'Sec-Fetch-Site': 'same-site', Origin: 'https://other.example' },
  { 'Sec-Fetch-Site': 'none' },
  { 'Sec-Fetch-Site': 'Same-Origin' },
  { 'Sec-Fetch-Site': 'same-origin, cross-site' },
  { 'Sec-Fetch-Mode': 'same-origin' },
  { Origin: 'null' },
  { Referer: 'http://localhost/' }
]

const FORMS = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=b']

function text(
  { method, path, fields = {}, body = '' }: Sent,
  more: Record<string, string>
): string {
  const length = method === 'GET' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
  return head(method, path, { ...fields, ...length, ...more }) + body
}

t.test('requests of other sites', needsRedis('@scheduler-task/tests'), async (t) => {
  const system = await startSystem(t)
  const { parts, files, token, yarn } = system
  await writeFile(join(files, 'victim.txt'), 'victim')
  const isThere = (name: string) =>
    access(join(files, name)).then(
      () => true,
      () => false
    )
  const untouched = async (t: { equal(a: unknown, b: unknown, what: string): unknown }) => {
    t.equal(await isThere('victim.txt'), true, 'nothing was deleted')
    t.equal(await isThere('made'), false, 'nothing was made')
    t.equal(yarn.applications.length, 0, 'nothing was started')
  }
  const service = { file: parts.files, executor: parts.executor, azkaban: parts.azkaban }
  const cookie = { Cookie: `token=${token}` }

  await t.test('a cookie alone changes nothing, at the gateway and at each service', async (t) => {
    for (const change of CHANGES) {
      const prefix = change.path.split('/')[1] as keyof typeof service
      for (const part of [parts.gateway, service[prefix] ?? parts.gateway]) {
        for (const foreign of FOREIGN) {
          const connection = await connectTo(t, part.url)
          connection.send(text(change, { ...cookie, ...foreign }))
          const answer = await connection.next()
          const what = `${change.method} ${change.path} with ${JSON.stringify(foreign)}`
          t.equal(answer?.status, 403, what)
          t.match(answer?.body, /AUTH_COOKIE/, what)
          connection.socket.destroy()
        }
      }
    }
    await untouched(t)
  })

  await t.test('nor does a form, which needs nobody’s leave to be sent', async (t) => {
    for (const change of CHANGES.filter(({ body }) => body !== undefined)) {
      for (const type of FORMS) {
        const connection = await connectTo(t, parts.gateway.url)
        connection.send(text(change, { ...cookie, 'Content-Type': type }))
        t.equal((await connection.next())?.status, 403, `${change.path} as ${type}`)
        connection.socket.destroy()
      }
    }
    for (const type of FORMS) {
      const connection = await connectTo(t, parts.gateway.url)
      const body = JSON.stringify({ username: 'admin', password: PASSWORD, cookie: true })
      const login = { method: 'POST', path: '/auth/login', body }
      connection.send(text(login, { 'Content-Type': type }))
      const answer = await connection.next()
      t.match(String(answer?.status), /^(400|415)$/, `a log-in as ${type}`)
      t.equal(answer?.headers['set-cookie'], undefined, 'nobody is logged in from elsewhere')
    }
    await untouched(t)
  })

  await t.test('pages of other sites read nothing: no answer names them', async (t) => {
    for (const { url } of Object.values(parts)) {
      for (const path of [
        '/auth/me',
        '/file/download?srcfile=victim.txt',
        '/executor/running',
        '/live'
      ]) {
        for (const method of ['GET', 'OPTIONS']) {
          const connection = await connectTo(t, url)
          connection.send(
            head(method, path, {
              ...cookie,
              Origin: 'https://evil.example',
              'Access-Control-Request-Method': 'DELETE',
              'Access-Control-Request-Headers': 'token, x-requested-with',
              'Access-Control-Request-Private-Network': 'true'
            })
          )
          const answer = await connection.next()
          const allowed = Object.keys(answer?.headers ?? {}).filter((name) =>
            /^access-control/.test(name)
          )
          t.strictSame(allowed, [], `${method} ${path}`)
          if (method === 'OPTIONS') t.not(answer?.status, 200, path)
          connection.socket.destroy()
        }
      }
    }
  })

  await t.test('the cookie is for this place alone, and for no script', async (t) => {
    const proxied = await startService(t, '@scheduler-task/gateway', {
      DATA_DIR: freshDirectory(t),
      ADMIN_PASSWORD: PASSWORD,
      TRUST_PROXY: 'true'
    })
    const body = JSON.stringify({ username: 'admin', password: PASSWORD, cookie: true })
    const login = { method: 'POST', path: '/auth/login', body }
    for (const [url, forwarded, isSecure] of [
      [parts.gateway.url, {}, false],
      [parts.gateway.url, { 'X-Forwarded-Proto': 'https' }, false],
      [proxied.url, { 'X-Forwarded-Proto': 'https' }, true],
      [proxied.url, {}, false]
    ] as const) {
      const connection = await connectTo(t, url)
      connection.send(text(login, { 'Content-Type': 'application/json', ...forwarded }))
      const answer = await connection.next()
      const set = answer?.headers['set-cookie'] ?? ''
      t.match(set, /^token=[\w-]+\.[\w-]+\.[\w-]+; Path=\/;/)
      t.match(set, /; HttpOnly/)
      t.match(set, /; SameSite=Strict/)
      t.notMatch(set, /Domain=/)
      t.equal(/; Secure/.test(set), isSecure, JSON.stringify(forwarded))
      t.match(answer?.headers['cache-control'], /no-store/)
    }
  })
})

t.test('without a token check only this machine is let in, by its own name', async (t) => {
  const { url } = await startService(t, '@scheduler-task/file-service', {
    AUTH_MODE: 'off',
    FILE_ROOT: freshDirectory(t)
  })
  const { host, port } = new URL(url)
  const made = { method: 'GET', path: '/file/mkdir?dirName=made' }
  const cases: [Record<string, string>, number][] = [
    [{ Host: host }, 200],
    [{ Host: `localhost:${port}` }, 200],
    [{ Host: `LOCALHOST:${port}` }, 200],
    [{ Host: `[::1]:${port}` }, 200],
    [{ Host: 'evil.example' }, 403],
    [{ Host: `evil.example:${port}` }, 403],
    [{ Host: '127.0.0.1.evil.example' }, 403],
    [{ Host: 'localhost.evil.example' }, 403],
    [{ Host: 'evil-localhost' }, 403],
    [{ Host: 'localhost@evil.example' }, 403],
    [{ Host: 'evil.example#localhost' }, 403],
    [{ Host: '2130706433' }, 403],
    [{ Host: '0.0.0.0' }, 403],
    [{ Host: '' }, 403],
    [{ Host: host, Origin: 'https://evil.example' }, 403],
    [{ Host: host, Origin: 'null' }, 403],
    [{ Host: host, Origin: `http://${host}.evil.example` }, 403],
    [{ Host: host, Origin: `http://localhost:${Number(port) + 1}` }, 403],
    [{ Host: host, 'Sec-Fetch-Site': 'cross-site' }, 403],
    [{ Host: host, 'Sec-Fetch-Site': 'same-site' }, 403],
    [{ Host: host, 'Sec-Fetch-Site': 'none' }, 403],
    [{ Host: host, 'Sec-Fetch-Site': 'same-origin', Origin: `http://${host}` }, 200]
  ]
  for (const [fields, status] of cases) {
    const connection = await connectTo(t, url)
    connection.send(text(made, fields))
    t.equal((await connection.next())?.status, status, JSON.stringify(fields))
  }
})
