import type { FlinkArguments } from './flink-arguments.ts'
import { deploymentFailure, type FlinkFailure, printFlinkFailure } from './flink-failure.ts'
import type { FlinkLog } from './flink-log.ts'
import { delay, type Launcher } from './launcher.ts'
import {
  type ApplicationReport,
  FINAL_STATES,
  type ResourceManagerClient,
  SubmissionRefused
} from './resource-manager-client.ts'
import { listOf } from './spark-arguments.ts'
import { schedulerAddress } from './spark-submission.ts'

export type FlinkLaunch = {
  launcher: Launcher
  log: FlinkLog
  args: FlinkArguments
  resourceManager: ResourceManagerClient
}

export type Deployed = { id: string; report: ApplicationReport; webAddress: string }

const POLL_MS = 100

/**
 * Deploys a cluster for one job: from the connection to `Found Web Interface`.
 * @param playedAs how the sandbox plays the JobManager
 * @throws FlinkFailure when it is refused or does not come up
 */
export async function deployCluster(
  launch: FlinkLaunch,
  playedAs: Record<string, unknown>
): Promise<Deployed> {
  const { launcher, log, args, resourceManager } = launch
  const application = args.target === 'yarn-application'
  await prepare(launch, application)
  const { id } = await resourceManager.newApplication()
  if (!launcher.env.SANDBOX_FLINK_VERSION?.startsWith('1.15.')) {
    log.descriptor(
      'Cannot use kerberos delegation token manager, no valid kerberos credentials provided.'
    )
  }
  log.descriptor(`Submitting application master ${id}`)
  await launcher.step('before-submit')
  try {
    await resourceManager.submit({
      id,
      name: args.name ?? (application ? 'Flink Application Cluster' : 'Flink per-job cluster'),
      type: args.type,
      queue: args.queue ?? 'default',
      tags: listOf(args.properties.get('yarn.tags')),
      maxAttempts: undefined,
      memoryMb: 768,
      command: `$JAVA_HOME/bin/java org.apache.flink.yarn.entrypoint.${application ? 'YarnApplicationClusterEntryPoint' : 'YarnJobClusterEntrypoint'} 1> <LOG_DIR>/jobmanager.out 2> <LOG_DIR>/jobmanager.err`,
      playedAs
    })
  } catch (error) {
    if (!(error instanceof SubmissionRefused)) throw error
    await cancelDeployment(launch, id)
    throw deploymentFailure(
      `org.apache.hadoop.yarn.exceptions.YarnException: Failed to submit ${id} to YARN : ${error.message}`
    )
  }
  // From here to RUNNING a hook kills the application when the client ends.
  const cancelled = new AbortController()
  launcher.onTerminate(async () => {
    cancelled.abort()
    await cancelDeployment(launch, id)
    const report = await resourceManager.report(id)
    printFlinkFailure(launcher, endedEarly(id, 'KILLED', report?.diagnostics))
  })
  await launcher.step('after-submit')
  log.yarnClient(`Submitted application ${id}`)
  log.descriptor('Waiting for the cluster to be allocated')
  const report = await waitUntilRunning(launch, id, cancelled.signal)
  launcher.onTerminate(() => {})
  log.descriptor('YARN application has been deployed successfully.')
  const webAddress = report.amRPCAddress ?? report.amHostHttpAddress ?? 'localhost:0'
  if (args.detached && !application) printDetachedHint(log, id)
  log.descriptor(`Found Web Interface ${webAddress} of application '${id}'.`)
  return { id, report, webAddress }
}

async function prepare(
  { log, args, resourceManager }: FlinkLaunch,
  application: boolean
): Promise<void> {
  const connecting = `Connecting to ResourceManager at ${schedulerAddress(resourceManager.address)}`
  log.hadoop('yarn.client.DefaultNoHARMFailoverProxyProvider', connecting)
  log.descriptor(
    'No path for the flink jar passed. Using the location of class org.apache.flink.yarn.YarnClusterDescriptor to locate the jar'
  )
  if (!application) {
    log.warning(
      'Job Clusters are deprecated since Flink 1.15. Please use an Application Cluster/Application Mode instead.'
    )
  }
  log.hadoop('conf.Configuration', 'resource-types.xml not found')
  log.hadoop('yarn.util.resource.ResourceUtils', "Unable to find 'resource-types.xml'.")
  const queues = args.queue === undefined ? [] : await resourceManager.queues()
  if (args.queue !== undefined && !queues.includes(args.queue)) {
    log.warning(
      `The specified queue '${args.queue}' does not exist. Available queues: ${queues.join(', ')}`
    )
  }
  const slots = args.properties.get('taskmanager.numberOfTaskSlots') ?? '1'
  log.descriptor(
    `Cluster specification: ClusterSpecification{masterMemoryMB=768, taskManagerMemoryMB=768, slotsPerTaskManager=${slots}}`
  )
  log.warning(
    "The file system scheme is 'file'. This indicates that the specified Hadoop configuration path is wrong and the system is using the default Hadoop configuration values.The Flink YARN client needs to store its files in a distributed file system"
  )
}

async function waitUntilRunning(
  launch: FlinkLaunch,
  id: string,
  cancelled: AbortSignal
): Promise<ApplicationReport> {
  const { log, resourceManager } = launch
  log.descriptor('Deploying cluster, current state ACCEPTED')
  for (;;) {
    const report = await resourceManager.report(id)
    const state = report?.state ?? 'FAILED'
    const finished = state === 'FINISHED' && report?.finalStatus === 'SUCCEEDED'
    if (report && (state === 'RUNNING' || finished)) return report
    if (FINAL_STATES.includes(state) && !cancelled.aborted) {
      await cancelDeployment(launch, id)
      throw endedEarly(id, state, report?.diagnostics)
    }
    await delay(POLL_MS)
  }
}

function endedEarly(id: string, state: string, diagnostics = ''): FlinkFailure {
  return deploymentFailure(
    `org.apache.flink.yarn.YarnClusterDescriptor$YarnDeploymentException: The YARN application unexpectedly switched to state ${state} during deployment. \nDiagnostics from YARN: ${diagnostics}\nIf log aggregation is enabled on your cluster, use this command to further investigate the issue:\nyarn logs -applicationId ${id}`
  )
}

async function cancelDeployment({ log, resourceManager }: FlinkLaunch, id: string): Promise<void> {
  log.descriptor('Cancelling deployment from Deployment Failure Hook')
  const connecting = `Connecting to ResourceManager at ${schedulerAddress(resourceManager.address)}`
  log.hadoop('yarn.client.DefaultNoHARMFailoverProxyProvider', connecting)
  log.descriptor('Killing YARN application')
  const before = await resourceManager.report(id)
  if (before && !FINAL_STATES.includes(before.state)) {
    await resourceManager.kill(id)
    log.yarnClient(`Killed application ${id}`)
  }
  log.descriptor(`Deleting files in file:/user/.flink/${id}.`)
}

function printDetachedHint(log: FlinkLog, id: string): void {
  log.descriptor(
    [
      'The Flink YARN session cluster has been started in detached mode. In order to stop Flink gracefully, use the following command:',
      `$ echo "stop" | ./bin/yarn-session.sh -id ${id}`,
      "If this should not be possible, then you can also kill Flink via YARN's web interface or via:",
      `$ yarn application -kill ${id}`,
      'Note that killing Flink might not clean up all job artifacts and temporary files.'
    ].join('\n')
  )
}
