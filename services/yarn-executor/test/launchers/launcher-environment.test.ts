import t from 'tap'
import { launcherEnvironment } from '../../src/launchers/launcher-environment.ts'

t.test('only what is named reaches a launcher', async (t) => {
  const environment = launcherEnvironment(
    {
      PATH: '/opt/bin:/usr/bin',
      HOME: '/var/lib/etl',
      USER: 'etl',
      SPARK_HOME: '/opt/spark',
      SPARK_CONF_DIR: '',
      JAVA_HOME: '/opt/java',
      HADOOP_CLASSPATH: undefined,
      YARN_USER: 'alice',
      LAUNCHER_ENV_HADOOP_OPTS: '-Dx=y z',
      LAUNCHER_ENV_HADOOP_USER_NAME: 'mallory',
      'LAUNCHER_ENV_A B': 'x',
      LAUNCHER_ENV_: 'x',
      LAUNCHER_ENV_NUL: 'a\0b',
      JWT_SECRET: 'no',
      LD_PRELOAD: 'no',
      BASH_ENV: 'no',
      HADOOP_USER_NAME: 'no',
      PORT: 8082
    },
    'C.UTF-8'
  )
  t.strictSame(environment, {
    PATH: '/opt/java/bin:/opt/bin:/usr/bin',
    HOME: '/var/lib/etl',
    USER: 'etl',
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    SPARK_HOME: '/opt/spark',
    JAVA_HOME: '/opt/java',
    HADOOP_OPTS: '-Dx=y z',
    HADOOP_USER_NAME: 'alice'
  })
})

t.test('without any setting there is a path, a home and a user', async (t) => {
  const { PATH, HOME, USER, ...rest } = launcherEnvironment({}, 'en_US.UTF-8')
  t.match(PATH, /\/usr\/bin:\/sbin:\/bin$/)
  t.ok(HOME?.startsWith('/') && USER)
  t.same(rest, { LANG: 'en_US.UTF-8', LC_ALL: 'en_US.UTF-8' })
})
