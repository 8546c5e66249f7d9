import type { Directories } from './directories.ts'
import type { Ports } from './ports.ts'

/** Marks the daemons and, handed on by the NodeManager, every JVM in a container. */
export const runVariable = 'SCHEDULER_TASK_ENGINES_RUN'

type Properties = Record<string, string | number | boolean>

/** Hadoop's files by name: loopback only, no HDFS, small containers, quick heartbeats. */
export function hadoopConfiguration(
  directories: Directories,
  ports: Ports
): Record<string, string> {
  return {
    'core-site.xml': xml({
      'fs.defaultFS': 'file:///',
      'hadoop.tmp.dir': `${directories.work}/tmp`
    }),
    'yarn-site.xml': xml({
      ...resourceManager(directories, ports),
      ...nodeManager(directories, ports),
      ...logAggregation(directories, ports),
      // Flink's ApplicationMaster takes Hadoop from here.
      'yarn.application.classpath': hadoopClassPath(directories).replaceAll(':', ',')
    }),
    'mapred-site.xml': xml(historyServer(directories, ports)),
    'capacity-scheduler.xml': xml(queues),
    'log4j.properties': log4j
  }
}

/** Also what launchers need as HADOOP_CLASSPATH. */
export function hadoopClassPath(directories: Directories): string {
  return `${directories.configuration}/hadoop:${directories.hadoop}/*`
}

function resourceManager(directories: Directories, ports: Ports): Properties {
  const name = 'yarn.resourcemanager'
  return {
    [`${name}.hostname`]: 'localhost',
    [`${name}.bind-host`]: '127.0.0.1',
    [`${name}.webapp.address`]: `localhost:${ports.resourceManagerWeb}`,
    [`${name}.scheduler.address`]: `localhost:${ports.resourceManagerScheduler}`,
    [`${name}.resource-tracker.address`]: `localhost:${ports.resourceManagerTracker}`,
    [`${name}.address`]: `localhost:${ports.resourceManagerClient}`,
    [`${name}.admin.address`]: `localhost:${ports.resourceManagerAdmin}`,
    [`${name}.scheduler.class`]:
      'org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler',
    // Halves the time from ACCEPTED to a started ApplicationMaster.
    [`${name}.nodemanagers.heartbeat-interval-ms`]: 200,
    // It remembers its applications over a restart, unless that directory is emptied before.
    [`${name}.recovery.enabled`]: true,
    [`${name}.store.class`]:
      'org.apache.hadoop.yarn.server.resourcemanager.recovery.FileSystemRMStateStore',
    [`${name}.fs.state-store.uri`]: `file:${directories.resourceManagerMemory}`,
    // By default it gives no container away for ten seconds after a restart.
    [`${name}.work-preserving-recovery.scheduling-wait-ms`]: 500,
    // By default a NodeManager or a client looks for a lost ResourceManager every 30 seconds.
    [`${name}.connect.retry-interval.ms`]: 1000,
    // Otherwise below /tmp, shared with every other cluster of the user.
    'yarn.node-attribute.fs-store.root-dir': `file:${directories.work}/node-attribute`,
    'yarn.scheduler.minimum-allocation-mb': 256,
    'yarn.scheduler.maximum-allocation-mb': 8192
  }
}

function nodeManager(directories: Directories, ports: Ports): Properties {
  const name = 'yarn.nodemanager'
  return {
    [`${name}.hostname`]: 'localhost',
    [`${name}.bind-host`]: '127.0.0.1',
    [`${name}.address`]: `localhost:${ports.nodeManager}`,
    [`${name}.localizer.address`]: `localhost:${ports.nodeManagerLocalizer}`,
    [`${name}.webapp.address`]: `localhost:${ports.nodeManagerWeb}`,
    [`${name}.local-dirs`]: `${directories.work}/nm-local`,
    [`${name}.log-dirs`]: `${directories.work}/nm-logs`,
    [`${name}.env-whitelist`]: `JAVA_HOME,HADOOP_CONF_DIR,PATH,LANG,TZ,${runVariable}`,
    // Figures of account only: nothing is measured against them.
    [`${name}.resource.memory-mb`]: 8192,
    [`${name}.resource.cpu-vcores`]: 8,
    // A JVM's virtual size would get every container killed.
    [`${name}.vmem-check-enabled`]: false,
    [`${name}.pmem-check-enabled`]: false,
    // A disk over 90 % would make the node UNHEALTHY.
    [`${name}.disk-health-checker.enable`]: false
  }
}

/** Once an application is over, its container logs are moved here, and the history server shows them. */
function logAggregation(directories: Directories, ports: Ports): Properties {
  const web = `http://localhost:${ports.historyServerWeb}`
  return {
    'yarn.log-aggregation-enable': true,
    'yarn.nodemanager.remote-app-log-dir': `file:${directories.aggregatedLogs}`,
    'yarn.log.server.url': `${web}/jobhistory/logs`,
    'yarn.log.server.web-service.url': `${web}/ws/v1/history`
  }
}

function historyServer(directories: Directories, ports: Ports): Properties {
  const name = 'mapreduce.jobhistory'
  return {
    [`${name}.address`]: `localhost:${ports.historyServer}`,
    [`${name}.admin.address`]: `localhost:${ports.historyServerAdmin}`,
    [`${name}.webapp.address`]: `localhost:${ports.historyServerWeb}`,
    [`${name}.bind-host`]: '127.0.0.1',
    'yarn.app.mapreduce.am.staging-dir': `${directories.work}/history`
  }
}

const queues: Properties = {
  'yarn.scheduler.capacity.root.queues': 'default,etl',
  'yarn.scheduler.capacity.root.default.capacity': 50,
  'yarn.scheduler.capacity.root.default.maximum-capacity': 100,
  'yarn.scheduler.capacity.root.default.user-limit-factor': 2,
  'yarn.scheduler.capacity.root.etl.capacity': 50,
  'yarn.scheduler.capacity.root.etl.maximum-capacity': 100,
  'yarn.scheduler.capacity.root.etl.user-limit-factor': 2,
  // By default a tenth of the memory is for ApplicationMasters: one small job at a time.
  'yarn.scheduler.capacity.maximum-am-resource-percent': 0.9
}

const log4j = `log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{2}: %m%n
`

function xml(properties: Properties): string {
  const lines = Object.entries(properties).map(
    ([name, value]) =>
      `  <property><name>${name}</name><value>${String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</value></property>`
  )
  return `<?xml version="1.0"?>\n<configuration>\n${lines.join('\n')}\n</configuration>\n`
}
