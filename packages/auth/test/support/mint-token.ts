import { createHmac } from 'node:crypto'

type Json = Record<string, unknown>

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token with any header and claims, signed with HMAC-SHA256 whatever its header says; made without a JWT library. */
export function mintToken(
  secret: string | Buffer,
  claims: Json,
  header: Json = { alg: 'HS256' }
): string {
  const input = `${part(header)}.${part(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

/** Claims as a good token has them, an hour long. */
export function claimsOf(sessionId: string, more: Json = {}): Json {
  const iat = Math.floor(Date.now() / 1000)
  return { jti: sessionId, iat, iss: 'wdjs', sub: 'zhangsan', exp: iat + 3600, ...more }
}

/** Header, payload and signature of a token, decoded as far as they are JSON. */
export function readToken(token: string): { header: Json; claims: Json; signature: string } {
  const [header = '', claims = '', signature = ''] = token.split('.')
  const json = (text: string): Json => JSON.parse(Buffer.from(text, 'base64url').toString())
  return { header: json(header), claims: json(claims), signature }
}

/** The interface document's sample token, its key, and its hour (2020-06-19). */
export const DOCUMENT_SAMPLE = {
  token:
    'eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiI3MmU3NzhhYi0wZWRjLTRlNTAtOWFjZS1kNzQwMTIxMzA5M2UiLCJpYXQiOjE1OTI1NDMzMTgsImlzcyI6IndkanMiLCJzdWIiOiJ6aGFuZ3NhbiIsImV4cCI6MTU5MjU0NjkxOH0.K1IN4BwJKQjwu0uZ9cAN68TVmQist8N4z8FGBdk-y5w',
  secret: 'fssFSS',
  secretEncoding: 'base64',
  sessionId: '72e778ab-0edc-4e50-9ace-d7401213093e',
  user: 'zhangsan',
  /** Epoch milliseconds inside its hour. */
  clock: (1_592_543_318 + 600) * 1000
} as const
