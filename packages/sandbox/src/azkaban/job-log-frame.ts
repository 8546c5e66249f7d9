import type { Dialect } from './dialect.ts'
import type { Execution, Node } from './execution.ts'
import { allProperties, flowOf, workingDirectory } from './job-properties.ts'

/** A line that Azkaban itself writes into the log of a job. */
export interface LogLine {
  readonly level: 'INFO' | 'WARN' | 'ERROR'
  /** The first line has the prefix of the log, further ones stand bare. */
  readonly text: string
}

export interface FrameContext {
  readonly dialect: Dialect
  readonly execution: Execution
  readonly node: Node
  /** Command lines as they are run. */
  readonly commands: readonly string[]
  readonly processId: number
}

/** Up to 3.0, where a job's log has fewer lines around its output. */
const isEarly = ({ jobLog }: Dialect) => jobLog === '2.5' || jobLog === '3.0'

const info = (text: string): LogLine => ({ level: 'INFO', text })
const error = (text: string): LogLine => ({ level: 'ERROR', text })

/** `%d{dd-MM-yyyy HH:mm:ss z} %c{1} %p - %m\n` (§12.1), in the zone of the recordings. */
export function logText(jobId: string, { level, text }: LogLine, now = Date.now()): string {
  const name = jobId.slice(jobId.lastIndexOf('.') + 1)
  return `${logDate(now)} CST ${name} ${level} - ${text}\n`
}

function logDate(ms: number): string {
  const [date = '', time = ''] = new Date(ms + 8 * 3_600_000).toISOString().split('T')
  return `${date.split('-').reverse().join('-')} ${time.slice(0, 8)}`
}

/** From the start of the job to where its type is known (§12.2). */
export function startLines(context: FrameContext): LogLine[] {
  const { dialect, execution, node } = context
  const { id } = node.definition
  const style = dialect.jobLog
  const quote = isEarly(dialect) ? '' : "'"
  const jvm = ['flowid', flowOf(context).id, 'execid', execution.execId, 'jobid', id]
  const args = [0, 2, 4].map((at) => `${quote}-Dazkaban.${jvm[at]}=${jvm[at + 1]}${quote}`)
  const lines = [startLine(context)]
  if (style !== '2.5') lines.push('azkaban.webserver.url property was not set')
  if (style === 'HEAD') lines.push('JAVA OPTS appended to each command : null')
  if (style !== '2.5') lines.push(`job JVM args: ${args.join(' ')}`)
  if (!isEarly(dialect)) {
    lines.push(
      `user.to.proxy property was not set, defaulting to submit user ${execution.submitUser}`
    )
  }
  if (style === 'HEAD') {
    lines.push(`all props for the job: ${allProperties(context, args.join(' '))}`)
  }
  lines.push('Building command job executor. ')
  return lines.map(info)
}

/** From there to the first command. */
export function commandsLines({ dialect, execution, node, commands }: FrameContext): LogLine[] {
  const style = dialect.jobLog
  const { id } = node.definition
  const lines: string[] = []
  if (style === 'HEAD' || style === '4.0') lines.push('JobClassLoader URLs: ')
  if (style === '3.90' || style === '4.0') {
    lines.push(
      `Failed with ${style === '4.0' ? 6 : 5} inputs with exception e = Cannot invoke "Object.getClass()" because "<parameter1>[<local2>]" is null`
    )
  }
  if (style === 'HEAD' || style === '4.0') lines.push(`${id} creation took 0 milliseconds.`)
  if (!isEarly(dialect)) lines.push(`Memory granted for job ${id}`)
  lines.push(`${commands.length} commands to execute.`)
  if (!isEarly(dialect)) lines.push(`cwd=${workingDirectory(execution, dialect)}`)
  if (style !== '2.5') lines.push(`effective user is: ${execution.submitUser}`)
  return lines.map(info)
}

function startLine({ dialect, node }: FrameContext): string {
  const { attempt, definition } = node
  const now = Date.now()
  if (dialect.jobLog === 'HEAD') {
    const what = `command job ${definition.id}`
    return attempt === 0
      ? `Starting ${what} at ${now}.`
      : `Starting retry ${attempt} of ${what} at ${now}.`
  }
  const word = isEarly(dialect) ? `attempt ${attempt}` : `retry: ${attempt}`
  return `Starting job ${definition.id}${attempt === 0 ? '' : ` ${word}`} at ${now}`
}

/** In front of the output of one command. */
export function commandLines(context: FrameContext, command: string): LogLine[] {
  const { dialect, execution, node } = context
  const { id } = node.definition
  const folder = workingDirectory(execution, dialect)
  const props = isEarly(dialect) ? 'props' : 'job_props'
  const temporary = (name: string) =>
    `${folder}/${id}_${name}_${execution.submitTime}${node.attempt}_tmp`
  const ticket = ['krb5cc', execution.project.name, execution.flow.id, id, execution.execId]
  const variables = [
    `JOB_OUTPUT_PROP_FILE=${temporary('output')}`,
    `JOB_PROP_FILE=${temporary(props)}`,
    ...(dialect.jobLog === '2.5'
      ? []
      : [`KRB5CCNAME=/opt/${ticket.join('__')}__${execution.submitUser}`]),
    ...(dialect.jobLog === 'HEAD'
      ? [`JOBTYPE_PRIVATE_PROP_FILE=${temporary('job_private_props')}`]
      : []),
    `JOB_NAME=${id}`
  ]
  const lines = [
    `Command: ${command}`,
    `Environment variables: {${variables.join(', ')}}`,
    `Working directory: ${folder}`
  ]
  if (!isEarly(dialect)) lines.push(`Spawned process with id ${context.processId}`)
  return lines.map(info)
}

/** After the process of one command has ended. */
export function processEndLine(context: FrameContext, seconds: number, good: boolean): LogLine {
  const process = isEarly(context.dialect) ? 'Process' : `Process with id ${context.processId}`
  const word = good ? 'successfully' : 'unsuccessfully'
  return info(`${process} completed ${word} in ${seconds} seconds.`)
}

export const killLine = error('Kill has been called.')

/** After the grace; says it at another level than the rest. */
export const forcedKillLine: LogLine = {
  level: 'WARN',
  text: 'Kill with signal TERM failed. Killing with KILL signal.'
}

/** In front of a further attempt, before and after its delay. */
export const delayLine = (ms: number) => info(`Delaying start of execution for ${ms} milliseconds.`)
export const delayedLine = (ms: number) =>
  info(`Execution has been delayed for ${ms} ms. Continuing with execution.`)

/** A job whose command names a variable that stands for nothing (§3.1). */
export function unresolvedLines(jobId: string, variable: string): LogLine[] {
  const what = `Could not find variable substitution for variable(s) [command->${variable}]`
  const failed = `Failed to build job executor for job ${jobId}`
  return [
    error(`${failed}${what}`),
    error(
      `Failed to build job type\nazkaban.jobtype.JobTypeManagerException: ${failed}\n${outer}\nCaused by: azkaban.utils.UndefinedPropertyException: ${what}\n\t... 8 more`
    ),
    error('Job run failed preparing the job.')
  ]
}

/** After the last command that was run. */
export function endLines(context: FrameContext, exitCode: number): LogLine[] {
  const { dialect, execution, node } = context
  const { definition, attempt, status } = node
  if (exitCode !== 0) return failureLines(dialect, exitCode, status === 'KILLED')
  if (isEarly(dialect)) return []
  const name = `${definition.id}_output_${execution.submitTime}${attempt}_tmp`
  return [info(`output properties file=${workingDirectory(execution, dialect)}/${name}`)]
}

/** The last line of a log. */
export function lastLine({ dialect, node }: FrameContext): LogLine {
  const { attempt, status } = node
  const { id } = node.definition
  const now = Date.now()
  if (dialect.jobLog === 'HEAD') {
    const what = attempt === 0 ? '' : `retry ${attempt} of `
    return info(`Wrapping up ${what}command job ${id}, finished at ${now} with status ${status}.`)
  }
  const retry = attempt === 0 || dialect.jobLog === '2.5' ? '' : ` retry: ${attempt}`
  const which = dialect.jobLog === '3.0' ? ` attempt: ${attempt}` : retry
  return info(`Finishing job ${id}${which} at ${now} with status ${status}`)
}

const failure = 'azkaban.jobExecutor.utils.process.ProcessFailureException'

function failureLines(dialect: Dialect, exitCode: number, killed: boolean): LogLine[] {
  const message = isEarly(dialect) ? '' : `: Process exited with code ${exitCode}`
  const thrown = `${failure}${message}`
  if (dialect.jobLog === 'HEAD') return [info(`Azkaban job executor finished with: ${thrown}`)]
  if (dialect.jobLog === '2.5') return [error('Job run failed!'), error(`${failure}${failure}`)]
  const what = killed && dialect.jobLog !== '3.0' ? 'Job run killed!' : 'Job run failed!'
  return [
    error(
      `${what}\njava.lang.RuntimeException: ${thrown}\n${outer}\nCaused by: ${thrown}\n${inner}`
    ),
    error(`${thrown} cause: ${thrown}`)
  ]
}

const outer = [
  'azkaban.jobExecutor.ProcessJob.run(ProcessJob.java:312)',
  'azkaban.execapp.JobRunner.runJob(JobRunner.java:830)',
  'azkaban.execapp.JobRunner.doRun(JobRunner.java:607)',
  'azkaban.execapp.JobRunner.run(JobRunner.java:568)',
  'java.base/java.util.concurrent.Executors$RunnableAdapter.call(Executors.java:539)',
  'java.base/java.util.concurrent.FutureTask.run(FutureTask.java:264)',
  'java.base/java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1136)',
  'java.base/java.util.concurrent.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:635)',
  'java.base/java.lang.Thread.run(Thread.java:840)'
]
  .map((frame) => `\tat ${frame}`)
  .join('\n')

const inner = [
  '\tat azkaban.jobExecutor.utils.process.AzkabanProcess.run(AzkabanProcess.java:125)',
  '\tat azkaban.jobExecutor.ProcessJob.run(ProcessJob.java:304)',
  '\t... 8 more'
].join('\n')
