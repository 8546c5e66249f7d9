import { join } from 'node:path'
import type { Directories } from './directories.ts'
import { hadoopClassPath } from './hadoop-configuration.ts'

/** The YARN user that launchers submit as; containers run as whoever started the engines. */
const yarnUser = 'alice'

/** The product's variables (docs/configuration.md) that make it use these engines. */
export function environmentFor(
  directories: Directories,
  resourceManagerUrl: string,
  javaHome: string
): Record<string, string> {
  const { configuration } = directories
  return {
    YARN_RM_URL: resourceManagerUrl,
    YARN_USER: yarnUser,
    JAVA_HOME: javaHome,
    HADOOP_CONF_DIR: join(configuration, 'hadoop'),
    HADOOP_CLASSPATH: hadoopClassPath(directories),
    SPARK_HOME: join(directories.spark, 'pyspark'),
    SPARK_CONF_DIR: join(configuration, 'spark'),
    PYSPARK_PYTHON: join(directories.python, 'bin', 'python'),
    FLINK_HOME: directories.flink,
    FLINK_CONF_DIR: join(configuration, 'flink'),
    WATERDROP_HOME: directories.waterdrop,
    // Spark would bind the machine's outer interface.
    LAUNCHER_ENV_SPARK_LOCAL_IP: '127.0.0.1',
    LAUNCHER_ENV_SPARK_LOCAL_HOSTNAME: 'localhost'
  }
}

/** Lines for a shell to `eval`. */
export function exportLines(environment: Record<string, string>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('')
}
