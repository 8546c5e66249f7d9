import type { Launcher } from './launcher.ts'

/** Log of a stand-in flink client: on stdout, only the YARN loggers, as log4j-cli.properties says. */
export type FlinkLog = {
  cli(message: string): void
  descriptor(message: string): void
  warning(message: string): void
  yarnClient(message: string): void
  hadoop(logger: string, message: string): void
}

export function flinkLog(launcher: Launcher): FlinkLog {
  const print = (level: string, logger: string, message: string) =>
    launcher.output.stdout(`${flinkTime(new Date())} ${level} ${logger.padEnd(60)} [] - ${message}`)
  const descriptor = 'org.apache.flink.yarn.YarnClusterDescriptor'
  return {
    cli: (message) => print('INFO ', 'org.apache.flink.yarn.cli.FlinkYarnSessionCli', message),
    descriptor: (message) => print('INFO ', descriptor, message),
    warning: (message) => print('WARN ', descriptor, message),
    yarnClient: (message) =>
      print('INFO ', 'org.apache.hadoop.yarn.client.api.impl.YarnClientImpl', message),
    hadoop: (logger, message) => print('INFO ', `org.apache.hadoop.${logger}`, message)
  }
}

function flinkTime(now: Date): string {
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString()
  return local.slice(0, 23).replace('T', ' ').replace('.', ',')
}

/** Printed by every flink client with Hadoop's jars on its class path. */
export function printBindings({ env, output }: Launcher): void {
  const home = env.FLINK_HOME ?? '/opt/flink'
  const binder = 'org/slf4j/impl/StaticLoggerBinder.class]'
  output.stderr(
    [
      'SLF4J: Class path contains multiple SLF4J bindings.',
      `SLF4J: Found binding in [jar:file:${home}/lib/log4j-slf4j-impl-2.17.1.jar!/${binder}`,
      `SLF4J: Found binding in [jar:file:/opt/hadoop/lib/slf4j-reload4j-1.7.36.jar!/${binder}`,
      'SLF4J: See http://www.slf4j.org/codes.html#multiple_bindings for an explanation.',
      'SLF4J: Actual binding is of type [org.apache.logging.slf4j.Log4jLoggerFactory]'
    ].join('\n')
  )
}

/** Printed at the end of a run, failed or not, with Hadoop 3.3: no sign of failure. */
export function printClosedClassLoader({ env, output }: Launcher): void {
  const old = env.SANDBOX_FLINK_VERSION?.startsWith('1.15.') === true
  const loader = old
    ? 'runtime.execution.librarycache.FlinkUserCodeClassLoaders$SafetyNetWrapperClassLoader'
    : 'util.FlinkUserCodeClassLoaders$SafetyNetWrapperClassLoader'
  const [inner, resource] = old ? [164, 183] : [189, 219]
  const configuration = 'org.apache.hadoop.conf.Configuration'
  const hook = 'org.apache.hadoop.util.ShutdownHookManager'
  const frames = [
    `org.apache.flink.${loader}.ensureInner(FlinkUserCodeClassLoaders.java:${inner})`,
    `org.apache.flink.${loader}.getResource(FlinkUserCodeClassLoaders.java:${resource})`,
    `${configuration}.getResource(Configuration.java:2839)`,
    `${configuration}.getStreamReader(Configuration.java:3113)`,
    `${configuration}.loadResource(Configuration.java:3072)`,
    `${configuration}.loadResources(Configuration.java:3045)`,
    `${configuration}.loadProps(Configuration.java:2923)`,
    `${configuration}.getProps(Configuration.java:2905)`,
    `${configuration}.get(Configuration.java:1247)`,
    `${configuration}.getTimeDuration(Configuration.java:1864)`,
    `${configuration}.getTimeDuration(Configuration.java:1841)`,
    `${hook}.getShutdownTimeout(ShutdownHookManager.java:183)`,
    `${hook}.shutdownExecutor(ShutdownHookManager.java:145)`,
    `${hook}.access$300(ShutdownHookManager.java:65)`,
    `${hook}$1.run(ShutdownHookManager.java:102)`
  ]
  output.stderr(
    `Exception in thread "Thread-3" java.lang.IllegalStateException: Trying to access closed classloader. Please check if you store classloaders directly or indirectly in static fields. If the stacktrace suggests that the leak occurs in a third party library and cannot be fixed immediately, you can disable this check with the configuration 'classloader.check-leaked-classloader'.`
  )
  for (const frame of frames) output.stderr(`\tat ${frame}`)
}
