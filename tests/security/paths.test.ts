import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { needsRedis } from '@scheduler-task/auth/test-support/redis-server'
import t, { type Test } from 'tap'
import { type PartName, type System, startSystem } from '../support/system.ts'
import { createLeakCheck } from './support/leaks.ts'
import { head, sendAlone } from './support/send.ts'
import { requestsOf } from './support/service-log.ts'

// A path that the gateway and a service read in two ways leads past the token check, or to another service.

const SECRET_TEXT = 'this lies beside the root'
const VICTIM = '/file/del?fileName=victim.txt'
const SERVICES = ['executor', 'files', 'azkaban'] as const
const PREFIX: Record<(typeof SERVICES)[number], string> = {
  executor: '/executor',
  files: '/file',
  azkaban: '/azkaban'
}

/** Ways from one place to another that somebody on the way might understand. */
const STEPS = [
  '/../',
  '/./../',
  '//../',
  '/..//',
  '/..;/',
  '/..;x=1/',
  '/.;/../',
  ';/../',
  '/%2e%2e/',
  '/%2E%2E/',
  '/.%2e/',
  '/%2e./',
  '/..%2f',
  '/..%2F',
  '/%2e%2e%2f',
  '%2f..%2f',
  '%2F..%2F',
  '/..%5c',
  '%5c..%5c',
  '\\..\\',
  '/..\\',
  '/%252e%252e/',
  '/..%252f',
  '/%25%32%65%25%32%65/',
  '/%c0%ae%c0%ae/',
  '/..%c0%af',
  '/%e0%80%ae%e0%80%ae/',
  '/%f0%80%80%ae%f0%80%80%ae/',
  '/%u002e%u002e/',
  '/..%00/',
  '/%00/../',
  '/..%0d%0a/',
  '/..%0a/',
  '/..%3b/',
  '/..%23/../',
  '/..#/../',
  '#/../',
  '/..%3f/../',
  '/..%zz/',
  '/..%/',
  '/..\xc0\xaf',
  '/\xe2\x80\xa5/../'
]

/** Other spellings of one call: refused, or unknown; never carried out. */
const SPELLINGS = [
  '//file/del?fileName=victim.txt',
  '///file/del?fileName=victim.txt',
  '/file//del?fileName=victim.txt',
  '/./file/del?fileName=victim.txt',
  '/file/./del?fileName=victim.txt',
  '/file/del/.?fileName=victim.txt',
  '/file/del/?fileName=victim.txt',
  '/FILE/del?fileName=victim.txt',
  '/File/Del?fileName=victim.txt',
  '/file/DEL?fileName=victim.txt',
  '/file/del;x?fileName=victim.txt',
  '/file;x/del?fileName=victim.txt',
  '/file/del.?fileName=victim.txt',
  '/file/del%20?fileName=victim.txt',
  '/file/del%09?fileName=victim.txt',
  '/file/del%00?fileName=victim.txt',
  '/file/del%0a?fileName=victim.txt',
  '/file/del%3ffileName=victim.txt',
  '/file/del%3b?fileName=victim.txt',
  '/file/del#?fileName=victim.txt',
  '/file/del.json?fileName=victim.txt',
  '/file%2fdel?fileName=victim.txt',
  '/file%5cdel?fileName=victim.txt',
  '\\file\\del?fileName=victim.txt',
  '/\\file/del?fileName=victim.txt',
  'file/del?fileName=victim.txt',
  '?/file/del?fileName=victim.txt',
  '*',
  'http:///file/del?fileName=victim.txt',
  '/ｆile/del?fileName=victim.txt',
  '/%ef%bd%86ile/del?fileName=victim.txt',
  `/file/${'a/'.repeat(5000)}../del?fileName=victim.txt`,
  `/file/del?${'a'.repeat(17_000)}&fileName=victim.txt`,
  `/file/del?fileName=${'../'.repeat(100)}victim.txt`
]

/** Headers with which some servers let a client name another path, method or address. */
const REWRITES: Record<string, string>[] = [
  { 'X-Original-URL': VICTIM },
  { 'X-Rewrite-URL': VICTIM },
  { 'X-Original-URI': VICTIM },
  { 'X-Forwarded-Path': VICTIM },
  { 'X-Forwarded-Prefix': '/file' },
  { 'X-HTTP-Method-Override': 'DELETE' },
  { 'X-Method-Override': 'DELETE' },
  { 'X-Forwarded-For': '127.0.0.1', 'X-Real-IP': '127.0.0.1', 'X-Forwarded-Host': 'localhost' },
  { Forwarded: 'for=127.0.0.1;host=localhost;proto=https' },
  { 'X-User': 'admin', 'X-Forwarded-User': 'admin', 'Remote-User': 'admin' }
]

/** From everywhere to everywhere: targets none of which may lead to the call at its end. */
function detours(): string[] {
  const starts = ['/executor', '/azkaban', '/live', '/docs', '/auth/login', '/executor/running']
  const goal = VICTIM.slice(1)
  return starts.flatMap((start) => STEPS.map((step) => start + step + goal))
}

async function startVictim(t: Test): Promise<System> {
  const system = await startSystem(t)
  await writeFile(join(system.files, 'victim.txt'), 'still here')
  return system
}

t.test('the gateway and its services', needsRedis('@scheduler-task/tests'), async (t) => {
  const system = await startVictim(t)
  const { parts, token, files } = system
  const leaks = createLeakCheck(system)
  const victim = () => readFile(join(files, 'victim.txt'), 'utf8').catch(() => 'gone')
  let cases = 0

  async function refused(part: PartName, text: string, what: string): Promise<void> {
    cases += 1
    const answer = await sendAlone(t, parts[part].url, text)
    if (!answer) return
    const { status, body, headers } = answer
    const isRefused = status >= 400 && status < 500
    if (!isRefused) t.fail(`${part}: ${what} is answered ${status} ${body.slice(0, 200)}`)
    if (leaks.inAnswer(body)) t.fail(`${part}: ${what} tells ${leaks.inAnswer(body)}`)
    if (status !== 431 && !/json/.test(headers['content-type'] ?? '')) t.fail(`${what}: no JSON`)
  }

  await t.test('through the gateway nothing leads to another service', async (t) => {
    for (const target of [...detours(), ...SPELLINGS]) {
      const fields = { Token: token, 'X-Request-Id': 'detour' }
      await refused('gateway', head('GET', target, fields), JSON.stringify(target.slice(0, 80)))
      const file = target.replace('fileName=victim.txt', '')
      await refused('gateway', head('GET', file, fields), JSON.stringify(file.slice(0, 80)))
    }
    t.equal(await victim(), 'still here')
    for (const name of SERVICES) {
      for (const { reqId, url, status } of await requestsOf(parts[name])) {
        if (reqId !== 'detour') continue
        const path = url.split('?')[0] ?? ''
        t.ok(path.startsWith(PREFIX[name]), `${name} got what is its own: ${url.slice(0, 80)}`)
        t.notMatch(
          path,
          /\/\/|\/\.\.?(\/|$)|[\\;#]|%(2e|2f|5c|25|3b|[01])/i,
          `in one form: ${url.slice(0, 80)}`
        )
        t.ok(status >= 400)
      }
    }
  })

  await t.test('nobody gets anywhere without a token, at any door', async (t) => {
    const calls = ['/executor/running', '/file/download?srcfile=victim.txt', '/auth/me', VICTIM]
    const open = ['/live', '/ready', '/version', '/docs', '/openapi.json']
    for (const part of ['gateway', ...SERVICES] as const) {
      for (const target of SPELLINGS) {
        await refused(part, head('GET', target), JSON.stringify(target.slice(0, 80)))
      }
      for (const call of calls) {
        for (const step of STEPS) {
          for (const start of open) {
            const target = start + step + call.slice(1)
            await refused(part, head('GET', target), JSON.stringify(target))
          }
        }
        for (const target of [call, `http://localhost${call}`, call.replace(/e/g, '%65')]) {
          for (const rewrite of [{}, ...REWRITES]) {
            await refused(part, head('GET', target, rewrite), JSON.stringify([target, rewrite]))
          }
        }
      }
    }
    t.equal(await victim(), 'still here')
  })

  await t.test('no header names another path or method than the request line', async (t) => {
    for (const part of ['gateway', 'files'] as const) {
      for (const rewrite of REWRITES) {
        const target = '/file/download?srcfile=victim.txt'
        const text = head('GET', target, { Token: token, ...rewrite })
        const answer = await sendAlone(t, parts[part].url, text)
        t.match(answer, { status: 200, body: 'still here' }, JSON.stringify(rewrite))
      }
    }
    t.equal(await victim(), 'still here')
  })

  await t.test('nothing leaves the root, through the gateway either', async (t) => {
    const outside = join(system.directory, 'outside')
    await mkdir(outside)
    await writeFile(join(outside, 'secret.txt'), SECRET_TEXT)
    await symlink(outside, join(files, 'link'))
    const before = await readdir(system.directory)
    const steps = STEPS.map((step) => step.replaceAll('#', '%23').replaceAll('\\', '%5c'))
    const names = [
      ...steps.map((step) => `a${step}${'../'.repeat(3)}outside/secret.txt`),
      ...steps.map((step) => `${step.slice(1)}outside/secret.txt`),
      'link/secret.txt',
      'link',
      'c:/../../outside/secret.txt',
      `${outside}/secret.txt`,
      `file://${outside}/secret.txt`
    ]
    for (const part of ['gateway', 'files'] as const) {
      for (const name of names) {
        for (const call of [
          'GET /file/download?srcfile=',
          'GET /file/create?fileName=',
          'GET /file/mkdir?dirName=',
          'DELETE /file/del?fileName='
        ]) {
          const [method = '', path = ''] = call.split(' ')
          cases += 1
          const text = head(method, path + name, { Token: token })
          const answer = await sendAlone(t, parts[part].url, text)
          if (answer?.body.includes(SECRET_TEXT)) t.fail(`${path}${name} reads outside`)
          if (answer && leaks.inAnswer(answer.body)) t.fail(`${path}${name} tells ${answer.body}`)
        }
      }
    }
    t.strictSame(await readdir(outside), ['secret.txt'])
    t.equal(await readFile(join(outside, 'secret.txt'), 'utf8'), SECRET_TEXT)
    t.strictSame(await readdir(system.directory), before)
  })
  t.comment(`${cases} requests`)
  t.ok(cases > 2000)
})
