import { join } from 'node:path'
import { azkabanUrl } from './azkaban/configuration.ts'
import type { Directories } from './directories.ts'
import { hadoopClassPath } from './hadoop-configuration.ts'
import type { Ports } from './ports.ts'

/** The YARN user that launchers submit as; containers run as whoever started the engines. */
const yarnUser = 'alice'

/** The product's variables (docs/configuration.md) that make it use these engines. */
export function environmentFor(
  directories: Directories,
  ports: Ports,
  javaHome: string
): Record<string, string> {
  return {
    AZKABAN_URL: azkabanUrl(ports),
    YARN_RM_URL: resourceManagerUrl(ports),
    YARN_USER: yarnUser,
    YARN_LOG_SERVER_URL: `http://127.0.0.1:${ports.historyServerWeb}`,
    ...homes(directories, javaHome),
    ...Object.fromEntries(
      Object.entries(loopback).map(([name, value]) => [`LAUNCHER_ENV_${name}`, value])
    )
  }
}

/** What a launcher script needs that is started without the product, as by a job of Azkaban. */
export function launcherVariables(
  directories: Directories,
  javaHome: string
): Record<string, string> {
  return { HADOOP_USER_NAME: yarnUser, ...homes(directories, javaHome), ...loopback }
}

export function resourceManagerUrl(ports: Ports): string {
  return `http://127.0.0.1:${ports.resourceManagerWeb}`
}

/** Spark would bind the machine's outer interface. */
const loopback = { SPARK_LOCAL_IP: '127.0.0.1', SPARK_LOCAL_HOSTNAME: 'localhost' }

function homes(directories: Directories, javaHome: string): Record<string, string> {
  const { configuration } = directories
  return {
    JAVA_HOME: javaHome,
    HADOOP_CONF_DIR: join(configuration, 'hadoop'),
    HADOOP_CLASSPATH: hadoopClassPath(directories),
    SPARK_HOME: join(directories.spark, 'pyspark'),
    SPARK_CONF_DIR: join(configuration, 'spark'),
    PYSPARK_PYTHON: join(directories.python, 'bin', 'python'),
    FLINK_HOME: directories.flink,
    FLINK_CONF_DIR: join(configuration, 'flink'),
    WATERDROP_HOME: directories.waterdrop,
    WATERDROP_1_HOME: directories.waterdrop1,
    SEATUNNEL_HOME: directories.seatunnel
  }
}

/** What the product needs beside {@link environmentFor} for the profiles of SeaTunnel: it runs on older engines. */
export function seatunnelVariables(directories: Directories): Record<string, string> {
  const { configuration } = directories
  return {
    SPARK_HOME: join(directories.seatunnelSpark, 'pyspark'),
    SPARK_CONF_DIR: join(configuration, 'seatunnel-spark'),
    FLINK_HOME: directories.seatunnelFlink,
    FLINK_CONF_DIR: join(configuration, 'seatunnel-flink')
  }
}

/** Lines for a shell to `eval`. */
export function exportLines(environment: Record<string, string>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('')
}
