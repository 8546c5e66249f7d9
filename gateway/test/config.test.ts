import { loadConfig } from '@scheduler-task/service-base/load-config'
import t from 'tap'
import { environment, keepsStateAlone } from '../src/config.ts'

t.test('nothing set: embedded sessions on a loopback address', async (t) => {
  t.match(loadConfig(environment, {}), {
    HOST: '127.0.0.1',
    PORT: 8080,
    AUTH_MODE: 'session',
    SESSION_TTL_S: 3600,
    UPSTREAM_TIMEOUT_MS: 240_000,
    DATA_DIR: './data',
    EXECUTOR_URL: undefined
  })
})

t.test('upstreams are an address or a socket', async (t) => {
  for (const url of ['http://a', 'http://a:1', 'http://[::1]:80/', 'unix:/run/a b.sock']) {
    t.equal(loadConfig(environment, { EXECUTOR_URL: url }).EXECUTOR_URL, url)
  }
})

t.test('what cannot be used is refused by name', async (t) => {
  for (const [variables, name] of [
    [{ EXECUTOR_URL: 'ftp://a' }, 'EXECUTOR_URL'],
    [{ EXECUTOR_URL: 'https://a' }, 'EXECUTOR_URL'],
    [{ EXECUTOR_URL: 'http://a/path' }, 'EXECUTOR_URL'],
    [{ EXECUTOR_URL: 'http://a?b' }, 'EXECUTOR_URL'],
    [{ EXECUTOR_URL: 'http://user@a' }, 'EXECUTOR_URL'],
    [{ FILE_SERVICE_URL: 'unix:relative.sock' }, 'FILE_SERVICE_URL'],
    [{ AZKABAN_PROXY_URL: 'a' }, 'AZKABAN_PROXY_URL'],
    [{ UPSTREAM_TIMEOUT_MS: '-1' }, 'UPSTREAM_TIMEOUT_MS'],
    [{ UPSTREAM_CONNECTIONS: '0' }, 'UPSTREAM_CONNECTIONS'],
    [{ SESSION_TTL_S: '0' }, 'SESSION_TTL_S'],
    [{ SESSION_TTL_S: '1h' }, 'SESSION_TTL_S'],
    [{ ADMIN_PASSWORD: 'a'.repeat(1025) }, 'ADMIN_PASSWORD'],
    [{ JWT_SECRET: 'short' }, 'JWT_SECRET'],
    [{ REDIS_URL: 'redis://127.0.0.1:1' }, 'JWT_SECRET'],
    [{ REDIS_URL: 'http://127.0.0.1:1' }, 'REDIS_URL'],
    [{ AUTH_MODE: 'off', HOST: '0.0.0.0' }, 'AUTH_MODE']
  ] as const) {
    t.throws(
      () => loadConfig(environment, variables),
      { name: 'ConfigError', message: new RegExp(`${name}: `) },
      JSON.stringify(variables).slice(0, 60)
    )
  }
})

t.test('several workers need what they can share', async (t) => {
  const redis = { REDIS_URL: 'redis://127.0.0.1:1' }
  const key = { JWT_SECRET: 'a signing key of a test, long enough' }
  const two = { WORKERS: '2' }
  for (const [variables, expected] of [
    [{}, true],
    [key, true],
    [{ ...two, AUTH_MODE: 'off' }, false],
    [{ ...two, AUTH_MODE: 'jwt', ...key }, false],
    [{ ...two, ...redis, ...key }, false]
  ] as const) {
    t.equal(keepsStateAlone(loadConfig(environment, variables)), expected)
  }
  for (const variables of [two, { ...two, ...key }, { ...two, AUTH_MODE: 'jwt' }]) {
    t.throws(() => loadConfig(environment, variables), {
      name: 'ConfigError',
      message: /WORKERS: 2 processes cannot share what is kept in DATA_DIR: set REDIS_URL/
    })
  }
})

t.test('a number of workers is a whole number from 1 to 64', async (t) => {
  const key = { AUTH_MODE: 'jwt', JWT_SECRET: 'a signing key of a test, long enough' }
  for (const WORKERS of ['1', '64', '007']) {
    t.equal(loadConfig(environment, { ...key, WORKERS }).WORKERS, Number(WORKERS))
  }
  for (const WORKERS of ['0', '-1', '1.5', 'abc', '1000', '65', ' 2', '1e1', '٢', 'NaN']) {
    t.throws(() => loadConfig(environment, { ...key, WORKERS }), {
      name: 'ConfigError',
      message: /WORKERS: must be a whole number from 1 to 64/
    })
  }
})
