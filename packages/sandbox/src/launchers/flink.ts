import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { type FlinkArguments, FlinkUsageError, parseFlinkArguments } from './flink-arguments.ts'
import { type Deployed, deployCluster, type FlinkLaunch } from './flink-deployment.ts'
import { FlinkFailure, printFlinkFailure, unreachableCluster } from './flink-failure.ts'
import { flinkLog, printBindings, printClosedClassLoader } from './flink-log.ts'
import { type Job, readPlainJob } from './job.ts'
import { delay, type Launcher, runLauncher } from './launcher.ts'
import { FINAL_STATES } from './resource-manager-client.ts'
import { SEATUNNEL_CLASS, startSeatunnelJob } from './seatunnel-job.ts'
import { timing } from './spark-application-master.ts'
import { propertiesOf } from './system-properties.ts'
import { startWaterdropJob, swallowedError } from './waterdrop-job.ts'

const RETRY_MS = 61_000

async function flink(launcher: Launcher): Promise<number> {
  printBindings(launcher)
  try {
    return await run(launcher, parseFlinkArguments(launcher.words))
  } catch (error) {
    if (error instanceof FlinkUsageError) {
      launcher.output.stdout(
        `${error.message}\n\nUse the help option (-h or --help) to get help on the command.`
      )
      return 1
    }
    if (!(error instanceof FlinkFailure)) throw error
    printFlinkFailure(launcher, error)
    printClosedClassLoader(launcher)
    return 1
  }
}

async function run(launcher: Launcher, args: FlinkArguments): Promise<number> {
  const application = args.action === 'run-application' || args.target === 'yarn-application'
  if (args.action !== 'run' && args.action !== 'run-application') {
    throw new FlinkUsageError(`"${args.action}" is not a valid action of the sandbox's flink.`)
  }
  if (args.jar === undefined)
    throw new FlinkUsageError('Java program should be specified a JAR file.')
  if (!existsSync(args.jar)) {
    throw new FlinkUsageError(
      `Could not get job jar and dependencies from JAR file: JAR file does not exist: ${args.jar}`
    )
  }
  if (args.target !== 'yarn-per-job' && !application) {
    throw new FlinkFailure(`The sandbox has only YARN: target ${args.target ?? 'remote'}`)
  }
  const log = flinkLog(launcher)
  for (const property of [...args.yarnProperties, ...args.yarnProperties]) {
    log.cli(`Dynamic Property set: ${property}`)
  }
  const resourceManager = launcher.connect((tried) => {
    const server = `${resourceManager.address.split(':')[0]}/127.0.0.1:8032`
    log.hadoop(
      'ipc.Client',
      `Retrying connect to server: ${server}. Already tried ${tried % 10} time(s); retry policy is RetryUpToMaximumCountWithFixedSleep(maxRetries=10, sleepTime=1000 MILLISECONDS)`
    )
  })
  const launch = { launcher, log, args, resourceManager }
  return application ? await runApplication(launch) : await runPerJob(launch)
}

/** main() runs in the cluster; the client returns once it is RUNNING. */
async function runApplication(launch: FlinkLaunch): Promise<number> {
  const { args } = launch
  // The file that SeaTunnel's arguments name is not shipped to the cluster, so its program fails there.
  const job = isSeatunnel(args) ? { ...plainJob(args), thrown: 'no config' } : plainJob(args)
  const finalStatus = job.thrown === undefined ? 'SUCCEEDED' : 'FAILED'
  await deployCluster(launch, { kind: 'managed', finishAfterMs: job.runMs, finalStatus })
  return 0
}

function isSeatunnel({ mainClass }: FlinkArguments): boolean {
  return mainClass?.startsWith(SEATUNNEL_CLASS) === true
}

/** main() runs here and deploys a cluster when it comes to execute(). */
async function runPerJob(launch: FlinkLaunch): Promise<number> {
  const { launcher, args } = launch
  const job = startProgram(launch)
  if (job === undefined) {
    throw new FlinkFailure(
      "The program didn't contain a Flink job. Perhaps you forgot to call execute() on the execution environment."
    )
  }
  const deployed = await deployCluster(launch, {
    kind: 'managed',
    ...timing(job),
    ...(job.amFailure !== undefined && { failBeforeRegister: true, diagnostics: job.amFailure }),
    ...playedBy(job, args)
  })
  const jobId = randomBytes(16).toString('hex')
  launcher.output.stdout(`Job has been submitted with JobID ${jobId}`)
  await launcher.step('running')
  if (!args.detached) await followJob(launch, { deployed, job, jobId })
  printClosedClassLoader(launcher)
  return 0
}

/** The program up to execute(): undefined when it never comes there. */
function startProgram({ launcher, args }: FlinkLaunch): Job | undefined {
  const { output } = launcher
  const definitions = {
    environment: launcher.env,
    properties: propertiesOf(launcher.env.JVM_ARGS)
  }
  const locate = (path: string) => ({ name: path, path })
  const words = args.programArguments
  if (isSeatunnel(args)) {
    const start = startSeatunnelJob({ engine: 'flink', words, definitions, locate })
    if (start.kind === 'job') return start.job
    throw new FlinkFailure(start.kind === 'failed' ? start.javaText : start.stdout)
  }
  if (!args.mainClass?.includes('waterdrop')) {
    return plainJob(args)
  }
  const start = startWaterdropJob({
    words,
    required: ['config'],
    definitions,
    locate
  })
  if (start.kind === 'usage') output.stderr(start.stderr)
  else output.stdout(start.stdout)
  if (start.kind !== 'job') return undefined
  if (start.job.swallowed === undefined) return start.job
  output.stdout(swallowedError('Fatal Error,', start.job.swallowed))
  return undefined
}

/** A program that is no Waterdrop may be told what to do: a Python file in its text, a jar in its first argument. */
function plainJob({ jar, programArguments }: FlinkArguments): Job {
  if (jar?.endsWith('.py')) return readPlainJob(readFileSync(jar, 'utf8'))
  return readPlainJob(programArguments[0] ?? '')
}

/** The end of a cluster: by itself when detached, by its client's doing when attached. */
function playedBy(job: Job, args: FlinkArguments): Record<string, unknown> {
  const logs = {
    'jobmanager.log': jobManagerLog(job),
    'taskmanager.out': `${[...job.result, ...job.rows].join('\n')}\n`
  }
  if (!args.detached) return { finishAfterMs: null, logs }
  const failed = job.thrown !== undefined && { finalStatus: 'FAILED', diagnostics: job.thrown }
  return { finishAfterMs: job.runMs, ...failed, logs }
}

function jobManagerLog(job: Job): string {
  const name = job.settings.get('job.name') ?? 'waterdrop'
  return `INFO  org.apache.flink.runtime.jobmaster.JobMaster [] - Starting execution of job '${name}'\n`
}

/**
 * Waits for the job's end. A finished cluster waits for its client to fetch the result, so a client
 * that was killed leaves it RUNNING.
 */
async function followJob(
  launch: FlinkLaunch,
  { deployed, job, jobId }: { deployed: Deployed; job: Job; jobId: string }
): Promise<void> {
  const { launcher, resourceManager } = launch
  const started = Date.now()
  for (;;) {
    const report = await resourceManager.report(deployed.id)
    if (report === undefined || FINAL_STATES.includes(report.state)) {
      await delay(launcher.faults.flinkRetryMs ?? RETRY_MS)
      throw unreachableCluster(deployed.webAddress)
    }
    const left = job.runMs === null ? Number.POSITIVE_INFINITY : started + job.runMs - Date.now()
    if (left <= 0) break
    await delay(Math.min(left, 500))
  }
  await finishJob(launch, { deployed, job, jobId, ranMs: Date.now() - started })
}

async function finishJob(
  { launcher, args, resourceManager }: FlinkLaunch,
  end: { deployed: Deployed; job: Job; jobId: string; ranMs: number }
): Promise<void> {
  const { deployed, job, jobId, ranMs } = end
  if (job.thrown !== undefined) {
    await resourceManager.unregister(deployed.id, 'FAILED', job.thrown)
    const failure = `org.apache.flink.client.program.ProgramInvocationException: Job failed (JobID: ${jobId})`
    if (isSeatunnel(args)) throw seatunnelFailure(failure)
    if (job.config === null) throw new FlinkFailure(failure)
    // Waterdrop's execute() catches it and prints the stack trace.
    launcher.output.stderr(
      `java.util.concurrent.ExecutionException: ${failure}\nCaused by: ${job.thrown}`
    )
    return
  }
  await resourceManager.unregister(deployed.id, 'SUCCEEDED')
  launcher.output.stdout(
    `Program execution finished\nJob with JobID ${jobId} has finished.\nJob Runtime: ${ranMs} ms\n${isSeatunnel(args) ? accumulators(job.rows.length) : ''}`
  )
}

function seatunnelFailure(failure: string): FlinkFailure {
  const exceptions = 'org.apache.seatunnel.core.starter.exception'
  return new FlinkFailure('The main method caused an error: Flink job executed failed', [
    {
      exception: `${exceptions}.CommandExecuteException: Flink job executed failed`,
      frames: [
        'org.apache.seatunnel.core.starter.flink.command.FlinkTaskExecuteCommand.execute(FlinkTaskExecuteCommand.java:63)',
        'org.apache.seatunnel.core.starter.SeaTunnel.run(SeaTunnel.java:40)',
        'org.apache.seatunnel.core.starter.flink.SeaTunnelFlink.main(SeaTunnelFlink.java:34)'
      ]
    },
    { exception: `${exceptions}.TaskExecuteException: Execute Flink job error`, frames: [] },
    { exception: `java.util.concurrent.ExecutionException: ${failure}`, frames: [] }
  ])
}

/** What SeaTunnel counts, behind the result. */
function accumulators(rows: number): string {
  const counts = [
    `SourceReceivedBytes (java.lang.Long): ${rows * 9}`,
    `SourceReceivedCount (java.lang.Long): ${rows}`,
    `SinkWriteBytes (java.lang.Long): ${rows * 9}`,
    `SinkWriteCount (java.lang.Long): ${rows}`
  ]
  return `Accumulator Results: \n${counts.map((count) => `- ${count}`).join('\n')}\n\n`
}

/* Program in the place of bin/flink (contract "YARN" §9.4, "real engines" §6). */
await runLauncher(process, flink)
