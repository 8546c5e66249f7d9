import { loadConfig } from '@scheduler-task/service-base/load-config'
import t from 'tap'
import { environment } from '../src/config.ts'

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
