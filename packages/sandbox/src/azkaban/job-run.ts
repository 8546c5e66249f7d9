import type { Timers } from '../yarn/timers.ts'
import type { Applications } from './applications.ts'
import type { Dialect } from './dialect.ts'
import { type Execution, logKey, type Node } from './execution.ts'
import type { JobLog } from './job-log.ts'
import {
  commandLines,
  commandsLines,
  delayedLine,
  delayLine,
  endLines,
  type FrameContext,
  forcedKillLine,
  killLine,
  type LogLine,
  lastLine,
  logText,
  processEndLine,
  startLines,
  unresolvedLines
} from './job-log-frame.ts'
import { type JobProcess, startProcess } from './job-process.ts'
import { resolve } from './job-properties.ts'
import type { JobProgram } from './options.ts'

export interface JobRunContext {
  readonly dialect: Dialect
  readonly timers: Timers
  readonly applications: Applications
  readonly newLog: () => JobLog
}

/** One attempt of one job: its process and its log. */
export interface JobRun {
  readonly node: Node
  readonly log: JobLog
  readonly process: JobProcess
  /** Resolves when the process has ended, with its exit code. */
  readonly exit: Promise<number>
  /** Lines of output, as the process would print them. */
  print(text: string): void
  /** Says so in the log and sends TERM; resolves once it has died, or was sent KILL after the grace. */
  kill(): Promise<void>
  /** The last lines of the log, once the node has its final status. */
  writeEnd(exitCode: number): void
}

/** Starts the attempt that the node is at. */
export function startJob(execution: Execution, node: Node, context: JobRunContext): JobRun {
  const { dialect, timers, applications } = context
  const { definition } = node
  const log = logOf(execution, node, context)
  const program = definition.program ?? []
  const texts = [
    definition.properties?.command ?? `sh ./${definition.id}.sh`,
    ...program.flatMap((step) => (step.kind === 'command' ? [step.line] : []))
  ]
  const resolved = texts.map((text) => resolve({ execution, node }, text))
  const undefinedName = resolved.find((one) => one.missing !== undefined)?.missing
  const commands = resolved.map((one) => one.text)
  const frame: FrameContext = {
    dialect,
    execution,
    node,
    commands,
    processId: 4000 + ((execution.execId * 7) % 28_000)
  }
  const owned: string[] = []
  let commandStart = Date.now()
  let next = 0
  let hasSucceeded = false

  const write = (lines: readonly LogLine[]) => {
    for (const line of lines) log.append(logText(definition.id, line))
  }

  const print = (text: string, level: 'INFO' | 'ERROR') => {
    const shown = dialect.version === '2.5.0' ? level : 'INFO'
    for (const line of text.split(/\r\n|\r|\n/)) write([{ level: shown, text: line }])
  }

  function nextCommand(): void {
    commandStart = Date.now()
    write(commandLines(frame, commands[next++] ?? ''))
  }

  function endCommand(good: boolean): void {
    hasSucceeded ||= good
    const seconds = Math.floor((Date.now() - commandStart) / 1000)
    const shown = dialect.processFlagIsKept ? hasSucceeded : good
    write([processEndLine(frame, seconds, shown)])
  }

  const delayMs = retryDelayMs(node)
  if (delayMs > 0) write([delayedLine(delayMs)])
  write(startLines(frame))
  if (undefinedName === undefined) {
    write(commandsLines(frame))
    nextCommand()
  } else {
    write(unresolvedLines(definition.id, undefinedName))
  }
  const process = startProcess(undefinedName === undefined ? program : unrunnable, {
    timers,
    forcedDeathMs: dialect.forcedDeathMs,
    print,
    command() {
      endCommand(true)
      nextCommand()
    },
    async submit(step, signal) {
      const said = (text: string) => print(text, 'ERROR')
      const id = await applications.submit(step, {
        user: execution.submitUser,
        print: said,
        signal
      })
      if (id === undefined) return undefined
      node.applicationIds.push(id)
      if (step.outlivesJob === false) owned.push(id)
      return id
    },
    report: applications.report
  })
  const exit = process.exit.then((code) => {
    for (const id of owned) applications.release(id)
    if (undefinedName === undefined) endCommand(code === 0)
    return code
  })

  return {
    node,
    log,
    process,
    exit,
    print: (text) => print(text, 'INFO'),
    async kill() {
      if (process.ended) return
      write([killLine])
      process.term()
      await Promise.race([exit, timers.pause(dialect.killGraceMs)])
      if (process.ended) return
      write([forcedKillLine])
      process.kill()
    },
    writeEnd(code) {
      if (undefinedName === undefined) write(endLines(frame, code))
      write([lastLine(frame)])
    }
  }
}

/** Says in the log of a further attempt, which is still to start, how long that will take. */
export function announceRetry(execution: Execution, node: Node, context: JobRunContext): void {
  const delayMs = retryDelayMs(node)
  if (delayMs === 0) return
  logOf(execution, node, context).append(logText(node.definition.id, delayLine(delayMs)))
}

/** Time before the attempt that the node is at. */
export function retryDelayMs({ attempt, definition }: Node): number {
  return attempt === 0 ? 0 : (definition.retryDelayMs ?? defaultRetryMs)
}

const defaultRetryMs = 20
const unrunnable: JobProgram = [{ kind: 'exit', code: 1 }]

/** The log of the attempt that the node is at. */
function logOf(execution: Execution, node: Node, { newLog }: JobRunContext): JobLog {
  const key = logKey(node.nestedId, node.attempt)
  const log = execution.logs.get(key) ?? newLog()
  execution.logs.set(key, log)
  return log
}
