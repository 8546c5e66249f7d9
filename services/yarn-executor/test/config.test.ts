import { loadConfig } from '@scheduler-task/service-base/load-config'
import t from 'tap'
import { driversByMemory, environmentWith } from '../src/config.ts'

const LEAST = {
  AUTH_MODE: 'off',
  YARN_RM_URL: 'http://rm:8088',
  WATERDROP_HOME: '/opt/waterdrop',
  FILE_ROOT: '/srv/files'
}

t.test('what is missing or wrong is refused with the variable’s name', async (t) => {
  const wrong: readonly [string, string | undefined, RegExp][] = [
    ['YARN_RM_URL', undefined, /YARN_RM_URL: missing/],
    ['YARN_RM_URL', 'rm:8088', /YARN_RM_URL: ResourceManager address 1/],
    ['YARN_RM_URL', 'http://a:8088,ftp://b', /YARN_RM_URL: ResourceManager address 2/],
    ['FILE_ROOT', undefined, /FILE_ROOT: missing/],
    ['SPARK_LAUNCHER', 'flink', /SPARK_LAUNCHER: .*waterdrop-2/],
    ['FLINK_LAUNCHER', 'x', /FLINK_LAUNCHER: .*waterdrop-2/],
    ['YARN_USER', '-x y', /YARN_USER/],
    ['START_TIMEOUT_MS', '5s', /START_TIMEOUT_MS/],
    ['MAX_LAUNCHERS', '0', /MAX_LAUNCHERS/],
    ['MAX_QUEUED', '-1', /MAX_QUEUED/],
    ['DATABASE_URL', 'mysql://db/jobs', /DATABASE_URL: is not a URL as in postgres:/],
    ['DATABASE_URL', 'postgres://u:se#cret@db/jobs', /DATABASE_URL: is not a URL as in postgres:/],
    ['DATABASE_URL', 'postgresql:///jobs', /DATABASE_URL: names no host/],
    ['DATABASE_URL', 'postgres://u:secret@db:5432/', /DATABASE_URL: names no database/],
    ['DATABASE_CONNECTIONS', '0', /DATABASE_CONNECTIONS/]
  ]
  for (const [name, value, message] of wrong) {
    t.throws(() => loadConfig(environmentWith(), { ...LEAST, [name]: value }), { message }, name)
  }
})

t.test('a DATABASE_URL that is refused is not shown: there is a password in it', async (t) => {
  for (const url of [
    'mysql://u:secret@db/jobs',
    'postgres://u:secret@db',
    'postgres://u:secret@'
  ]) {
    try {
      loadConfig(environmentWith(), { ...LEAST, DATABASE_URL: url })
      t.fail(`${url} was taken`)
    } catch (error) {
      t.notMatch(String(error), 'secret')
    }
  }
})

t.test('defaults, and a list of ResourceManagers', async (t) => {
  const variables = { ...LEAST, YARN_RM_URL: 'http://rm1:8088, http://rm2:8088/' }
  const config = loadConfig(environmentWith(), variables)
  t.match(config, {
    PORT: 8082,
    YARN_RM_URL: ['http://rm1:8088', 'http://rm2:8088/'],
    START_TIMEOUT_MS: 120_000,
    STOP_TIMEOUT_MS: 60_000,
    SUBMIT_HORIZON_MS: 15_000,
    KILL_GRACE_MS: 10_000,
    MAX_LAUNCHERS: 2,
    SPARK_LAUNCHER: 'waterdrop-2'
  })
  t.ok(config.MAX_DRIVERS >= 1)
})

t.test('launchers get their own variables, and no others', async (t) => {
  const given = { ...LEAST, LAUNCHER_ENV_SPARK_OPTS: '-x', PATH: '/bin', SECRET_OF_OURS: 'x' }
  const config = loadConfig(environmentWith(), given)
  t.strictSame(config['LAUNCHER_ENV_*'], { LAUNCHER_ENV_SPARK_OPTS: '-x', PATH: '/bin' })
  t.notMatch(JSON.stringify(config), 'SECRET_OF_OURS')
})

t.test('one driver for each GiB beyond the first two, at least one', async (t) => {
  const GIB = 1024 ** 3
  const figures = [
    [0.5, 1],
    [2.9, 1],
    [3.9, 1],
    [4, 2],
    [16, 14]
  ] as const
  for (const [gib, drivers] of figures) t.equal(driversByMemory(gib * GIB), drivers, `${gib} GiB`)
})
