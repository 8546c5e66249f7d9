import { loadConfig } from '@scheduler-task/service-base/load-config'
import t from 'tap'
import { z } from 'zod'
import {
  type AuthCheckOptions,
  authEnvironment,
  authWarnings,
  checkAuthConfig,
  secretBytes
} from '../src/auth-config.ts'
import { authConfig, SECRET } from './support/auth-config.ts'

function problems(variables: Record<string, string>, options?: AuthCheckOptions): string[] {
  const schema = z
    .object({ HOST: z.string().default('127.0.0.1'), ...authEnvironment })
    .superRefine(checkAuthConfig(options))
  try {
    loadConfig(schema, variables)
    return []
  } catch (error) {
    return String((error as Error).message)
      .split('\n')
      .slice(1)
      .map((line) => line.trim().replace(/:.*/, ''))
  }
}

const REDIS_URL = 'redis://127.0.0.1'

t.test('what a check needs is named when it is missing', async (t) => {
  t.strictSame(problems({}), ['REDIS_URL', 'JWT_SECRET'])
  t.strictSame(problems({ REDIS_URL, JWT_SECRET: SECRET }), [])
  t.strictSame(problems({ JWT_SECRET: SECRET }), ['REDIS_URL'])
  t.strictSame(problems({ JWT_SECRET: SECRET }, { sessionsElsewhere: true }), [])
  t.strictSame(problems({}, { sessionsElsewhere: true, secretElsewhere: true }), [])
  t.strictSame(problems({ AUTH_MODE: 'jwt' }), ['JWT_SECRET'])
  t.strictSame(problems({ AUTH_MODE: 'jwt', JWT_SECRET: SECRET }), [])
})

t.test('without a check only this machine is served', async (t) => {
  for (const HOST of ['127.0.0.1', 'localhost', '::1', '127.9.9.9']) {
    t.strictSame(problems({ AUTH_MODE: 'off', HOST }), [], HOST)
  }
  for (const HOST of ['0.0.0.0', '::', '10.0.0.1', 'localhost.example', '127.0.0.1.example']) {
    t.strictSame(problems({ AUTH_MODE: 'off', HOST }), ['AUTH_MODE'], HOST)
  }
})

t.test('short keys are refused, unless that is asked for', async (t) => {
  const jwt = { AUTH_MODE: 'jwt' }
  t.strictSame(problems({ ...jwt, JWT_SECRET: 'x'.repeat(31) }), ['JWT_SECRET'])
  t.strictSame(problems({ ...jwt, JWT_SECRET: 'x'.repeat(32) }), [])
  const weak = { ...jwt, JWT_SECRET: 'fssFSS', JWT_SECRET_ENCODING: 'base64' }
  t.strictSame(problems(weak), ['JWT_SECRET'])
  t.strictSame(problems({ ...weak, ALLOW_WEAK_JWT_SECRET: 'true' }), [])
  t.strictSame(problems({ ...jwt, JWT_SECRET: SECRET, JWT_SECRET_PREVIOUS: 'short' }), [
    'JWT_SECRET_PREVIOUS'
  ])
  const nothing = { ...jwt, JWT_SECRET: '!!', JWT_SECRET_ENCODING: 'base64' }
  t.strictSame(problems({ ...nothing, ALLOW_WEAK_JWT_SECRET: 'true' }), ['JWT_SECRET'])
})

t.test('the document’s key is four bytes', async (t) => {
  t.equal(secretBytes('fssFSS', 'base64').toString('hex'), '7ecb0549')
  t.equal(secretBytes('fssFSS', 'utf8').toString(), 'fssFSS')
})

t.test('what is allowed although it is weak is warned of', async (t) => {
  t.strictSame(authWarnings(authConfig()), [])
  t.match(authWarnings(authConfig({ AUTH_MODE: 'off' })), [/AUTH_MODE=off/])
  t.match(authWarnings(authConfig({ AUTH_MODE: 'jwt' })), [/AUTH_MODE=jwt/])
  t.match(authWarnings(authConfig({ JWT_SECRET: 'short' })), [/ALLOW_WEAK_JWT_SECRET/])
})
