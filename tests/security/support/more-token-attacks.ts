import { createHmac } from 'node:crypto'
import { mintToken, readToken } from '@scheduler-task/auth/test-support/mint-token'

/** Header fields as they are sent, in their order: names may repeat. */
export type Fields = readonly (readonly [name: string, value: string])[]
export type FieldAttack = { name: string; fields: Fields }

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64url')

/**
 * What is refused with 401 besides the table of `token-attacks`: parts in other spellings, claims of other types, ids that
 * mean something to Redis or to JavaScript, and what only several header fields together can do.
 */
export function moreTokenAttacks(secret: string, goodToken: string): FieldAttack[] {
  const { claims } = readToken(goodToken)
  const [head = '', body = '', signature = ''] = goodToken.split('.')
  const now = Math.floor(Date.now() / 1000)
  const sign = (input: string, key: string | Buffer = secret) =>
    `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
  const of = (payload: string, header = '{"alg":"HS256"}') =>
    sign(`${base64(header)}.${base64(payload)}`)
  const withClaims = (more: Record<string, unknown>) => mintToken(secret, { ...claims, ...more })
  const json = JSON.stringify(claims)

  const tokens: Record<string, string> = {
    'the signature of another token': `${head}.${body}.${withClaims({ sub: 'x' }).split('.')[2]}`,
    'header and payload swapped': sign(`${body}.${head}`),
    'the payload as the signature': `${head}.${body}.${body}`,
    'a dot behind': `${goodToken}.`,
    'dots behind': `${goodToken}...`,
    'a dot in front': `.${goodToken}`,
    'five parts, as an encrypted token': `${head}.${body}.${signature}.${body}.${signature}`,
    'five parts, the middle one empty': `${head}..${body}.${signature}.x`,
    'four parts': `${head}.${body}.${signature}.${signature}`,
    'a padded payload, signed so': sign(`${head}.${body}==`),
    'a padded header, signed so': sign(`${head}=.${body}`),
    'the payload in plain base64': sign(
      `${head}.${Buffer.from('{"jti":"???>>>"}').toString('base64')}`
    ),
    'a space in the payload': `${head}.${body.slice(0, 8)} ${body.slice(8)}.${signature}`,
    'a tab in the payload': `${head}.${body.slice(0, 8)}\t${body.slice(8)}.${signature}`,
    'characters that lenient decoders leave out': `${head}.${body.slice(0, 8)}!*~${body.slice(8)}.${signature}`,
    'such a character in the signature': `${head}.${body}.${signature.slice(0, 8)}!${signature.slice(8)}`,
    'a signature one byte longer': `${head}.${body}.${signature}A`,
    'an escaped character': goodToken.replace('.', '%2E'),
    'the good token in quotes': `"${goodToken}"`,
    'the good token in angle brackets': `<${goodToken}>`,
    'the good token and a word': `${goodToken} x`,
    'a scheme in the header token': `Bearer ${goodToken}`,
    'a payload that is no JSON': of('nonsense'),
    'an empty payload': sign(`${head}.`),
    'a payload that is null': of('null'),
    'a payload that is a number': of('7'),
    'a payload that is a text': of('"text"'),
    'a payload cut off': of(json.slice(0, -2)),
    'a payload with a comment': of(`${json}/**/`),
    'a payload with two values': of(`${json}${json}`),
    'a payload with a byte order mark of UTF-16': sign(
      `${head}.${base64(Buffer.from(`\ufeff${json}`, 'utf16le'))}`
    ),
    'a header that is a list': of(json, '["HS256"]'),
    'a header that is null': of(json, 'null'),
    'a header that is no JSON': of(json, 'HS256'),
    'an algorithm in a list': of(json, '{"alg":["HS256"]}'),
    'an algorithm that is an object': of(json, '{"alg":{"toString":"HS256"}}'),
    'an algorithm with a space': of(json, '{"alg":"HS256 "}'),
    'an algorithm with NUL': of(json, '{"alg":"HS256\\u0000"}'),
    'a prototype name as algorithm': of(json, '{"alg":"constructor"}'),
    'no alg, but one in the prototype': of(json, '{"__proto__":{"alg":"HS256"}}'),
    'alg twice, none last': of(json, '{"alg":"HS256","alg":"none"}'),
    'crit with an extension': of(json, '{"alg":"HS256","crit":["exp"],"exp":9999999999}'),
    'an unencoded payload (b64)': of(json, '{"alg":"HS256","b64":false,"crit":["b64"]}'),
    'crit that is empty': of(json, '{"alg":"HS256","crit":[]}'),
    'jti twice, the last one a list': of(json.replace(/}$/, ',"jti":["x"]}')),
    'exp twice, the last one past': of(json.replace(/}$/, ',"exp":1}')),
    'claims in the prototype only': of(`{"__proto__":${json}}`),
    'exp negative': withClaims({ exp: -1 }),
    'exp zero': withClaims({ exp: 0 }),
    'exp null': withClaims({ exp: null }),
    'exp true': withClaims({ exp: true }),
    'exp a list': withClaims({ exp: [now + 3600] }),
    'exp an object': withClaims({ exp: { valueOf: now + 3600 } }),
    'exp beyond all numbers': of(json.replace(/"exp":\d+/, '"exp":1e999')),
    'exp in milliseconds': withClaims({ exp: 1000 * 1e13 }),
    'exp a date': withClaims({ exp: '2099-01-01T00:00:00Z' }),
    'nbf a text': withClaims({ nbf: String(now - 10) }),
    'nbf null': withClaims({ nbf: null }),
    'nbf in an hour': withClaims({ nbf: now + 3600 }),
    'jti an object': withClaims({ jti: { toString: claims.jti } }),
    'jti true': withClaims({ jti: true }),
    'jti of 2000 characters': withClaims({ jti: 'x'.repeat(2000) }),
    'sub a list': withClaims({ sub: ['admin'] }),
    'sub of 2000 characters': withClaims({ sub: 'x'.repeat(2000) })
  }
  for (const id of [
    '*',
    '?'.repeat(36),
    '[a-z]*',
    `${String(claims.jti)}*`,
    `${String(claims.jti)}\n`,
    `${String(claims.jti)}\u0000`,
    ` ${String(claims.jti)}`,
    String(claims.jti).toUpperCase(),
    '\ud800',
    `${String(claims.jti)}\ud800`,
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '\r\nGET x\r\n',
    '$-1\r\n',
    '0',
    'undefined',
    'null'
  ]) {
    tokens[`a session called ${JSON.stringify(id)}`] = withClaims({ jti: id })
  }

  const attacks: FieldAttack[] = Object.entries(tokens).map(([name, token]) => ({
    name,
    fields: [['token', token]]
  }))
  const bad = withClaims({ exp: 1 })
  attacks.push(
    { name: 'the good token twice', fields: twice(goodToken, goodToken) },
    { name: 'the good token, then a bad one', fields: twice(goodToken, bad) },
    { name: 'a bad token, then the good one', fields: twice(bad, goodToken) },
    { name: 'a hundred bad tokens', fields: Array.from({ length: 100 }, () => ['token', 'x.y.z']) },
    {
      name: 'forty good ones',
      fields: Array.from({ length: 40 }, () => ['token', goodToken] as const)
    },
    { name: 'a bad Authorization before a good one', fields: bearers(bad, goodToken) },
    { name: 'the good token as Basic', fields: [['authorization', `Basic ${goodToken}`]] },
    { name: 'the good token as Token', fields: [['authorization', `Token ${goodToken}`]] },
    { name: 'the good token without scheme', fields: [['authorization', goodToken]] },
    { name: 'a scheme glued to it', fields: [['authorization', `Bearer${goodToken}`]] },
    {
      name: 'two in one Bearer',
      fields: [['authorization', `Bearer ${bad}, Bearer ${goodToken}`]]
    },
    {
      name: 'a bad token, the good one in the cookie',
      fields: [
        ['token', bad],
        ['cookie', `token=${goodToken}`]
      ]
    },
    {
      name: 'two cookies, the bad one first',
      fields: [['cookie', `token=${bad}; token=${goodToken}`]]
    },
    {
      name: 'a cookie of another name',
      fields: [['cookie', `Token=${goodToken}; xtoken=${goodToken}`]]
    },
    {
      name: 'a cookie inside a cookie',
      fields: [['cookie', `a="; token=${bad}"; token=${goodToken}`]]
    },
    { name: 'the good token in X-Token', fields: [['x-token', goodToken]] },
    { name: 'the good token in X-Auth-Token', fields: [['x-auth-token', goodToken]] },
    { name: 'the good token in to_ken', fields: [['to_ken', goodToken]] }
  )
  return attacks
}

const twice = (first: string, second: string): Fields => [
  ['token', first],
  ['token', second]
]

const bearers = (first: string, second: string): Fields => [
  ['authorization', `Bearer ${first}`],
  ['authorization', `Bearer ${second}`]
]

/** The good token in ways in which it must be let in: what is ignored, and what is all the same. */
export function goodWays(secret: string, goodToken: string): FieldAttack[] {
  const { claims } = readToken(goodToken)
  const now = Math.floor(Date.now() / 1000)
  const headed = (header: Record<string, unknown>) =>
    mintToken(secret, claims, { alg: 'HS256', ...header })
  const token = (value: string): Fields => [['token', value]]
  return [
    { name: 'kid is ignored', fields: token(headed({ kid: '../../etc/passwd' })) },
    { name: 'kid is no query', fields: token(headed({ kid: "' or 1=1 --" })) },
    { name: 'jku is ignored', fields: token(headed({ jku: 'http://127.0.0.1:9/keys' })) },
    { name: 'x5u is ignored', fields: token(headed({ x5u: 'http://127.0.0.1:9/x5u' })) },
    { name: 'jwk is ignored', fields: token(headed({ jwk: { kty: 'oct', k: '' } })) },
    { name: 'typ is ignored', fields: token(headed({ typ: 'at+jwt' })) },
    { name: 'iat in the future', fields: token(mintToken(secret, { ...claims, iat: now + 9e5 })) },
    {
      name: 'exp with a fraction',
      fields: token(mintToken(secret, { ...claims, exp: now + 60.5 }))
    },
    { name: 'bearer in small letters', fields: [['authorization', `bearer ${goodToken}`]] },
    { name: 'BEARER in capitals', fields: [['AUTHORIZATION', `BEARER   ${goodToken}`]] },
    { name: 'a cookie', fields: [['cookie', `a=b; token=${goodToken}; c=d`]] },
    { name: 'a cookie in quotes', fields: [['cookie', `token="${goodToken}"`]] }
  ]
}
