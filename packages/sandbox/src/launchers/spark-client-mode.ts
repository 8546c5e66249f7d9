import { FINAL_STATES } from './resource-manager-client.ts'
import { clientModePlay } from './spark-application-master.ts'
import { type SparkLaunch, secondScratch } from './spark-cluster-mode.ts'
import { type DriverLog, driverLog } from './spark-driver-log.ts'
import { type RunningProgram, runProgram, uncaught } from './spark-driver-program.ts'
import { printNativeCodeWarning, printReport, printShutdownHook } from './spark-log.ts'
import { startSparkProgram } from './spark-program.ts'
import { SparkSubmissionError, submitSparkApplication } from './spark-submission.ts'
import { followStates } from './state-queue.ts'

/** How a Python program's call comes to the SparkContext. */
const GATEWAY_FRAMES = [
  'org.apache.spark.api.java.JavaSparkContext.<init>(JavaSparkContext.scala:58)',
  'java.base/jdk.internal.reflect.NativeConstructorAccessorImpl.newInstance0(Native Method)',
  'java.base/jdk.internal.reflect.NativeConstructorAccessorImpl.newInstance(NativeConstructorAccessorImpl.java:77)',
  'java.base/jdk.internal.reflect.DelegatingConstructorAccessorImpl.newInstance(DelegatingConstructorAccessorImpl.java:45)',
  'java.base/java.lang.reflect.Constructor.newInstanceWithCaller(Constructor.java:500)',
  'java.base/java.lang.reflect.Constructor.newInstance(Constructor.java:481)',
  'py4j.reflection.MethodInvoker.invoke(MethodInvoker.java:247)',
  'py4j.reflection.ReflectionEngine.invoke(ReflectionEngine.java:374)',
  'py4j.Gateway.invoke(Gateway.java:238)',
  'py4j.commands.ConstructorCommand.invokeConstructor(ConstructorCommand.java:80)',
  'py4j.commands.ConstructorCommand.execute(ConstructorCommand.java:69)',
  'py4j.ClientServerConnection.waitForCommands(ClientServerConnection.java:182)',
  'py4j.ClientServerConnection.run(ClientServerConnection.java:106)',
  'java.base/java.lang.Thread.run(Thread.java:840)'
]

/**
 * spark-submit in client mode: this process is the driver, the application lives as long as it
 * does, and the program's exit code is its own.
 * @returns the exit code
 */
export async function runClientMode(launch: SparkLaunch): Promise<number> {
  const { launcher, log, args } = launch
  const { output } = launcher
  const hook = () => printShutdownHook(log, [secondScratch(log), log.scratch])
  launcher.onTerminate(hook)
  const program = startSparkProgram({ launcher, args, locate: (path) => ({ name: path, path }) })
  if (program.stdout !== undefined) output.stdout(program.stdout)
  if (program.log?.length) printNativeCodeWarning(log)
  for (const line of program.log ?? []) log.info('ConfigBuilder', line)
  if (program.kind === 'ends') {
    if (program.stderr !== undefined) output.stderr(program.stderr)
    hook()
    return program.exitCode
  }
  const conf = new Map([...args.conf, ...program.job.settings])
  const name = program.name ?? conf.get('spark.app.name') ?? args.name
  const driver = driverLog(log, {
    user: launcher.user,
    program: args.primaryResource,
    warned: program.log.length > 0
  })
  driver.starting(name)
  try {
    return await withContext(launch, { program, conf, name, driver })
  } catch (error) {
    if (!(error instanceof ContextFailure)) throw error
    log.error('SparkContext', 'Error initializing SparkContext.')
    for (const line of [error.message, ...error.frames]) log.raw(line)
    driver.stopping({ fromHook: false, registered: false })
    return uncaught(launch, program, error.message)
  }
}

/** The SparkContext could not be made; `message` is the Java exception. */
class ContextFailure extends Error {
  readonly frames: string[]

  constructor(message: string, frames: string[]) {
    super(message)
    this.name = 'ContextFailure'
    this.frames = frames.map((frame) => `\tat ${frame}`)
  }
}

type Context = {
  program: RunningProgram
  conf: ReadonlyMap<string, string>
  name: string
  driver: DriverLog
}

async function withContext(launch: SparkLaunch, context: Context): Promise<number> {
  const { launcher, log, resourceManager } = launch
  const { program, driver } = context
  const states = followStates()
  let registered = false
  let detach = () => {}
  const { id, staging } = await submitted(launch, context, (known) => {
    detach = resourceManager.attachDriver(known, states.push)
  })
  const stop = (fromHook: boolean) => driver.stopping({ fromHook, registered })
  launcher.onTerminate(async () => {
    stop(true)
    detach()
    await resourceManager.unregister(id, 'SUCCEEDED')
  })

  for (;;) {
    const state = await states.next()
    const report = await resourceManager.report(id)
    if (report === undefined) throw new Error(`${id} is gone`)
    if (!FINAL_STATES.includes(state) && report.state !== state) continue
    if (state === 'RUNNING') driver.registered(id, `http://${resourceManager.address}`)
    printReport(log, id, report, true)
    if (FINAL_STATES.includes(state)) throw endedEarly(launch, staging, report.diagnostics)
    if (state === 'RUNNING') break
  }
  registered = true
  driver.running(id)
  await launcher.step('running')

  const killed = states.until(FINAL_STATES)
  const finished = new AbortController()
  const ending = await Promise.race([killed, runProgram(launch, program, finished.signal)])
  finished.abort()
  if (typeof ending === 'string') {
    const diagnostics = (await resourceManager.report(id))?.diagnostics ?? ''
    const backend = 'YarnClientSchedulerBackend'
    log.error(
      backend,
      `YARN application has exited unexpectedly with state ${ending}! Check the YARN application logs for more details.`
    )
    log.error(backend, `Diagnostics message: ${diagnostics}`)
    stop(false)
    return uncaught(
      launch,
      program,
      'org.apache.spark.SparkException: Job 0 cancelled because SparkContext was shut down'
    )
  }
  stop(ending.code !== 0)
  await resourceManager.unregister(id, 'SUCCEEDED')
  detach()
  return ending.code
}

async function submitted(
  launch: SparkLaunch,
  context: Context,
  onKnown: (id: string) => void
): Promise<{ id: string; staging: string }> {
  try {
    const { conf, name, program } = context
    return await submitSparkApplication({
      ...launch,
      conf,
      name,
      playedAs: clientModePlay(program.job),
      onKnown
    })
  } catch (error) {
    if (!(error instanceof SparkSubmissionError)) throw error
    throw new ContextFailure(error.message, error.frames)
  }
}

function endedEarly({ log }: SparkLaunch, staging: string, diagnostics: string): ContextFailure {
  log.info('Client', `Deleted staging directory ${staging}`)
  log.error(
    'YarnClientSchedulerBackend',
    'The YARN application has already ended! It might have been killed or the Application Master may have failed to start. Check the YARN application logs for more details.'
  )
  const backend = 'org.apache.spark.scheduler.cluster.YarnClientSchedulerBackend'
  return new ContextFailure(`org.apache.spark.SparkException: ${diagnostics}`, [
    `${backend}.waitForApplication(YarnClientSchedulerBackend.scala:98)`,
    `${backend}.start(YarnClientSchedulerBackend.scala:65)`,
    'org.apache.spark.scheduler.TaskSchedulerImpl.start(TaskSchedulerImpl.scala:235)',
    'org.apache.spark.SparkContext.<init>(SparkContext.scala:599)',
    ...GATEWAY_FRAMES
  ])
}
