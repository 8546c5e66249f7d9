import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { claimsOf, mintToken } from '@scheduler-task/auth/test-support/mint-token'
import { needsRedis } from '@scheduler-task/auth/test-support/redis-server'
import { checkTokenAttacks } from '@scheduler-task/auth/test-support/token-attacks'
import t, { type Test } from 'tap'
import { type PartName, SECRET, type System, startSystem } from '../support/system.ts'
import { createLeakCheck } from './support/leaks.ts'
import { type Fields, goodWays, moreTokenAttacks } from './support/more-token-attacks.ts'
import { connectTo } from './support/send.ts'

// The same attacks at the gateway and at each service alone, each right after the good token on the same connection.

/** Calls that answer 200 to any good token. */
const TRIED: { part: PartName; path: string; method: 'GET' | 'POST' }[] = [
  { part: 'gateway', path: '/auth/me', method: 'GET' },
  { part: 'gateway', path: '/executor/running', method: 'GET' },
  { part: 'gateway', path: '/file/download?srcfile=seen.txt', method: 'GET' },
  { part: 'executor', path: '/executor/running', method: 'GET' },
  { part: 'files', path: '/file/download?srcfile=seen.txt', method: 'GET' },
  { part: 'azkaban', path: '/azkaban/running', method: 'POST' }
]

const BODY = '{"sessionId":"x","project":"test","flow":"test"}'

function text(method: string, path: string, fields: Fields): string {
  const body = method === 'POST' ? BODY : ''
  const own: Fields = body
    ? [
        ['Content-Type', 'application/json'],
        ['Content-Length', String(body.length)],
        ['X-Requested-With', 'a test']
      ]
    : []
  const lines = [['Host', 'localhost'], ...own, ...fields].map(
    ([name, value]) => `${name}: ${value}`
  )
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}

async function attack(
  t: Test,
  system: System,
  token: string,
  { part, path, method }: (typeof TRIED)[number]
): Promise<number> {
  const leaks = createLeakCheck(system)
  const connection = await connectTo(t, system.parts[part].url)
  const call = async (fields: Fields) => {
    connection.send(text(method, path, fields))
    return await connection.next()
  }
  const good = [['token', token]] as const
  const attacks = moreTokenAttacks(SECRET, token)
  for (const { name, fields } of attacks) {
    const before = await call(good)
    if (before?.status !== 200) t.fail(`${part}: the good token before ${name}`, { before })
    const answer = await call(fields)
    if (answer?.status !== 401) t.fail(`${part} ${path}: ${name} is let in`, { answer })
    if (!/"(?:code|statusCode)\\?":/.test(answer?.body ?? '')) t.fail(`${name}: ${answer?.body}`)
    const leak = leaks.inAnswer(answer?.body ?? '')
    if (leak !== undefined) t.fail(`${name} is told ${leak}`)
  }
  for (const { name, fields } of goodWays(SECRET, token)) {
    const isCookie = fields.some(([field]) => field === 'cookie')
    const answer = await call(isCookie ? [...fields, ['X-Requested-With', 'x']] : fields)
    t.equal(answer?.status, 200, `${part} ${path}: ${name}`)
  }
  return attacks.length
}

t.test('hostile tokens', needsRedis('@scheduler-task/tests'), async (t) => {
  const system = await startSystem(t)
  await writeFile(join(system.files, 'seen.txt'), 'seen')
  await system.redis.client.set('session-of-this-test', 'opaque')
  const token = mintToken(SECRET, claimsOf('session-of-this-test'))

  await t.test('the table of attacks at each door', async (t) => {
    for (const { part, path, method } of TRIED) {
      if (method === 'POST' || path.startsWith('/executor')) continue
      const target = { url: system.parts[part].url, path, secret: SECRET, goodToken: token }
      await checkTokenAttacks(t, target)
    }
  })

  await t.test('and more of them, between good ones on one connection', async (t) => {
    let cases = 0
    for (const tried of TRIED) cases += await attack(t, system, token, tried)
    t.comment(`${cases} attacks`)
    t.ok(cases > 500)
  })

  await t.test('tokens too large for a head are refused before anybody decodes them', async (t) => {
    for (const { part, path, method } of TRIED) {
      for (const size of [15_000, 20_000, 1_000_000]) {
        const connection = await connectTo(t, system.parts[part].url)
        connection.send(text(method, path, [['token', `${'a'.repeat(size)}.a.a`]]))
        const answer = await connection.next()
        // A connection that is closed while it is being sent to may lose its answer.
        if (answer || size < 100_000) {
          t.match(String(answer?.status), /^(401|431)$/, `${part}: a token of ${size} bytes`)
        }
        const after = await connectTo(t, system.parts[part].url)
        after.send(text(method, path, [['token', token]]))
        t.equal((await after.next())?.status, 200)
      }
    }
  })

  await t.test('what was refused is in no log', async (t) => {
    const leaks = createLeakCheck(system)
    for (const [name, part] of Object.entries(system.parts)) {
      t.equal(leaks.inLog(part.output()), undefined, name)
      t.notMatch(part.output(), /eyJ[\w-]{20}/, `${name}: no token, whole or cut`)
      t.notMatch(part.output(), /"level":[56]0/, `${name} met no error of its own`)
    }
  })
})
