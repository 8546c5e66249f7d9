import t from 'tap'
import { createTokenSigner } from '../src/token-signer.ts'
import { createTokenVerifier } from '../src/token-verifier.ts'
import { authConfig, SECRET } from './support/auth-config.ts'
import { claimsOf, DOCUMENT_SAMPLE, mintToken, readToken } from './support/mint-token.ts'
import { tokenAttacks } from './support/token-attacks.ts'

t.test('every attack on the token itself is refused with its reason', async (t) => {
  const verify = createTokenVerifier(authConfig())
  const goodToken = mintToken(SECRET, claimsOf('a'))
  let tried = 0
  for (const { name, headers, code } of tokenAttacks({ secret: SECRET, goodToken })) {
    const token = headers?.token
    if (!token || code === 'AUTH_SESSION_ENDED') continue
    tried += 1
    t.throws(() => verify(token), { code, httpStatus: 401 }, name)
    t.equal(verify(goodToken).jti, 'a', 'the good one still passes')
  }
  t.ok(tried > 30)
})

t.test('the document’s sample holds inside its hour, with its key', async (t) => {
  const sample = {
    JWT_SECRET: DOCUMENT_SAMPLE.secret,
    JWT_SECRET_ENCODING: DOCUMENT_SAMPLE.secretEncoding,
    JWT_ISSUER: 'wdjs'
  }
  const inTime = createTokenVerifier(authConfig(sample), () => DOCUMENT_SAMPLE.clock)
  t.match(inTime(DOCUMENT_SAMPLE.token), {
    jti: DOCUMENT_SAMPLE.sessionId,
    sub: DOCUMENT_SAMPLE.user,
    exp: 1_592_546_918
  })
  const today = createTokenVerifier(authConfig(sample))
  t.throws(() => today(DOCUMENT_SAMPLE.token), { code: 'AUTH_TOKEN_EXPIRED' })
  const asText = createTokenVerifier(
    authConfig({ ...sample, JWT_SECRET_ENCODING: 'utf8' }),
    () => DOCUMENT_SAMPLE.clock
  )
  t.throws(() => asText(DOCUMENT_SAMPLE.token), { code: 'AUTH_BAD_TOKEN' })
})

t.test('clocks may differ by half a minute', async (t) => {
  let now = 0
  const verify = createTokenVerifier(authConfig(), () => now)
  const token = mintToken(SECRET, { jti: 'a', nbf: 1000, exp: 2000 })
  for (const [atMs, code] of [
    [969_999, 'AUTH_BAD_TOKEN'],
    [970_000, undefined],
    [2_029_999, undefined],
    [2_030_000, 'AUTH_TOKEN_EXPIRED']
  ] as const) {
    now = atMs
    if (code) t.throws(() => verify(token), { code }, String(atMs))
    else t.equal(verify(token).jti, 'a', String(atMs))
  }
})

t.test('while keys rotate the former one still verifies, in either encoding', async (t) => {
  const former = Buffer.from('the former key, which is long enough too')
  for (const encoding of ['utf8', 'base64'] as const) {
    const verify = createTokenVerifier(
      authConfig({
        JWT_SECRET: Buffer.from(SECRET).toString(encoding),
        JWT_SECRET_PREVIOUS: former.toString(encoding),
        JWT_SECRET_ENCODING: encoding
      })
    )
    t.equal(verify(mintToken(SECRET, claimsOf('new'))).jti, 'new')
    t.equal(verify(mintToken(former, claimsOf('old'))).jti, 'old')
    t.throws(() => verify(mintToken('x'.repeat(40), claimsOf('a'))), { code: 'AUTH_BAD_TOKEN' })
    const expired = mintToken(former, claimsOf('old', { exp: 1 }))
    t.throws(() => verify(expired), { code: 'AUTH_TOKEN_EXPIRED' })
  }
})

t.test('an issuer that is asked for must be there and fit', async (t) => {
  const verify = createTokenVerifier(authConfig({ JWT_ISSUER: 'here' }))
  t.equal(verify(mintToken(SECRET, claimsOf('a', { iss: 'here' }))).jti, 'a')
  for (const iss of ['wdjs', 'heres', '', null, ['here', 'x'], undefined]) {
    t.throws(
      () => verify(mintToken(SECRET, claimsOf('a', { iss }))),
      { code: 'AUTH_BAD_TOKEN' },
      JSON.stringify(iss)
    )
  }
  const any = createTokenVerifier(authConfig())
  t.equal(any(mintToken(SECRET, claimsOf('a', { iss: 'elsewhere' }))).jti, 'a')
})

t.test('a token made here is like the sample, and verifies', async (t) => {
  const issuedAt = new Date(Math.floor(Date.now() / 1000) * 1000)
  const content = {
    sessionId: 'a',
    name: 'zhangsan',
    roles: ['admin'] as const,
    issuedAt,
    expiresAt: new Date(issuedAt.getTime() + 3_600_000)
  }
  const token = createTokenSigner(authConfig())(content)
  const iat = issuedAt.getTime() / 1000
  t.strictSame(readToken(token).claims, {
    jti: 'a',
    iat,
    iss: 'wdjs',
    sub: 'zhangsan',
    exp: iat + 3600,
    roles: ['admin']
  })
  t.strictSame(
    readToken(token).claims,
    readToken(mintToken(SECRET, readToken(token).claims)).claims
  )
  t.equal(createTokenVerifier(authConfig())(token).jti, 'a')
  const here = createTokenSigner(authConfig({ JWT_ISSUER: 'here' }))(content)
  t.equal(readToken(here).claims.iss, 'here')
})
