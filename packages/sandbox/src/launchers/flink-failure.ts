import type { Launcher } from './launcher.ts'

/** Why `flink run` ends with 1, as an exception of the program's main method. */
export class FlinkFailure extends Error {
  override readonly name = 'FlinkFailure'
  /** Further exceptions below it, innermost last, with the frames of each. */
  readonly causes: FlinkCause[]

  constructor(message: string, causes: FlinkCause[] = []) {
    super(message)
    this.causes = causes
  }
}

export type FlinkCause = { exception: string; frames: string[] }

const MAIN_FRAMES = [
  'org.apache.flink.client.program.PackagedProgram.callMainMethod(PackagedProgram.java:373)',
  'org.apache.flink.client.program.PackagedProgram.invokeInteractiveModeForExecution(PackagedProgram.java:223)',
  'org.apache.flink.client.ClientUtils.executeProgram(ClientUtils.java:113)',
  'org.apache.flink.client.cli.CliFrontend.executeProgram(CliFrontend.java:1026)',
  'org.apache.flink.client.cli.CliFrontend.run(CliFrontend.java:247)',
  'org.apache.flink.client.cli.CliFrontend.parseAndRun(CliFrontend.java:1270)',
  'org.apache.flink.client.cli.CliFrontend.lambda$mainInternal$10(CliFrontend.java:1367)',
  'java.base/java.security.AccessController.doPrivileged(AccessController.java:712)',
  'java.base/javax.security.auth.Subject.doAs(Subject.java:439)',
  'org.apache.hadoop.security.UserGroupInformation.doAs(UserGroupInformation.java:1899)',
  'org.apache.flink.runtime.security.contexts.HadoopSecurityContext.runSecured(HadoopSecurityContext.java:41)',
  'org.apache.flink.client.cli.CliFrontend.mainInternal(CliFrontend.java:1367)',
  'org.apache.flink.client.cli.CliFrontend.main(CliFrontend.java:1335)'
]
const DESCRIPTOR = 'org.apache.flink.yarn.YarnClusterDescriptor'

/** A cluster that did not come up. `cause` is the exception that says why. */
export function deploymentFailure(cause: string): FlinkFailure {
  const headline = 'Could not deploy Yarn job cluster.'
  return new FlinkFailure(headline, [
    {
      exception: `org.apache.flink.client.deployment.ClusterDeploymentException: ${headline}`,
      frames: [
        `${DESCRIPTOR}.deployJobCluster(YarnClusterDescriptor.java:567)`,
        'org.apache.flink.client.deployment.executors.AbstractJobClusterExecutor.execute(AbstractJobClusterExecutor.java:83)',
        'org.apache.flink.streaming.api.environment.StreamExecutionEnvironment.execute(StreamExecutionEnvironment.java:2325)'
      ]
    },
    {
      exception: cause,
      frames: [
        ...(cause.startsWith('org.apache.hadoop.yarn')
          ? [
              'org.apache.hadoop.yarn.client.api.impl.YarnClientImpl.submitApplication(YarnClientImpl.java:336)',
              `${DESCRIPTOR}.startAppMaster(YarnClusterDescriptor.java:1282)`
            ]
          : [`${DESCRIPTOR}.startAppMaster(YarnClusterDescriptor.java:1306)`]),
        `${DESCRIPTOR}.deployInternal(YarnClusterDescriptor.java:693)`,
        `${DESCRIPTOR}.deployJobCluster(YarnClusterDescriptor.java:560)`
      ]
    }
  ])
}

/** An attached client whose cluster is gone: it has asked the dead web port for a minute. */
export function unreachableCluster(address: string): FlinkFailure {
  const [host, port] = address.split(':')
  const retry =
    'org.apache.flink.util.concurrent.FutureUtils$RetryException: Could not complete the operation. Number of retries has been exhausted.'
  const connect = `org.apache.flink.shaded.netty4.io.netty.channel.AbstractChannel$AnnotatedConnectException: Connection refused: ${host}/127.0.0.1:${port}`
  return new FlinkFailure(retry, [
    { exception: `java.util.concurrent.ExecutionException: ${retry}`, frames: [] },
    { exception: retry, frames: [] },
    { exception: `java.util.concurrent.CompletionException: ${connect}`, frames: [] },
    { exception: connect, frames: [] },
    { exception: 'java.net.ConnectException: Connection refused', frames: [] }
  ])
}

export function printFlinkFailure({ output }: Launcher, failure: FlinkFailure): void {
  output.stderr(`
${'-'.repeat(60)}
 The program finished with the following exception:

org.apache.flink.client.program.ProgramInvocationException: The main method caused an error: ${failure.message}`)
  for (const frame of MAIN_FRAMES) output.stderr(`\tat ${frame}`)
  for (const { exception, frames } of failure.causes) {
    output.stderr(`Caused by: ${exception}`)
    for (const frame of frames) output.stderr(`\tat ${frame}`)
    output.stderr('\t... 12 more')
  }
}
