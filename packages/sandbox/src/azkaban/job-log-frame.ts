import type { Dialect } from './dialect.ts'
import type { Execution, Node } from './execution.ts'
import { allProperties } from './job-properties.ts'

/** A line that Azkaban itself writes into the log of a job. */
export interface LogLine {
  readonly level: 'INFO' | 'ERROR'
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

/** From the start of the job to its first command (§12.2). */
export function startLines(context: FrameContext): LogLine[] {
  const { dialect, execution, node, commands } = context
  const { id } = node.definition
  const style = dialect.jobLog
  const quote = style === '3.0' ? '' : "'"
  const jvm = ['flowid', execution.flow.id, 'execid', execution.execId, 'jobid', id]
  const args = [0, 2, 4].map((at) => `${quote}-Dazkaban.${jvm[at]}=${jvm[at + 1]}${quote}`)
  const lines = [
    startLine(context),
    'azkaban.webserver.url property was not set',
    ...(style === 'HEAD' ? ['JAVA OPTS appended to each command : null'] : []),
    `job JVM args: ${args.join(' ')}`
  ]
  if (style !== '3.0') {
    lines.push(
      `user.to.proxy property was not set, defaulting to submit user ${execution.submitUser}`
    )
  }
  if (style === 'HEAD')
    lines.push(`all props for the job: ${allProperties(context, args.join(' '))}`)
  lines.push('Building command job executor. ')
  if (style === 'HEAD' || style === '4.0') lines.push('JobClassLoader URLs: ')
  if (style === '3.90' || style === '4.0') {
    lines.push(
      `Failed with ${style === '4.0' ? 6 : 5} inputs with exception e = Cannot invoke "Object.getClass()" because "<parameter1>[<local2>]" is null`
    )
  }
  if (style === 'HEAD' || style === '4.0') lines.push(`${id} creation took 0 milliseconds.`)
  if (style !== '3.0') lines.push(`Memory granted for job ${id}`)
  lines.push(`${commands.length} commands to execute.`)
  if (style !== '3.0') lines.push(`cwd=${workingDirectory(execution)}`)
  lines.push(`effective user is: ${execution.submitUser}`)
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
  const word = dialect.jobLog === '3.0' ? `attempt ${attempt}` : `retry: ${attempt}`
  return `Starting job ${definition.id}${attempt === 0 ? '' : ` ${word}`} at ${now}`
}

/** In front of the output of one command. */
export function commandLines(context: FrameContext, command: string): LogLine[] {
  const { dialect, execution, node } = context
  const { id } = node.definition
  const folder = workingDirectory(execution)
  const props = dialect.jobLog === '3.0' ? 'props' : 'job_props'
  const temporary = (name: string) =>
    `${folder}/${id}_${name}_${execution.submitTime}${node.attempt}_tmp`
  const ticket = ['krb5cc', execution.project.name, execution.flow.id, id, execution.execId]
  const variables = [
    `JOB_OUTPUT_PROP_FILE=${temporary('output')}`,
    `JOB_PROP_FILE=${temporary(props)}`,
    `KRB5CCNAME=/opt/${ticket.join('__')}__${execution.submitUser}`,
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
  if (dialect.jobLog !== '3.0') lines.push(`Spawned process with id ${context.processId}`)
  return lines.map(info)
}

/**
 * After the process of one command has ended. The word tells only whether a command of this job
 * has succeeded so far.
 */
export function processEndLine(context: FrameContext, seconds: number, good: boolean): LogLine {
  const process =
    context.dialect.jobLog === '3.0' ? 'Process' : `Process with id ${context.processId}`
  const word = good ? 'successfully' : 'unsuccessfully'
  return info(`${process} completed ${word} in ${seconds} seconds.`)
}

export const killLine = error('Kill has been called.')

/** After the last command that was run. */
export function endLines(context: FrameContext, exitCode: number): LogLine[] {
  const { dialect, execution, node } = context
  const { definition, attempt, status } = node
  const folder = workingDirectory(execution)
  const now = Date.now()
  const lines = exitCode === 0 ? [] : failureLines(dialect, exitCode, status === 'KILLED')
  if (exitCode === 0 && dialect.jobLog !== '3.0') {
    const output = `${folder}/${definition.id}_output_${execution.submitTime}${attempt}_tmp`
    lines.push(info(`output properties file=${output}`))
  }
  if (dialect.jobLog === 'HEAD') {
    const what = `command job ${definition.id}, finished at ${now} with status ${status}.`
    lines.push(
      info(attempt === 0 ? `Wrapping up ${what}` : `Wrapping up retry ${attempt} of ${what}`)
    )
  } else if (dialect.jobLog === '3.0') {
    lines.push(
      info(`Finishing job ${definition.id} attempt: ${attempt} at ${now} with status ${status}`)
    )
  } else {
    const retry = attempt === 0 ? '' : ` retry: ${attempt}`
    lines.push(info(`Finishing job ${definition.id}${retry} at ${now} with status ${status}`))
  }
  return lines
}

const failure = 'azkaban.jobExecutor.utils.process.ProcessFailureException'

function failureLines(dialect: Dialect, exitCode: number, killed: boolean): LogLine[] {
  const message = dialect.jobLog === '3.0' ? '' : `: Process exited with code ${exitCode}`
  const thrown = `${failure}${message}`
  if (dialect.jobLog === 'HEAD') return [info(`Azkaban job executor finished with: ${thrown}`)]
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

export function workingDirectory(execution: Execution): string {
  return `/opt/azkaban/solo/run/executions/${execution.execId}`
}
