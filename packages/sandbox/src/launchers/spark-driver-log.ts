import { randomInt } from 'node:crypto'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import {
  fileUri,
  printAcls,
  printNativeCodeWarning,
  printShutdownHook,
  type SparkLog
} from './spark-log.ts'

/** What a driver prints of its own life, in the order recorded from Spark 3.5.3 in client mode. */
export type DriverLog = {
  starting(name: string): void
  registered(id: string, proxyBase: string): void
  running(id: string): void
  stopping(options: { fromHook: boolean; registered: boolean }): void
}

const FILTERED_PATHS = [
  ...['jobs', 'jobs/json', 'jobs/job', 'jobs/job/json', 'stages', 'stages/json', 'stages/stage'],
  ...['stages/stage/json', 'stages/pool', 'stages/pool/json', 'storage', 'storage/json'],
  ...['storage/rdd', 'storage/rdd/json', 'environment', 'environment/json', 'executors'],
  ...['executors/json', 'executors/threadDump', 'executors/threadDump/json'],
  ...['executors/heapHistogram', 'executors/heapHistogram/json', 'static', '', 'api'],
  ...['jobs/job/kill', 'stages/stage/kill', 'metrics/json']
]
const FILTER = 'org.apache.hadoop.yarn.server.webproxy.amfilter.AmIpFilter'

/**
 * @param options.program the primary resource; a jar is offered to the executors, a Python program is not
 * @param options.warned the program has made Hadoop warn of its native code already
 */
export function driverLog(
  log: SparkLog,
  { user, program, warned }: { user: string; program: string; warned: boolean }
): DriverLog {
  /** Spark 3.3 says less here and there. */
  const older = log.version.startsWith('3.3.')
  const python = program.endsWith('.py')
  const host = hostname()
  const port = () => randomInt(32_768, 60_999)
  const driverPort = port()
  const uiPort = port()
  const blockPort = port()
  const executorPort = port()
  const manager = `BlockManagerId(driver, ${host}, ${blockPort}, None)`
  const scratch = dirname(log.scratch)

  return {
    starting(name) {
      if (!python && !warned) printNativeCodeWarning(log)
      const rule = '='.repeat(62)
      log.info('SparkContext', `Running Spark version ${log.version}`)
      if (!older) {
        log.info('SparkContext', 'OS info Linux, 5.10.0, amd64')
        log.info('SparkContext', 'Java version 17.0.15')
      }
      if (python) printNativeCodeWarning(log)
      log.info('ResourceUtils', rule)
      log.info('ResourceUtils', 'No custom resources configured for spark.driver.')
      log.info('ResourceUtils', rule)
      log.info('SparkContext', `Submitted application: ${name}`)
      log.info(
        'ResourceProfile',
        'Default ResourceProfile created, executor resources: Map(memoryOverhead -> name: memoryOverhead, amount: 128, script: , vendor: , cores -> name: cores, amount: 1, script: , vendor: , memory -> name: memory, amount: 512, script: , vendor: , offHeap -> name: offHeap, amount: 0, script: , vendor: ), task resources: Map(cpus -> name: cpus, amount: 1.0)'
      )
      log.info('ResourceProfile', 'Limiting resource is cpus at 1 tasks per executor')
      log.info('ResourceProfileManager', 'Added ResourceProfile id: 0')
      printAcls(log, user)
      log.info('Utils', `Successfully started service 'sparkDriver' on port ${driverPort}.`)
      log.info('SparkEnv', 'Registering MapOutputTracker')
      log.info('SparkEnv', 'Registering BlockManagerMaster')
      log.info(
        'BlockManagerMasterEndpoint',
        'Using org.apache.spark.storage.DefaultTopologyMapper for getting topology information'
      )
      log.info('BlockManagerMasterEndpoint', 'BlockManagerMasterEndpoint up')
      log.info('SparkEnv', 'Registering BlockManagerMasterHeartbeat')
      const blocks = log.scratch.replace(/.*\/spark-/, 'blockmgr-')
      log.info('DiskBlockManager', `Created local directory at ${join(scratch, blocks)}`)
      log.info('MemoryStore', 'MemoryStore started with capacity 117.0 MiB')
      log.info('SparkEnv', 'Registering OutputCommitCoordinator')
      if (!older) log.info('JettyUtils', 'Start Jetty 127.0.0.1:0 for SparkUI')
      log.info('Utils', `Successfully started service 'SparkUI' on port ${uiPort}.`)
      if (python) return
      log.info(
        'SparkContext',
        `Added JAR ${fileUri(program)} at spark://${host}:${driverPort}/jars/${basename(program)} with timestamp ${Date.now()}`
      )
    },

    registered(id, proxyBase) {
      log.info(
        'YarnClientSchedulerBackend',
        `Add WebUI Filter. ${FILTER}, Map(PROXY_HOSTS -> ${host}, PROXY_URI_BASES -> ${proxyBase}/proxy/${id}), /proxy/${id}`
      )
      log.info(
        'YarnSchedulerBackend$YarnSchedulerEndpoint',
        'ApplicationMaster registered as NettyRpcEndpointRef(spark-client://YarnAM)'
      )
    },

    running(id) {
      log.info('YarnClientSchedulerBackend', `Application ${id} has started running.`)
      log.info(
        'Utils',
        `Successfully started service 'org.apache.spark.network.netty.NettyBlockTransferService' on port ${blockPort}.`
      )
      log.info('NettyBlockTransferService', `Server created on ${host}:${blockPort}`)
      log.info(
        'BlockManager',
        'Using org.apache.spark.storage.RandomBlockReplicationPolicy for block replication policy'
      )
      log.info('BlockManagerMaster', `Registering BlockManager ${manager}`)
      log.info(
        'BlockManagerMasterEndpoint',
        `Registering block manager ${host}:${blockPort} with 117.0 MiB RAM, ${manager}`
      )
      log.info('BlockManagerMaster', `Registered BlockManager ${manager}`)
      log.info('BlockManager', `Initialized BlockManager: ${manager}`)
      for (const path of FILTERED_PATHS) {
        if (older && (path === 'metrics/json' || path.includes('heapHistogram'))) continue
        log.info('ServerInfo', `Adding filter to /${path}: ${FILTER}`)
      }
      log.info(
        'YarnSchedulerBackend$YarnDriverEndpoint',
        `Registered executor NettyRpcEndpointRef(spark-client://Executor) (127.0.0.1:${port()}) with ID 1,  ResourceProfileId 0`
      )
      log.info(
        'YarnClientSchedulerBackend',
        'SchedulerBackend is ready for scheduling beginning after reached minRegisteredResourcesRatio: 0.8'
      )
      log.info(
        'BlockManagerMasterEndpoint',
        `Registering block manager ${host}:${executorPort} with 117.0 MiB RAM, BlockManagerId(1, ${host}, ${executorPort}, None)`
      )
    },

    stopping({ fromHook, registered }) {
      if (fromHook) log.info('SparkContext', 'Invoking stop() from shutdown hook')
      if (!older) log.info('SparkContext', 'SparkContext is stopping with exitCode 0.')
      log.info('SparkUI', `Stopped Spark web UI at http://${host}:${uiPort}`)
      if (registered) {
        log.info('YarnClientSchedulerBackend', 'Interrupting monitor thread')
      } else {
        const endpoint = 'YarnSchedulerBackend$YarnSchedulerEndpoint'
        log.warn(endpoint, 'Attempted to send shutdown message before the AM has registered!')
        log.warn(endpoint, 'Attempted to request executors before the AM has registered!')
      }
      log.info('YarnClientSchedulerBackend', 'Shutting down all executors')
      log.info('YarnSchedulerBackend$YarnDriverEndpoint', 'Asking each executor to shut down')
      log.info('YarnClientSchedulerBackend', 'YARN client scheduler backend Stopped')
      log.info('MapOutputTrackerMasterEndpoint', 'MapOutputTrackerMasterEndpoint stopped!')
      log.info('MemoryStore', 'MemoryStore cleared')
      log.info('BlockManager', 'BlockManager stopped')
      log.info('BlockManagerMaster', 'BlockManagerMaster stopped')
      if (!registered) log.warn('MetricsSystem', 'Stopping a MetricsSystem that is not running')
      log.info(
        'OutputCommitCoordinator$OutputCommitCoordinatorEndpoint',
        'OutputCommitCoordinator stopped!'
      )
      log.info('SparkContext', 'Successfully stopped SparkContext')
      const second = log.scratch.replace(/[0-9a-f]{8}-/, 'ffffffff-')
      printShutdownHook(log, [
        second,
        log.scratch,
        ...(python && registered ? [`${log.scratch}/pyspark-${second.slice(-36)}`] : [])
      ])
    }
  }
}
