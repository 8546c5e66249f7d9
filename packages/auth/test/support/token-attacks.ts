import { Agent, request as httpRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { claimsOf, DOCUMENT_SAMPLE, mintToken, readToken } from './mint-token.ts'

/** What is refused, how it is sent, and the code of the refusal. `query` is put behind the path. */
export type TokenAttack = {
  name: string
  headers?: Record<string, string>
  query?: string
  code: string
}

export type AttackTarget = {
  /** A running service or gateway: `http://host:port`. */
  url: string
  /** A path that answers 200 to the good token and needs no more. */
  path: string
  /** The key that verifies there, as bytes or UTF-8. */
  secret: string | Buffer
  /** A token that is let in, of a session that is alive. */
  goodToken: string
  /** Whether ended sessions are refused: not with AUTH_MODE=jwt. */
  looksUpSessions?: boolean
}

/**
 * Every attack on the token check that must be answered 401. One table for the gateway, for each service and for the
 * tests from outside.
 */
export function tokenAttacks({
  secret,
  goodToken,
  looksUpSessions = true
}: Omit<AttackTarget, 'url' | 'path'>): TokenAttack[] {
  const good = readToken(goodToken).claims
  const sessionId = String(good.jti)
  const [head = '', body = '', signature = ''] = goodToken.split('.')
  const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const bad = (name: string, token: string, code = 'AUTH_BAD_TOKEN') => ({
    name,
    headers: { token },
    code
  })
  const now = Math.floor(Date.now() / 1000)
  const withoutJti = { ...good }
  delete withoutJti.jti
  const withoutExp = { ...good }
  delete withoutExp.exp

  const attacks: TokenAttack[] = [
    { name: 'no token', code: 'AUTH_NO_TOKEN' },
    { name: 'an empty token', headers: { token: '' }, code: 'AUTH_NO_TOKEN' },
    { name: 'Basic credentials', headers: { authorization: 'Basic YTpi' }, code: 'AUTH_NO_TOKEN' },
    {
      name: 'Bearer without a token',
      headers: { authorization: 'Bearer ' },
      code: 'AUTH_NO_TOKEN'
    },
    { name: 'the token in the query string', query: `token=${goodToken}`, code: 'AUTH_NO_TOKEN' },
    {
      name: 'the token as access_token in the query string',
      query: `access_token=${goodToken}`,
      code: 'AUTH_NO_TOKEN'
    },
    {
      name: 'a bad header in front of a good Bearer',
      headers: { token: 'nonsense', authorization: `Bearer ${goodToken}` },
      code: 'AUTH_BAD_TOKEN'
    },
    {
      name: 'a bad Bearer in front of a good cookie',
      headers: { authorization: 'Bearer nonsense', cookie: `token=${goodToken}` },
      code: 'AUTH_BAD_TOKEN'
    },
    bad('no JWT at all', 'nonsense'),
    bad('three empty parts', '..'),
    bad('a token cut in two', goodToken.slice(0, goodToken.length / 2)),
    bad('a very long token', 'a'.repeat(8000)),
    bad('the good token twice', `${goodToken}, ${goodToken}`),
    bad('no signature', `${head}.${body}.`),
    bad('no signature and no dot', `${head}.${body}`),
    bad('a signature of zeros', `${head}.${body}.${'A'.repeat(43)}`),
    bad('the signature without its last character', goodToken.slice(0, -1)),
    bad('the signature padded', `${goodToken}=`),
    bad('a line end behind the signature', `${goodToken}%0A`),
    ...otherSpellings(signature).map((spelled) =>
      bad('the signature in a spelling that decodes to the same', `${head}.${body}.${spelled}`)
    ),
    bad(
      'changed payload, old signature',
      `${head}.${json({ ...good, sub: 'admin' })}.${signature}`
    ),
    bad(
      'a later exp, old signature',
      `${head}.${json({ ...good, exp: now + 86_400 })}.${signature}`
    ),
    bad('more roles, old signature', `${head}.${json({ ...good, roles: ['admin'] })}.${signature}`),
    bad(
      'changed header, old signature',
      `${json({ alg: 'HS256', kid: 'x' })}.${body}.${signature}`
    ),
    bad('signed with another key', mintToken('x'.repeat(40), good)),
    bad('signed with the empty key', mintToken('', good)),
    bad("signed with the document's key", mintToken(Buffer.from('fssFSS', 'base64'), good)),
    bad("signed with the text of the document's key", mintToken('fssFSS', good)),
    bad('an algorithm in small letters', mintToken(secret, good, { alg: 'hs256' })),
    bad('no algorithm', mintToken(secret, good, { typ: 'JWT' })),
    bad('an unknown critical header', mintToken(secret, good, { alg: 'HS256', crit: ['x'], x: 1 })),
    bad('no jti', mintToken(secret, withoutJti)),
    bad('an empty jti', mintToken(secret, { ...good, jti: '' })),
    bad('a jti that is null', mintToken(secret, { ...good, jti: null })),
    bad('a jti that is a number', mintToken(secret, { ...good, jti: 7 })),
    bad('a jti that is a list', mintToken(secret, { ...good, jti: [sessionId] })),
    bad('no exp', mintToken(secret, withoutExp)),
    bad('an exp that is a text', mintToken(secret, { ...good, exp: String(now + 3600) })),
    bad('an exp after the end of time', mintToken(secret, { ...good, exp: 9e15 })),
    bad('not valid before tomorrow', mintToken(secret, { ...good, nbf: now + 86_400 })),
    bad('a payload that is a list', mintToken(secret, [good] as never)),
    bad(
      'expired a minute ago',
      mintToken(secret, { ...good, exp: now - 60 }),
      'AUTH_TOKEN_EXPIRED'
    ),
    bad("the document's sample, long expired", DOCUMENT_SAMPLE.token)
  ]
  for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
    attacks.push(
      bad(`alg ${alg || 'empty'}, no signature`, `${json({ alg, typ: 'JWT' })}.${body}.`),
      bad(`alg ${alg || 'empty'}, the old signature`, `${json({ alg })}.${body}.${signature}`)
    )
  }
  for (const alg of ['RS256', 'HS384', 'HS512', 'ES256', 'PS256', 'EdDSA']) {
    attacks.push(
      bad(`${alg}, with the secret as key`, mintToken(secret, good, { alg, typ: 'JWT' }))
    )
  }
  if (looksUpSessions) {
    attacks.push(
      bad(
        'a session that never was',
        mintToken(secret, claimsOf('00000000-0000-4000-8000-000000000000')),
        'AUTH_SESSION_ENDED'
      )
    )
  }
  return attacks
}

/** The last of 43 characters holds two bits too many; with these set it decodes to the same 32 bytes. */
function otherSpellings(signature: string): string[] {
  const bytes = Buffer.from(signature, 'base64url')
  return [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
    .map((last) => signature.slice(0, -1) + last)
    .filter((spelled) => spelled !== signature && Buffer.from(spelled, 'base64url').equals(bytes))
}

/**
 * Sends every attack right after the good token, on one connection, and the good token again: each attack must be
 * answered 401 with its code, and must spoil neither the connection nor the session.
 */
export async function checkTokenAttacks(t: Test, target: AttackTarget): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const sockets = new Set<Socket>()
  const call = (headers: Record<string, string>, query?: string) =>
    new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
      const url = new URL(target.path + (query ? `?${query}` : ''), target.url)
      const sent = httpRequest(url, { agent, headers }, async (response) => {
        response.setEncoding('utf8')
        let text = ''
        for await (const chunk of response) text += chunk
        const type = response.headers['content-type'] ?? ''
        resolve({ status: response.statusCode ?? 0, type, text })
      })
      sent
        .on('socket', (socket) => sockets.add(socket))
        .on('error', reject)
        .end()
    })
  const assertGoodPasses = async (when: string) => {
    t.equal((await call({ token: target.goodToken })).status, 200, `the good token passes ${when}`)
  }

  await assertGoodPasses('first')
  for (const { name, headers = {}, query, code } of tokenAttacks(target)) {
    const answer = await call(headers, query)
    t.equal(answer.status, 401, `${name} is refused`)
    t.equal(answer.type, 'application/json; charset=utf-8')
    const envelope = JSON.parse(answer.text)
    t.strictSame(Object.keys(envelope), ['statusCode', 'message', 'data'], 'as an envelope')
    t.equal(envelope.statusCode, 401)
    t.equal(JSON.parse(envelope.data).code, code, `${name}: ${code}`)
    await assertGoodPasses(`after ${name}`)
  }
  t.equal(sockets.size, 1, 'all on one connection')
}
