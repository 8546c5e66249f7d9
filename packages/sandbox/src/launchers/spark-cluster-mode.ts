import { basename } from 'node:path'
import { delay, type Launcher } from './launcher.ts'
import type { ApplicationReport, ResourceManagerClient } from './resource-manager-client.ts'
import { clusterModePlay } from './spark-application-master.ts'
import type { SparkArguments } from './spark-arguments.ts'
import {
  printNativeCodeWarning,
  printReport,
  printShutdownHook,
  printUncaught,
  type SparkLog
} from './spark-log.ts'
import { startSparkProgram } from './spark-program.ts'
import { SparkSubmissionError, submitSparkApplication } from './spark-submission.ts'
import type { ConfigLocation } from './waterdrop-job.ts'

/** One launch by spark-submit, in either deploy mode. */
export type SparkLaunch = {
  launcher: Launcher
  log: SparkLog
  args: SparkArguments
  resourceManager: ResourceManagerClient
}

const MAIN_FRAMES = [
  'org.apache.spark.deploy.yarn.YarnClusterApplication.start(Client.scala:1742)',
  'org.apache.spark.deploy.SparkSubmit.org$apache$spark$deploy$SparkSubmit$$runMain(SparkSubmit.scala:1029)',
  'org.apache.spark.deploy.SparkSubmit.doRunMain$1(SparkSubmit.scala:194)',
  'org.apache.spark.deploy.SparkSubmit.submit(SparkSubmit.scala:217)',
  'org.apache.spark.deploy.SparkSubmit.doSubmit(SparkSubmit.scala:91)',
  'org.apache.spark.deploy.SparkSubmit$$anon$2.doSubmit(SparkSubmit.scala:1120)',
  'org.apache.spark.deploy.SparkSubmit$.main(SparkSubmit.scala:1129)',
  'org.apache.spark.deploy.SparkSubmit.main(SparkSubmit.scala)'
]
const POLL_MS = 200
const SPARK_REPORT_MS = 1000

/**
 * spark-submit in cluster mode: the driver is in the ApplicationMaster, this process submits and,
 * unless spark.yarn.submit.waitAppCompletion is false, follows until the end.
 * @returns the exit code
 */
export async function runClusterMode(launch: SparkLaunch): Promise<number> {
  const { launcher, log, args, resourceManager } = launch
  const shutDown = () => printShutdownHook(log, [secondScratch(log), log.scratch])
  launcher.onTerminate(shutDown)
  printNativeCodeWarning(log)
  const program = startSparkProgram({ launcher, args, locate: (path) => shipped(args, path) })
  try {
    const { id } = await submitSparkApplication({
      launcher,
      log,
      resourceManager,
      args,
      conf: args.conf,
      name: args.name,
      playedAs: clusterModePlay(program, args)
    })
    if (args.conf.get('spark.yarn.submit.waitAppCompletion') === 'false') {
      const report = await resourceManager.report(id)
      if (report) printReport(log, id, report, true)
      return 0
    }
    const end = await followToTheEnd(launch, id)
    const failure = failureOf(id, end)
    if (failure === undefined) return 0
    if (end.state !== 'KILLED' && end.diagnostics !== '') {
      log.error('Client', `Application diagnostics message: ${end.diagnostics}`)
    }
    printUncaught(launcher, `org.apache.spark.SparkException: ${failure.message}`, [
      `org.apache.spark.deploy.yarn.Client.run(Client.scala:${failure.line})`,
      ...MAIN_FRAMES
    ])
    return 1
  } catch (error) {
    if (!(error instanceof SparkSubmissionError)) throw error
    printUncaught(launcher, error.message, [
      ...error.frames,
      'org.apache.spark.deploy.yarn.Client.run(Client.scala:1294)',
      ...MAIN_FRAMES
    ])
    return 1
  } finally {
    shutDown()
  }
}

export function secondScratch(log: SparkLog): string {
  return log.scratch.replace(/spark-[0-9a-f]{8}/, 'spark-00000000')
}

/** The driver sees shipped files only, by name, in its own working directory. */
function shipped(args: SparkArguments, path: string): ConfigLocation {
  const name = basename(path)
  return { name, path: args.files.find((file) => basename(file) === name) ?? name }
}

async function followToTheEnd(launch: SparkLaunch, id: string): Promise<ApplicationReport> {
  const { launcher, log, resourceManager } = launch
  const everySecond = log.version.startsWith('3.3.')
  let last = ''
  let printedAt = 0
  for (;;) {
    const report = (await resourceManager.report(id)) ?? missing(log, id)
    const changed = report.state !== last
    if (changed || (everySecond && Date.now() - printedAt >= SPARK_REPORT_MS)) {
      printReport(log, id, report, changed)
      printedAt = Date.now()
    }
    if (changed && report.state === 'RUNNING') await launcher.step('running')
    if (['FINISHED', 'FAILED', 'KILLED'].includes(report.state)) return report
    last = report.state
    await delay(POLL_MS)
  }
}

/** Spark takes an application that the ResourceManager has forgotten for killed. */
function missing(log: SparkLog, id: string): ApplicationReport {
  log.error('Client', `Application ${id} not found.`)
  return {
    state: 'KILLED',
    finalStatus: 'KILLED',
    diagnostics: '',
    queue: 'N/A',
    user: 'N/A',
    startedTime: 0,
    trackingUrl: 'N/A'
  }
}

function failureOf(
  id: string,
  { state, finalStatus }: ApplicationReport
): { message: string; line: number } | undefined {
  if (state === 'FAILED' || finalStatus === 'FAILED') {
    return { message: `Application ${id} finished with failed status`, line: 1309 }
  }
  if (state === 'KILLED' || finalStatus === 'KILLED') {
    return { message: `Application ${id} is killed`, line: 1312 }
  }
  if (finalStatus === 'UNDEFINED') {
    return { message: `The final status of application ${id} is undefined`, line: 1315 }
  }
  return undefined
}
