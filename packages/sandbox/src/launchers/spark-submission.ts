import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Launcher } from './launcher.ts'
import { type ResourceManagerClient, SubmissionRefused } from './resource-manager-client.ts'
import { listOf, type SparkArguments } from './spark-arguments.ts'
import { fileUri, printAcls, type SparkLog } from './spark-log.ts'

/** A submission that failed, as the exception that spark-submit shows. */
export class SparkSubmissionError extends Error {
  override readonly name = 'SparkSubmissionError'
  /** Frames above those that the deploy mode adds. */
  readonly frames: string[]

  constructor(exception: string, frames: string[]) {
    super(exception)
    this.frames = frames
  }
}

const COPY_FRAMES = [
  'org.apache.hadoop.fs.RawLocalFileSystem.deprecatedGetFileStatus(RawLocalFileSystem.java:779)',
  'org.apache.hadoop.fs.RawLocalFileSystem.getFileLinkStatusInternal(RawLocalFileSystem.java:1100)',
  'org.apache.hadoop.fs.RawLocalFileSystem.getFileStatus(RawLocalFileSystem.java:769)',
  'org.apache.hadoop.fs.FilterFileSystem.getFileStatus(FilterFileSystem.java:462)',
  'org.apache.hadoop.fs.FileUtil.copy(FileUtil.java:390)',
  'org.apache.hadoop.fs.FileUtil.copy(FileUtil.java:341)',
  'org.apache.spark.deploy.yarn.Client.copyFileToRemote(Client.scala:439)',
  'org.apache.spark.deploy.yarn.Client.distribute$1(Client.scala:535)'
]
const PYTHON_FRAMES = [
  'org.apache.spark.deploy.yarn.Client.prepareLocalResources(Client.scala:706)'
]
const JAR_FRAMES = [
  'org.apache.spark.deploy.yarn.Client.$anonfun$prepareLocalResources$23(Client.scala:664)',
  'scala.Option.foreach(Option.scala:407)',
  'org.apache.spark.deploy.yarn.Client.prepareLocalResources(Client.scala:663)'
]
const CONTEXT_FRAMES = [
  'org.apache.spark.deploy.yarn.Client.createContainerLaunchContext(Client.scala:962)',
  'org.apache.spark.deploy.yarn.Client.submitApplication(Client.scala:215)'
]
const SUBMIT_FRAMES = [
  'org.apache.hadoop.yarn.client.api.impl.YarnClientImpl.submitApplication(YarnClientImpl.java:336)',
  'org.apache.spark.deploy.yarn.Client.submitApplication(Client.scala:220)'
]

export type SparkSubmissionOptions = {
  launcher: Launcher
  log: SparkLog
  resourceManager: ResourceManagerClient
  args: SparkArguments
  /** Settings that count for the submission: of spark-submit, in client mode of the driver too. */
  conf: ReadonlyMap<string, string>
  name: string
  playedAs: Record<string, unknown>
  /** Called as soon as the ResourceManager knows the application. */
  onKnown?: (id: string) => void
}

/**
 * What Spark's YARN client does up to `Submitted application`, in both deploy modes.
 * @returns the application's id, and where its files were copied to
 * @throws SparkSubmissionError; then the id that was printed may be unknown to the ResourceManager
 */
export async function submitSparkApplication(
  options: SparkSubmissionOptions
): Promise<{ id: string; staging: string }> {
  const { launcher, log, resourceManager, args, conf, name, playedAs } = options
  const cluster = args.deployMode === 'cluster'
  if (args.primaryResource.endsWith('.py') === false && !existsSync(args.primaryResource)) {
    const path = fileUri(args.primaryResource).slice('file:'.length)
    log.warn('DependencyUtils', `Local jar ${path} does not exist, skipping.`)
  }
  log.info(
    'DefaultNoHARMFailoverProxyProvider',
    `Connecting to ResourceManager at ${schedulerAddress(resourceManager.address)}`
  )
  const { id, maxMemoryMb } = await resourceManager.newApplication()
  log.info('Configuration', 'resource-types.xml not found')
  log.info('ResourceUtils', "Unable to find 'resource-types.xml'.")
  log.info(
    'Client',
    `Verifying our application has not requested more than the maximum memory capability of the cluster (${maxMemoryMb} MB per container)`
  )
  const [memoryMb, overheadMb] = amMemory(conf, cluster)
  log.info(
    'Client',
    `Will allocate AM container, with ${memoryMb} MB memory including ${overheadMb} MB overhead`
  )
  log.info('Client', 'Setting up container launch context for our AM')
  log.info('Client', 'Setting up the launch environment for our AM container')
  log.info('Client', 'Preparing resources for our AM container')
  const staging = `file:${join(stagingDir(conf), launcher.user, '.sparkStaging', id)}`
  try {
    upload(options, staging)
  } catch (error) {
    log.info('Client', `Deleted staging directory ${staging}`)
    throw error
  }
  printAcls(log, launcher.user)
  log.info('Client', `Submitting application ${id} to ResourceManager`)
  await launcher.step('before-submit')
  try {
    const submission = {
      id,
      name,
      type: 'SPARK',
      queue: conf.get('spark.yarn.queue') ?? 'default',
      tags: listOf(conf.get('spark.yarn.tags')),
      maxAttempts: conf.has('spark.yarn.maxAppAttempts')
        ? Number(conf.get('spark.yarn.maxAppAttempts'))
        : undefined,
      memoryMb,
      command: amCommand(args),
      playedAs
    }
    await resourceManager.submit(submission, () => options.onKnown?.(id))
  } catch (error) {
    if (!(error instanceof SubmissionRefused)) throw error
    log.info('Client', `Deleted staging directory ${staging}`)
    throw new SparkSubmissionError(
      `org.apache.hadoop.yarn.exceptions.YarnException: Failed to submit ${id} to YARN : ${error.message}`,
      SUBMIT_FRAMES
    )
  }
  await launcher.step('after-submit')
  log.info('YarnClientImpl', `Submitted application ${id}`)
  return { id, staging }
}

/** Prints what would be copied; the first line with the id, before the id is worth anything. */
function upload(options: SparkSubmissionOptions, staging: string): void {
  const { log, args } = options
  const done = new Set<string>()
  for (const path of uploads(options)) {
    const target = `${staging}/${targetName(path)}`
    if (done.has(path)) {
      log.warn(
        'Client',
        `Same name resource file://${path} added multiple times to distributed cache`
      )
      continue
    }
    done.add(path)
    log.info('Client', `Uploading resource ${fileUri(path)} -> ${target}`)
    if (isGenerated(path, log) || existsSync(path)) continue
    throw new SparkSubmissionError(
      `java.io.FileNotFoundException: File ${fileUri(path)} does not exist`,
      [...COPY_FRAMES, ...(path.endsWith('.py') ? PYTHON_FRAMES : JAR_FRAMES), ...CONTEXT_FRAMES]
    )
  }
  if (args.deployMode === 'cluster' && options.conf.has('spark.yarn.am.extraJavaOptions')) {
    log.warn('Client', 'spark.yarn.am.extraJavaOptions will not take effect in cluster mode')
  }
}

function uploads({ launcher, log, args }: SparkSubmissionOptions): string[] {
  const python = args.primaryResource.endsWith('.py')
  const library = join(launcher.env.SPARK_HOME ?? '', 'python/lib')
  return [
    ...(args.deployMode === 'cluster' ? [args.primaryResource] : []),
    ...args.jars,
    ...args.files,
    ...(python ? [join(library, 'pyspark.zip'), join(library, 'py4j-0.10.9.7-src.zip')] : []),
    join(log.scratch, `__spark_conf__${randomDigits()}.zip`)
  ]
}

function targetName(path: string): string {
  return basename(path).startsWith('__spark_conf__') ? '__spark_conf__.zip' : basename(path)
}

/** Files that Spark brings or makes itself; the stand-in only names them. */
function isGenerated(path: string, log: SparkLog): boolean {
  return path.startsWith(log.scratch) || /\/(pyspark|py4j-[\d.]+-src)\.zip$/.test(path)
}

function amCommand(args: SparkArguments): string {
  const main =
    args.deployMode === 'cluster'
      ? `org.apache.spark.deploy.yarn.ApplicationMaster --class '${args.mainClass ?? ''}'`
      : 'org.apache.spark.deploy.yarn.ExecutorLauncher'
  return `{{JAVA_HOME}}/bin/java -server ${main} 1> <LOG_DIR>/stdout 2> <LOG_DIR>/stderr`
}

function amMemory(conf: ReadonlyMap<string, string>, cluster: boolean): [number, number] {
  const memoryMb =
    megabytes(conf.get(cluster ? 'spark.driver.memory' : 'spark.yarn.am.memory')) ??
    (cluster ? 1024 : 512)
  const key = cluster ? 'spark.driver.memoryOverhead' : 'spark.yarn.am.memoryOverhead'
  const overheadMb = megabytes(conf.get(key)) ?? Math.max(384, Math.floor(memoryMb / 10))
  return [memoryMb + overheadMb, overheadMb]
}

function megabytes(text: string | undefined): number | undefined {
  const match = /^(\d+)([kmgt]?)b?$/i.exec(text ?? '')
  if (!match) return undefined
  const factor = { k: 1 / 1024, m: 1, g: 1024, t: 1024 * 1024 }[match[2]?.toLowerCase() || 'm'] ?? 1
  return Math.floor(Number(match[1]) * factor)
}

function stagingDir(conf: ReadonlyMap<string, string>): string {
  const configured = conf.get('spark.yarn.stagingDir')?.replace(/^file:(\/\/)?/, '')
  return configured ?? '/user'
}

/** Address of the RPC port that goes with a web address, as the client logs it. */
export function schedulerAddress(webAddress: string): string {
  const host = webAddress.slice(0, webAddress.lastIndexOf(':'))
  return `${host}/127.0.0.1:8032`
}

function randomDigits(): string {
  return String(Math.random()).slice(2).padEnd(18, '0') + Math.floor(Math.random() * 10)
}
