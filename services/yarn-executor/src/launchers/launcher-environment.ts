import { userInfo } from 'node:os'

/** What launchers need of the host (public-api §7); nothing else of this service's environment reaches them. */
const PASSED_ON = [
  'SPARK_HOME',
  'SPARK_CONF_DIR',
  'PYSPARK_PYTHON',
  'FLINK_HOME',
  'FLINK_CONF_DIR',
  'HADOOP_CONF_DIR',
  'HADOOP_CLASSPATH',
  'JAVA_HOME',
  'PATH',
  'HOME',
  'USER'
] as const
const PREFIX = 'LAUNCHER_ENV_'
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * The environment of every launcher: the variables above and `LAUNCHER_ENV_…` (without the prefix) out of `settings`,
 * anything else in it is ignored. `YARN_USER` becomes HADOOP_USER_NAME. Java is looked for in JAVA_HOME first, since the
 * scripts take it from the PATH (waterdrop.md §1.8). `locale` is one with UTF-8, else names arrive as question marks.
 */
export function launcherEnvironment(
  settings: Readonly<Record<string, unknown>>,
  locale: string
): Readonly<Record<string, string>> {
  const { username, homedir } = userInfo()
  const environment: Record<string, string> = {
    PATH: DEFAULT_PATH,
    HOME: homedir,
    USER: username,
    LANG: locale,
    LC_ALL: locale
  }
  for (const name of PASSED_ON) put(environment, name, settings[name])
  if (environment.JAVA_HOME) {
    environment.PATH = `${environment.JAVA_HOME}/bin:${environment.PATH}`
  }
  for (const [name, value] of Object.entries(settings)) {
    if (name.startsWith(PREFIX)) put(environment, name.slice(PREFIX.length), value)
  }
  put(environment, 'HADOOP_USER_NAME', settings.YARN_USER)
  return environment
}

function put(environment: Record<string, string>, name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) return
  if (PLAIN_NAME.test(name)) environment[name] = value
}
