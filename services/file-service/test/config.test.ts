import { loadConfig } from '@scheduler-task/service-base/load-config'
import t from 'tap'
import { environment, environmentWith } from '../src/config.ts'

const GOOD = { FILE_ROOT: '/srv/files', AUTH_MODE: 'off' }

t.test('what is not set has the documented value', async (t) => {
  t.match(loadConfig(environmentWith(), { ...GOOD, TRASH_DAYS: '' }), {
    PORT: 8083,
    HOST: '127.0.0.1',
    MAX_UPLOAD_BYTES: 4_294_967_296,
    TRASH_DAYS: 7,
    UPLOAD_TIMEOUT_MS: 3_600_000,
    IDLE_TIMEOUT_MS: 60_000,
    CLEANUP_INTERVAL_MS: 600_000
  })
})

t.test('every wrong value is refused with the variable’s name', async (t) => {
  for (const [variables, says] of [
    [{ FILE_ROOT: '' }, /FILE_ROOT: missing/],
    [{ FILE_ROOT: '/' }, /FILE_ROOT: must not be the root/],
    [{ FILE_ROOT: '/./..' }, /FILE_ROOT: must not be the root/],
    [{ MAX_UPLOAD_BYTES: '4G' }, /MAX_UPLOAD_BYTES/],
    [{ MAX_UPLOAD_BYTES: '0' }, /MAX_UPLOAD_BYTES/],
    [{ TRASH_DAYS: '-1' }, /TRASH_DAYS/],
    [{ TRASH_DAYS: '0.5' }, /TRASH_DAYS/],
    [{ UPLOAD_TIMEOUT_MS: '0' }, /UPLOAD_TIMEOUT_MS/],
    [{ IDLE_TIMEOUT_MS: 'x' }, /IDLE_TIMEOUT_MS/],
    [{ CLEANUP_INTERVAL_MS: '1' }, /CLEANUP_INTERVAL_MS/],
    [{ AUTH_MODE: 'session' }, /REDIS_URL: missing/],
    [{ HOST: '0.0.0.0' }, /AUTH_MODE: off is only for a loopback HOST/]
  ] as const) {
    t.throws(() => loadConfig(environmentWith(), { ...GOOD, ...variables }), {
      name: 'ConfigError',
      message: says
    })
  }
})

t.test('every variable says what it is for', async (t) => {
  for (const [name, schema] of Object.entries(environment.shape)) t.ok(schema.description, name)
})

t.test('REDIS_URL may be missing where the sessions come from elsewhere', async (t) => {
  const variables = { FILE_ROOT: '/srv/files', JWT_SECRET: 'a-secret-of-at-least-thirty-two-bytes' }
  t.match(loadConfig(environmentWith({ sessionsElsewhere: true }), variables), {
    AUTH_MODE: 'session'
  })
})
